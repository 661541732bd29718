package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that speak TLS, and HTTP/2 with it, get what those get who speak HTTP/1.1. */
@Timeout(30)
class Http2IT {
  private static final String PATH = "/accounts/1/x";

  @TempDir Path folder;
  private TlsEdge edge;

  @BeforeEach
  void start() {
    edge = new TlsEdge(folder, settings -> settings);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private MultiMap seen() {
    return edge.cell.seen.get(0).headers();
  }

  @Test
  void aRequestGoesToItsCellWhichLearnsHowItCame() throws Exception {
    HttpResponse<String> answer = edge.send(edge.request(PATH));
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("north-1");
    assertThat(answer.headers().firstValue("via")).contains("1.1 homecell-north");
    assertThat(answer.headers().map()).doesNotContainKeys("connection", "transfer-encoding");
    assertThat(edge.cell.seen.get(0).uri()).isEqualTo(PATH);
    assertThat(seen().get("Via")).isEqualTo("2.0 homecell-north");
    assertThat(seen().get("X-Forwarded-Proto")).isEqualTo("https");
    assertThat(seen().get("X-Forwarded-Host")).isEqualTo("localhost:" + edge.port);
    assertThat(seen().get("Forwarded"))
        .isEqualTo("for=127.0.0.1;host=\"localhost:" + edge.port + "\";proto=https");
    assertThat(seen().get("Content-Length")).isNull();
    assertThat(seen().get("Transfer-Encoding")).isNull();
    assertThat(seen().names()).noneMatch(name -> name.startsWith(":"));
  }

  @Test
  void whoSpeaksHttp11OverTlsIsServedToo() throws Exception {
    HttpResponse<String> answer =
        edge.send(edge.request(PATH).version(HttpClient.Version.HTTP_1_1));
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(seen().get("Via")).isEqualTo("1.1 homecell-north");
    assertThat(seen().get("Forwarded")).endsWith(";proto=https");
  }

  @Test
  void bodiesPassWithALengthAndWithout() throws Exception {
    String body = "b".repeat(300_000);
    assertThat(edge.send(edge.request(PATH).POST(HttpRequest.BodyPublishers.ofString(body))))
        .returns(200, HttpResponse::statusCode);
    assertThat(edge.cell.seen.get(0).body()).isEqualTo(body);
    assertThat(seen().get("Content-Length")).isEqualTo("300000");
    edge.cell.seen.clear();
    HttpRequest.BodyPublisher unknown =
        HttpRequest.BodyPublishers.ofInputStream(
            () -> new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
    assertThat(edge.send(edge.request(PATH).POST(unknown))).returns(200, HttpResponse::statusCode);
    assertThat(edge.cell.seen.get(0).body()).isEqualTo(body);
    assertThat(seen().get("Transfer-Encoding")).isEqualTo("chunked");
  }

  @Test
  void aHeadAsksForNoBody() throws Exception {
    edge.cell.answer(request -> request.response().putHeader("Content-Length", "7").end());
    HttpResponse<String> answer =
        edge.send(edge.request(PATH).method("HEAD", HttpRequest.BodyPublishers.noBody()));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-length")).contains("7");
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void cookiesThatCameInPiecesAreOne() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(
          1, RawHttp2.END_STREAM, "GET", PATH, "cookie", "a=1", "x-user-id", "1", "cookie", "b=2");
      assertThat(client.head(1).status()).hasToString("200");
    }
    assertThat(seen().getAll("Cookie")).containsExactly("a=1; b=2");
  }

  @Test
  void eventsComeWhenTheyAreSent() throws Exception {
    AtomicReference<HttpServerRequest> asked = new AtomicReference<>();
    edge.cell.answer(
        request -> {
          asked.set(request);
          request.response().setChunked(true).putHeader("Content-Type", "text/event-stream");
          request.response().writeHead();
        });
    HttpResponse<InputStream> answer =
        edge.send(edge.request(PATH), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    try (BufferedReader events =
        new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < 3; i++) {
        asked.get().response().write("data: " + i + "\n");
        assertThat(events.readLine()).isEqualTo("data: " + i);
      }
      asked.get().response().end();
      assertThat(events.readLine()).isNull();
    }
  }

  @Test
  void whoWaitsToBeAskedForTheBodyIsAsked() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(
          1, 0, "POST", PATH, "x-user-id", "1", "expect", "100-continue", "content-length", "4");
      assertThat(client.head(1).status()).hasToString("100");
      client.data(1, RawHttp2.END_STREAM, "body");
      assertThat(client.head(1).status()).hasToString("200");
    }
    assertThat(edge.cell.seen.get(0).body()).isEqualTo("body");
    assertThat(seen().get("Expect")).isNull();
  }

  @Test
  void aBodyThatIsTooLargeEndsItsStreamOnly() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", PATH, "x-user-id", "1", "content-length", "99999999");
      assertThat(client.head(1).status()).hasToString("413");
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.NO_ERROR);
      client.request(3, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      assertThat(client.head(3).status()).hasToString("200");
      assertThat(client.body(3)).isEqualTo("north-1");
    }
  }

  @Test
  void whatTheCellHasNotExecutedIsSentAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    edge.cell.answer(
        request -> {
          if (asked.incrementAndGet() > 1) {
            edge.cell.echo(request);
            return;
          }
          request
              .body()
              .onSuccess(
                  body ->
                      request
                          .response()
                          .setStatusCode(503)
                          .putHeader("Cell-Not-Executed", "true")
                          .end());
        });
    assertThat(edge.send(edge.request(PATH).POST(HttpRequest.BodyPublishers.ofString("body"))))
        .returns(200, HttpResponse::statusCode);
    assertThat(asked).hasValue(2);
    assertThat(edge.cell.seen.get(0).body()).isEqualTo("body");
  }

  @Test
  void manyRequestsShareAConnectionAndNoneWaitsForAnother() throws Exception {
    AtomicReference<HttpServerRequest> first = new AtomicReference<>();
    edge.cell.answer(
        request -> {
          if (request.uri().endsWith("/slow")) {
            first.set(request);
          } else {
            edge.cell.echo(request);
          }
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", "/accounts/1/slow", "x-user-id", "1");
      client.request(3, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      assertThat(client.head(3).status()).hasToString("200");
      Deployment.await("the first is at the cell", () -> first.get() != null);
      first.get().response().end("late");
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(client.body(1)).isEqualTo("late");
    }
  }

  @Test
  void theConnectionToTheCellIsUsedAgain() throws Exception {
    for (int i = 0; i < 10; i++) {
      assertThat(edge.send(edge.request(PATH)).statusCode()).isEqualTo(200);
    }
    Deployment.await("all are counted", () -> edge.edge.ended("2xx") == 10);
    assertThat(edge.cell.connections).hasValue(1);
    assertThat(edge.edge.ended("client-gone")).isZero();
  }

  @Test
  void whoGivesARequestUpFreesItsCell() throws Exception {
    edge.cell.answer(request -> request.response().setChunked(true).write("first"));
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      client.request(3, 0, "POST", PATH, "x-user-id", "1");
      client.data(3, 0, "part");
      client.await(RawHttp2.DATA, 1);
      Deployment.await("both are under way", () -> edge.edge.router.upstreamInUse() == 2);
      client.reset(1);
      client.reset(3);
      Deployment.await("the cell hears of it", () -> edge.cell.brokenOff.get() == 2);
      Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
      edge.cell.answerAsUsual();
      client.request(5, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      assertThat(client.head(5).status()).hasToString("200");
      assertThat(client.body(5)).isEqualTo("north-1");
    }
    assertThat(edge.edge.ended("client-gone")).isEqualTo(2);
  }

  @Test
  void whoHangsUpFreesItsCell() throws Exception {
    edge.cell.answer(request -> request.response().setChunked(true).write("first"));
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      client.await(RawHttp2.DATA, 1);
    }
    Deployment.await("the cell hears of it", () -> edge.cell.brokenOff.get() == 1);
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void aCellThatBreaksOffIsNoWholeAnswer() throws Exception {
    edge.cell.answer(
        request -> {
          request.response().setChunked(true).write("part");
          edge.vertx.setTimer(50, ignored -> request.connection().close());
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      assertThat(client.await(RawHttp2.DATA, 1).text()).isEqualTo("part");
      assertThat(client.await(frame -> frame.stream() == 1).type()).isEqualTo(RawHttp2.RESET);
    }
  }

  /** The router takes no more of an answer than its client lets it send, but for its buffers. */
  @Test
  void aSlowReaderSlowsTheCell() throws Exception {
    AtomicLong written = new AtomicLong();
    edge.cell.answer(
        request -> {
          request.response().setChunked(true);
          Pouring.pour(request.response(), written);
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x-user-id", "1");
      client.head(1);
      int got = 0;
      while (got < 65_535) {
        got += client.await(RawHttp2.DATA, 1).payload().length;
      }
      Pouring.settles(written);
      assertThat(written.get()).isLessThan(20 << 20);
      long before = written.get();
      client.allow(0, 1 << 30);
      client.allow(1, 1 << 30);
      while (got < before) {
        got += client.await(RawHttp2.DATA, 1).payload().length;
      }
      Deployment.await("it goes on", () -> written.get() > before);
    }
  }

  /** A cell that reads nothing lets its client send a window's worth, and no other one suffers. */
  @Test
  void aSlowCellSlowsItsSenderAlone() throws Exception {
    AtomicReference<HttpServerRequest> paused = new AtomicReference<>();
    edge.cell.answer(
        request -> {
          if (request.uri().endsWith("/slow")) {
            request.pause();
            paused.set(request);
          } else {
            edge.cell.echo(request);
          }
        });
    String piece = "p".repeat(16_000);
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", "/accounts/1/slow", "x-user-id", "1");
      int allowed = 65_536;
      while (allowed >= piece.length()) {
        client.data(1, 0, piece);
        allowed -= piece.length();
      }
      client.request(3, 0, "POST", PATH, "x-user-id", "1");
      client.data(3, 0, piece);
      client.data(3, RawHttp2.END_STREAM, piece);
      assertThat(client.head(3).status()).hasToString("200");
      assertThat(edge.cell.seen.get(0).body()).hasSize(2 * piece.length());
      Deployment.await("the cell has it", () -> paused.get() != null);
      paused.get().body().onSuccess(body -> paused.get().response().end("" + body.length()));
      paused.get().resume();
      client.data(1, RawHttp2.END_STREAM, "");
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(client.body(1)).isEqualTo("" + 4 * piece.length());
    }
  }

  @Test
  void withoutTlsThereIsNoWord() throws IOException {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readAll()).doesNotContain("HTTP/1.1");
    }
    Deployment.await(
        "it is counted",
        () -> edge.count("hc_router_tls_handshake_failures", "cause", "no-tls") == 1);
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void theTimeThatIsLeftIsTold() {
    double left = edge.edge.metrics.get("hc_router_tls_certificate_seconds_left").gauge().value();
    assertThat(left).isBetween(82_000.0, (double) Duration.ofHours(23).toSeconds());
  }
}
