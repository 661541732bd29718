package io.homecell.router;

import io.vertx.core.Handler;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A cell's instance that answers what a test tells it to, over a real socket. */
final class FakeCell implements AutoCloseable {
  /** What it received. */
  record Seen(String method, String uri, MultiMap headers, String body) {}

  final String name;
  final List<Seen> seen = new CopyOnWriteArrayList<>();
  final AtomicInteger connections = new AtomicInteger();
  final AtomicInteger brokenOff = new AtomicInteger();
  private final Vertx vertx;
  private final HttpServer server;
  private volatile Handler<HttpServerRequest> handler = this::echo;

  FakeCell(Vertx vertx, String name) {
    this.vertx = vertx;
    this.name = name;
    this.server =
        Router.await(
            vertx
                .createHttpServer(
                    new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setMaxWebSocketMessageSize(16 << 20))
                .connectionHandler(
                    connection -> {
                      connections.incrementAndGet();
                      connection.closeHandler(ignored -> connections.decrementAndGet());
                    })
                .requestHandler(
                    request -> {
                      if (request.uri().equals("/health/ready")) {
                        // A router's check: no test tells a cell to be ill in this way.
                        request.response().end();
                        return;
                      }
                      request.response().closeHandler(ignored -> brokenOff.incrementAndGet());
                      handler.handle(request);
                    })
                .listen(),
            Duration.ofSeconds(10));
  }

  int port() {
    return server.actualPort();
  }

  Vertx vertx() {
    return vertx;
  }

  void answer(Handler<HttpServerRequest> with) {
    handler = with;
  }

  void answerAsUsual() {
    handler = this::echo;
  }

  /** Reads the whole request, then says which cell it is. */
  void echo(HttpServerRequest request) {
    request
        .body()
        .onSuccess(
            body -> {
              note(request, body.toString());
              request.response().putHeader("Cell-Served-By", name).end(name);
            });
  }

  void note(HttpServerRequest request, String body) {
    seen.add(new Seen(request.method().name(), request.uri(), request.headers(), body));
  }

  /** Refuses, as a cell does that does not own the slot. */
  Handler<HttpServerRequest> misdirected(int slot, long epoch) {
    return request ->
        request
            .body()
            .onSuccess(
                body -> {
                  note(request, body.toString());
                  request
                      .response()
                      .setStatusCode(421)
                      .putHeader("Cell-Slot", Integer.toString(slot))
                      .putHeader("Cell-Epoch", Long.toString(epoch))
                      .end("{}");
                });
  }

  @Override
  public void close() {
    Router.await(server.close(), Duration.ofSeconds(10));
  }
}
