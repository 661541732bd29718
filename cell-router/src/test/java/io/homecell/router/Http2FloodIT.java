package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Frames that only make work end the connection that sends too many, and no other. */
@Timeout(30)
class Http2FloodIT {
  private static final String PATH = "/accounts/1/x";
  private static final int STREAMS = 100;
  private static final int RESETS = 20;
  private static final int IDLE_FRAMES = 50;
  private static final int UNKNOWN = 0x42;

  /** A stream that was answered. */
  private static final int ENDED = 1;

  @TempDir Path folder;
  private TlsEdge edge;

  @BeforeEach
  void start() {
    edge =
        new TlsEdge(
            folder,
            settings -> settings.withTls(settings.tls().withBounds(STREAMS, RESETS, IDLE_FRAMES)));
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private void isStillServed() throws IOException {
    edge.cell.answerAsUsual();
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
    }
  }

  private void isToldToCalmDown(RawHttp2 client) throws IOException {
    RawHttp2.Frame farewell = client.await(RawHttp2.GO_AWAY, 0);
    assertThat(farewell.isEnd()).isFalse();
    assertThat(farewell.error()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
    assertThat(client.await(frame -> false).isEnd()).isTrue();
    Deployment.await(
        "it is counted",
        () -> edge.count("hc_router_http2_errors", "error", "enhance_your_calm") == 1);
  }

  @Test
  void requestsThatAreGivenUpAtOnce() throws Exception {
    edge.cell.answer(request -> {});
    try (RawHttp2 client = edge.raw()) {
      ByteArrayOutputStream flood = new ByteArrayOutputStream();
      for (int i = 0; i <= RESETS; i++) {
        flood.writeBytes(
            RawHttp2.frame(
                RawHttp2.HEADERS,
                RawHttp2.END_STREAM | RawHttp2.END_HEADERS,
                1 + 2 * i,
                RawHttp2.block(RawHttp2.head("GET", PATH))));
        flood.writeBytes(
            RawHttp2.frame(RawHttp2.RESET, 0, 1 + 2 * i, RawHttp2.number(RawHttp2.CANCEL)));
      }
      client.write(flood.toByteArray());
      isToldToCalmDown(client);
    }
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
    isStillServed();
  }

  /** "MadeYouReset" (CVE-2025-8671): the server is brought to give them up. */
  @Test
  void requestsThatHaveToBeRefused() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      ByteArrayOutputStream flood = new ByteArrayOutputStream();
      for (int i = 0; i <= RESETS + 1; i++) {
        flood.writeBytes(
            RawHttp2.frame(
                RawHttp2.HEADERS,
                RawHttp2.END_STREAM | RawHttp2.END_HEADERS,
                1 + 2 * i,
                RawHttp2.block(RawHttp2.head("GET", PATH, "x", "a\0b"))));
      }
      client.write(flood.toByteArray());
      isToldToCalmDown(client);
    }
    isStillServed();
  }

  @Test
  void framesThatCarryNothing() throws Exception {
    flood(IDLE_FRAMES, RawHttp2.PING, 0, 0, 8);
    flood(IDLE_FRAMES, RawHttp2.PING, RawHttp2.ACK, 0, 8);
    flood(IDLE_FRAMES, RawHttp2.SETTINGS, 0, 0, 0);
    flood(IDLE_FRAMES, RawHttp2.SETTINGS, RawHttp2.ACK, 0, 0);
    flood(IDLE_FRAMES, RawHttp2.PRIORITY, 0, 3, 5);
    flood(IDLE_FRAMES, RawHttp2.GO_AWAY, 0, 0, 8);
    flood(IDLE_FRAMES, UNKNOWN, 0, 0, 0);
    flood(IDLE_FRAMES, UNKNOWN, 0, ENDED, 100);
    flood(IDLE_FRAMES, RawHttp2.WINDOW_UPDATE, 0, ENDED, 4);
    flood(RESETS, RawHttp2.RESET, 0, ENDED, 4);
    assertThat(edge.count("hc_router_http2_errors", "error", "enhance_your_calm")).isEqualTo(10);
    isStillServed();
  }

  /** One more than may be sent. */
  private void flood(int most, int type, int flags, int stream, int payloadBytes)
      throws IOException {
    byte[] frame = RawHttp2.frame(type, flags, stream, new byte[payloadBytes]);
    double before = edge.count("hc_router_http2_errors");
    try (RawHttp2 client = edge.raw()) {
      client.request(ENDED, RawHttp2.END_STREAM, "GET", PATH);
      client.body(ENDED);
      ByteArrayOutputStream flood = new ByteArrayOutputStream();
      for (int i = 0; i <= most; i++) {
        flood.writeBytes(frame);
      }
      client.write(flood.toByteArray());
      RawHttp2.Frame farewell = client.await(RawHttp2.GO_AWAY, 0);
      assertThat(farewell.isEnd()).as("type %d", type).isFalse();
      assertThat(farewell.error()).as("type %d", type).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
      assertThat(client.await(next -> false).isEnd()).isTrue();
    }
    Deployment.await("it is counted", () -> edge.count("hc_router_http2_errors") == before + 1);
  }

  @Test
  void framesThatCarryNothingRightBehindTheFirst() throws Exception {
    ByteArrayOutputStream flood = new ByteArrayOutputStream();
    flood.writeBytes(RawHttp2.greeting());
    for (int i = 0; i < IDLE_FRAMES; i++) {
      flood.writeBytes(RawHttp2.frame(RawHttp2.PING, 0, 0, new byte[8]));
    }
    try (RawHttp2 client = RawHttp2.silent(edge.port, edge.context, Duration.ZERO)) {
      client.write(flood.toByteArray());
      isToldToCalmDown(client);
    }
    isStillServed();
  }

  @Test
  void windowsThatNobodyHasUsed() throws Exception {
    byte[] frame = RawHttp2.frame(RawHttp2.WINDOW_UPDATE, 0, 0, RawHttp2.number(1));
    try (RawHttp2 client = edge.raw()) {
      ByteArrayOutputStream flood = new ByteArrayOutputStream();
      for (int i = 0; i <= IDLE_FRAMES; i++) {
        flood.writeBytes(frame);
      }
      client.write(flood.toByteArray());
      isToldToCalmDown(client);
    }
    isStillServed();
  }

  /** "Data dribble" (CVE-2019-9511): each byte is an answer of its own. */
  @Test
  void anAnswerThatIsAllowedByteByByte() throws Exception {
    edge.cell.answer(request -> request.response().end("a".repeat(5_000)));
    try (RawHttp2 client = edge.raw(RawHttp2.INITIAL_WINDOW_SIZE, 0)) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
      int came = 0;
      RawHttp2.Frame next = RawHttp2.Frame.END;
      do {
        client.allow(1, 1);
        next = client.await(f -> f.type() == RawHttp2.DATA || f.type() == RawHttp2.GO_AWAY);
        came++;
      } while (next.type() == RawHttp2.DATA);
      assertThat(next.type()).isEqualTo(RawHttp2.GO_AWAY);
      assertThat(next.error()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
      // The first SETTINGS counts too.
      assertThat(came).isGreaterThanOrEqualTo(IDLE_FRAMES);
    }
    isStillServed();
  }

  /** Who downloads much and allows it in small pieces sends many frames that carry nothing. */
  @Test
  void notADownloadThatIsAllowedInSmallPieces() throws Exception {
    int bytes = 1 << 20;
    int piece = 1 << 10;
    edge.cell.answer(request -> request.response().end("a".repeat(bytes)));
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
      int came = 0;
      int allowed = 0;
      while (came < bytes) {
        RawHttp2.Frame next = client.await(RawHttp2.DATA, 1);
        assertThat(next.isEnd()).as("after %d bytes", came).isFalse();
        came += next.payload().length;
        for (; allowed + piece <= came && allowed + piece < bytes; allowed += piece) {
          client.allow(0, piece);
          client.allow(1, piece);
        }
      }
      assertThat(2 * allowed / piece).isGreaterThan(10 * IDLE_FRAMES);
      client.request(3, RawHttp2.END_STREAM, "GET", "/accounts/1/y");
      assertThat(client.head(3).status()).hasToString("200");
      // Before it leaves in the middle of that answer.
      assertThat(edge.count("hc_router_http2_errors")).isZero();
    }
  }

  @Test
  void aFewFramesThatCarryNothingAreAnswered() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      for (int i = 0; i < IDLE_FRAMES / 2; i++) {
        client.send(RawHttp2.PING, 0, 0, new byte[8]);
        assertThat(client.await(RawHttp2.PING, 0).flags()).isEqualTo(RawHttp2.ACK);
      }
      client.request(1, RawHttp2.END_STREAM, "GET", PATH);
      assertThat(client.head(1).status()).hasToString("200");
    }
  }

  @Test
  void emptyPiecesOfABody() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", PATH);
      // In one write: after the third the router closes, and nothing more can be written.
      ByteArrayOutputStream pieces = new ByteArrayOutputStream();
      for (int i = 0; i < 5; i++) {
        pieces.writeBytes(RawHttp2.frame(RawHttp2.DATA, 0, 1, new byte[0]));
      }
      client.write(pieces.toByteArray());
      RawHttp2.Frame farewell = client.await(RawHttp2.GO_AWAY, 0);
      assertThat(farewell.error()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
    }
    isStillServed();
  }

  @Test
  void aHeadInManyPieces() throws Exception {
    byte[] block = RawHttp2.block(RawHttp2.head("GET", PATH));
    try (RawHttp2 client = edge.raw()) {
      ByteArrayOutputStream pieces = new ByteArrayOutputStream();
      pieces.writeBytes(RawHttp2.frame(RawHttp2.HEADERS, RawHttp2.END_STREAM, 1, block));
      for (int i = 0; i < 20; i++) {
        pieces.writeBytes(RawHttp2.frame(RawHttp2.CONTINUATION, 0, 1, new byte[0]));
      }
      client.write(pieces.toByteArray());
      assertThat(client.await(RawHttp2.GO_AWAY, 0).error()).isEqualTo(RawHttp2.ENHANCE_YOUR_CALM);
    }
    assertThat(edge.cell.seen).isEmpty();
    isStillServed();
  }
}
