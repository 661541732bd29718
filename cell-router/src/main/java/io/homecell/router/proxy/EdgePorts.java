package io.homecell.router.proxy;

import io.homecell.core.topology.Topology;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where one event loop is asked: the port of clients, and those of other gateways and of other
 * routers where there are some. Belongs to the loop; {@link #port}, {@link #clients} and {@link
 * #drain} are for any thread.
 */
final class EdgePorts {
  private final EdgeParts parts;
  private final String host;
  private final int port;
  private final ClientConnections clients;
  private final Peers peers;
  private volatile @Nullable HttpServer server;
  private volatile @Nullable HttpServer owners;

  EdgePorts(
      EdgeParts parts, String host, int port, Peers peers, ClientConnections.Requests requests) {
    this.parts = parts;
    this.host = host;
    this.port = port;
    this.clients = new ClientConnections(parts.settings(), parts.metrics(), requests);
    this.peers = peers;
  }

  /** Opens them, on the loop. */
  Future<?> listen(Vertx vertx, OwnerEndpoint owner) {
    HttpServer edge =
        ClientConnections.server(vertx, host, port, parts.settings(), parts.metrics(), parts.tls())
            .connectionHandler(clients::came)
            .requestHandler(clients::came)
            .invalidRequestHandler(clients::unreadable)
            .exceptionHandler(this::notConnected);
    server = edge;
    Future<?> opened =
        edge.listen()
            .onSuccess(open -> parts.tls().ifPresent(tls -> ClientConnections.renewing(open, tls)));
    Optional<Topology.Endpoint> ownersAt = parts.settings().operation().ownersAt();
    if (ownersAt.isPresent()) {
      opened = opened.compose(ignored -> tellOwners(vertx, ownersAt.get(), owner));
    }
    return opened.compose(ignored -> peers.listen(vertx, host));
  }

  private void notConnected(Throwable cause) {
    if (parts.tls().isPresent()) {
      parts.metrics().handshakeFailed(cause);
    }
  }

  private Future<HttpServer> tellOwners(Vertx vertx, Topology.Endpoint at, OwnerEndpoint owner) {
    HttpServer telling =
        vertx
            .createHttpServer(ClientConnections.options(at.host(), at.port(), parts.settings()))
            .requestHandler(owner::handle)
            .invalidRequestHandler(clients::unreadable)
            .exceptionHandler(ignored -> {});
    owners = telling;
    return telling.listen();
  }

  /** The port of clients. */
  int port() {
    HttpServer open = server;
    return open == null ? port : open.actualPort();
  }

  /** Connections of clients that are open now. */
  int clients() {
    return clients.open();
  }

  /** Called a few times a second. */
  void check(long nowNanos) {
    clients.check(nowNanos);
  }

  /** Tells who can be told that the router stops soon. */
  void sayFarewell() {
    clients.sayFarewell();
    peers.sayFarewell();
  }

  /** Tells who can be told that nothing more is served. */
  void sayLastFarewell() {
    clients.sayLastFarewell();
  }

  /** Stops to accept, closes who is idle, waits for the requests under way, then closes all. */
  Future<Void> drain(Duration atMost) {
    Future<Void> edge = shutdown(server, atMost);
    Future<Void> telling = shutdown(owners, atMost);
    return Future.join(edge, telling, peers.drain(atMost)).mapEmpty();
  }

  private static Future<Void> shutdown(@Nullable HttpServer one, Duration atMost) {
    return one == null ? Future.succeededFuture() : one.shutdown(atMost);
  }
}
