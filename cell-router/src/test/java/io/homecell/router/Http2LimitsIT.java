package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a client may take of a connection by HTTP/2 is bounded, and others do not pay for it. */
@Timeout(30)
class Http2LimitsIT {
  private static final String PATH = "/accounts/1/x";
  private static final Duration WINDOW = Duration.ofMillis(1_200);
  private static final int BYTES = 1_000;
  private static final Duration HEAD = Duration.ofMillis(700);
  private static final Duration BETWEEN = Duration.ofMillis(100);
  private static final int STREAMS = 5;
  private static final int RESETS = 20;
  private static final int IDLE_FRAMES = 50;

  @TempDir Path folder;
  private TlsEdge edge;

  /** The first handshake of a process takes longer than clients have here. */
  @BeforeAll
  static void theFirst(@TempDir Path folder) throws Exception {
    try (TlsEdge first = new TlsEdge(folder, settings -> settings);
        RawHttp2 client = first.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
    }
  }

  @BeforeEach
  void start() {
    edge =
        new TlsEdge(
            folder,
            settings ->
                settings
                    .withTls(settings.tls().withBounds(STREAMS, RESETS, IDLE_FRAMES))
                    .withClients(
                        ClientTerms.standard().withHeadWithin(HEAD).withProgress(WINDOW, BYTES)));
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private double cutOff(String stage) {
    return edge.count("hc_router_slow_clients", "stage", stage);
  }

  @Test
  void streamsAtOnce() throws Exception {
    AtomicReference<HttpServerRequest> waiting = new AtomicReference<>();
    edge.cell.answer(waiting::set);
    try (RawHttp2 client = edge.raw()) {
      for (int i = 0; i <= STREAMS; i++) {
        client.request(1 + 2 * i, RawHttp2.END_STREAM, "GET", PATH);
      }
      RawHttp2.Frame refused = client.await(RawHttp2.RESET, 1 + 2 * STREAMS);
      assertThat(refused.error()).isEqualTo(RawHttp2.REFUSED_STREAM);
      Deployment.await("the others came", () -> edge.edge.router.upstreamInUse() == STREAMS);
    }
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void aHead() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "x", "v".repeat(16_300));
      assertThat(client.head(1).status()).hasToString("431");
      client.request(3, RawHttp2.END_STREAM, "GET", PATH, "x", "v".repeat(7_000));
      assertThat(client.head(3).status()).hasToString("200");
    }
    assertThat(edge.cell.seen).hasSize(1);
    assertThat(edge.edge.ended("4xx")).as("of the cell").isZero();
  }

  /** The end of the connection, which is no answer. */
  private static void isEnded(RawHttp2 client) throws IOException {
    RawHttp2.Frame end = client.await(frame -> frame.type() == RawHttp2.HEADERS);
    assertThat(end.isEnd()).as("%s", end).isTrue();
  }

  /** Sends them one by one, until the router has lost its patience. */
  private void dribble(RawHttp2 client, String stage, byte[]... pieces) throws IOException {
    int sent = 0;
    while (cutOff(stage) == 0) {
      assertThat(sent).as("pieces that were waited for").isLessThan(pieces.length);
      client.write(pieces[sent]);
      sent++;
      LockSupport.parkNanos(BETWEEN.toNanos());
    }
    isEnded(client);
    assertThat(cutOff(stage)).isEqualTo(1);
  }

  private static byte[][] bytes(byte[] all) {
    byte[][] pieces = new byte[all.length][1];
    for (int i = 0; i < all.length; i++) {
      pieces[i][0] = all[i];
    }
    return pieces;
  }

  @Test
  void theTimeInWhichNothingComes() throws Exception {
    try (RawHttp2 client = RawHttp2.silent(edge.port, edge.context, Duration.ZERO)) {
      isEnded(client);
    }
    assertThat(cutOff("head")).isEqualTo(1);
  }

  @Test
  void theTimeOfTheFirstFrame() throws Exception {
    try (RawHttp2 client = RawHttp2.silent(edge.port, edge.context, Duration.ZERO)) {
      dribble(client, "head", bytes(RawHttp2.greeting(RawHttp2.INITIAL_WINDOW_SIZE, 1)));
    }
  }

  @Test
  void theTimeOfTheHandshakeIsPartOfThatOfTheFirstFrame() throws Exception {
    Duration late = HEAD.plusMillis(200);
    try (RawHttp2 client = RawHttp2.silent(edge.port, edge.context, late)) {
      client.write(RawHttp2.greeting());
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      isEnded(client);
    } catch (SocketException e) {
      // Closed while it was writing.
      assertThat(cutOff("head")).isEqualTo(1);
    }
    assertThat(cutOff("head")).isEqualTo(1);
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void theTimeOfAHead() throws Exception {
    byte[] block = RawHttp2.block(RawHttp2.head("GET", PATH));
    // Netty ends a head of more pieces.
    byte[][] pieces = new byte[15][];
    pieces[0] = RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_STREAM, 1, block);
    for (int i = 1; i < pieces.length; i++) {
      pieces[i] = RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, RawHttp2.block("x", "y"));
    }
    try (RawHttp2 client = edge.raw()) {
      dribble(client, "head", pieces);
    }
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void theTimeOfAFrame() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      dribble(client, "head", bytes(RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8])));
    }
  }

  /** A piece of a body that nobody waits for, while another stream keeps the connection open. */
  @Test
  void theTimeOfAPieceOfABody() throws Exception {
    edge.cell.answer(
        request -> {
          if (!request.uri().endsWith("/wait")) {
            edge.cell.echo(request);
          }
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", "/accounts/1/wait");
      client.request(3, RawHttp2.END_STREAM, "GET", PATH);
      client.body(3);
      dribble(client, "body", bytes(RawHttp2.frame(RawHttp2.DATA, 0, 3, new byte[100])));
    }
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void theTimeOfABody() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", PATH, "content-length", "100000");
      client.data(1, 0, "slow");
      client.request(3, 0, "POST", PATH, "content-length", "20000");
      for (int i = 0; i < 10; i++) {
        LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
        client.data(3, 0, "b".repeat(2_000));
      }
      assertThat(client.head(1).status()).hasToString("408");
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.NO_ERROR);
      // Who sent enough on the same connection is served.
      client.data(3, RawHttp2.END_STREAM, "");
      assertThat(client.head(3).status()).hasToString("200");
    }
    assertThat(cutOff("body")).isEqualTo(1);
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void theTimeInWhichAnAnswerIsNotAllowedToBeSent() throws Exception {
    edge.cell.answer(
        request -> {
          if (request.uri().endsWith("/small")) {
            edge.cell.echo(request);
          } else {
            request.response().setChunked(true);
            flood(request);
          }
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      client.allow(0, 1 << 20);
      assertThat(client.head(1).status()).hasToString("200");
      RawHttp2.Frame end =
          client.await(frame -> frame.stream() == 1 && frame.type() == RawHttp2.RESET);
      assertThat(end.error()).isEqualTo(RawHttp2.CANCEL);
      assertThat(cutOff("answer")).isEqualTo(1);
      client.request(3, RawHttp2.END_STREAM, "GET", "/accounts/1/small");
      assertThat(client.head(3).status()).hasToString("200");
    }
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
    Deployment.await("the cell hears of it", () -> edge.cell.brokenOff.get() == 1);
  }

  /** A byte now and then is no progress, and an answer whose end waits is bounded too. */
  @Test
  void theTimeInWhichAnAnswerIsAllowedByteByByte() throws Exception {
    edge.cell.answer(request -> request.response().end("a".repeat(5_000)));
    try (RawHttp2 client = edge.raw(RawHttp2.INITIAL_WINDOW_SIZE, 0)) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
      int allowed = 0;
      while (cutOff("answer") == 0) {
        client.allow(1, 1);
        allowed++;
        assertThat(allowed).isLessThan(150);
        LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
      }
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.CANCEL);
    }
  }

  /** What the cell has still to say is nobody's fault. */
  @Test
  void notTheTimeOfACell() throws Exception {
    edge.cell.answer(
        request -> {
          request.response().setChunked(true).write("first");
          edge.vertx.setTimer(
              WINDOW.multipliedBy(2).toMillis(), ignored -> request.response().end("last"));
        });
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(client.body(1)).isEqualTo("firstlast");
    }
    assertThat(cutOff("answer") + cutOff("body")).isZero();
  }

  @Test
  void theTimeOfAHeadOfHttp11OverTls() throws Exception {
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      client.send("GET /accounts/1 HTTP/1.1\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 408 ");
    }
    assertThat(cutOff("head")).isEqualTo(1);
  }

  @Test
  void theTimeOfAConnectionWithoutRequests() throws Exception {
    edge.close();
    edge =
        new TlsEdge(folder, settings -> settings.withClientIdleTimeout(Duration.ofMillis(1_500)));
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
      long from = System.nanoTime();
      int pings = 0;
      RawHttp2.Frame farewell = RawHttp2.Frame.END;
      while (farewell.type() != RawHttp2.GO_AWAY && pings < 100) {
        client.send(RawHttp2.PING, 0, 0, new byte[8]);
        pings++;
        farewell = client.await(f -> f.type() == RawHttp2.GO_AWAY || f.type() == RawHttp2.PING);
        LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
      }
      assertThat(farewell.type()).isEqualTo(RawHttp2.GO_AWAY);
      assertThat(farewell.error()).isEqualTo(RawHttp2.NO_ERROR);
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofSeconds(1));
    }
  }

  private static void flood(HttpServerRequest request) {
    while (!request.response().closed() && !request.response().writeQueueFull()) {
      request.response().write(Buffer.buffer(new byte[64 << 10]));
    }
    if (!request.response().closed()) {
      request.response().drainHandler(ignored -> flood(request));
    }
  }
}
