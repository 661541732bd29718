package io.homecell.router;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Clients that ask all the time by HTTP/2 and never ask twice: whatever goes wrong is a failed
 * request.
 */
final class Http2Load implements AutoCloseable {
  private static final int AT_ONCE = 16;

  private final HttpClientAgent client;
  private final int port;
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger running = new AtomicInteger(AT_ONCE);
  final AtomicLong answers = new AtomicLong();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();

  Http2Load(Vertx vertx, int port) {
    this.port = port;
    client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setProtocolVersion(HttpVersion.HTTP_2),
            new PoolOptions().setHttp2MaxSize(2));
    for (int i = 0; i < AT_ONCE; i++) {
      ask(i);
    }
  }

  private void ask(int turn) {
    if (over.get()) {
      running.decrementAndGet();
      return;
    }
    boolean post = turn % 2 == 0;
    client
        .request(
            new RequestOptions()
                .setHost("localhost")
                .setPort(port)
                .setMethod(post ? HttpMethod.POST : HttpMethod.GET)
                .setURI("/accounts/1/x")
                .putHeader("X-User-Id", "1"))
        .compose(request -> request.send(post ? Buffer.buffer("body") : Buffer.buffer()))
        .compose(
            answer ->
                answer
                    .body()
                    .map(body -> answer.version() + " " + answer.statusCode() + " " + body))
        .onComplete(
            result -> {
              String got = result.succeeded() ? result.result() : result.cause().toString();
              if (got.equals("HTTP_2 200 north-1")) {
                answers.incrementAndGet();
              } else {
                failures.add(got);
              }
              ask(turn + 1);
            });
  }

  /** Waits until so many more answers came. */
  void awaitAnswers(int more) {
    long until = answers.get() + more;
    Deployment.await(more + " answers", () -> answers.get() >= until || failures.size() > 1_000);
  }

  @Override
  public void close() {
    over.set(true);
    Deployment.await("all were answered", () -> running.get() == 0);
    Router.await(client.close(), Duration.ofSeconds(10));
  }
}
