package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Counter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that take their time are given a bounded one, and only theirs is counted. */
@Timeout(30)
class SlowClientIT {
  private static final Duration HEAD = Duration.ofMillis(700);
  private static final Duration WINDOW = Duration.ofMillis(1_200);
  private static final Duration SILENCE = Duration.ofSeconds(4);

  /** For clients that are not too slow, though the machine may pause. */
  private static final Duration LONG_WINDOW = Duration.ofSeconds(3);

  private static final int BYTES = 1_000;
  private static final String POST =
      "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 100000\r\n\r\n";
  private static final String GET = "GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n";

  private final Vertx vertx = Vertx.vertx();
  private FakeCell cell;
  private RawEdge edge;

  @BeforeEach
  void start() throws Exception {
    cell = new FakeCell(vertx, "north-1");
    edge = new RawEdge(cell.port(), settings(WINDOW));
  }

  private static RouterSettings settings(Duration window) {
    return RouterSettings.standard()
        .withEventLoops(1)
        .withClients(ClientTerms.standard().withHeadWithin(HEAD).withProgress(window, BYTES));
  }

  private void restart(RouterSettings settings) throws Exception {
    edge.close();
    edge = new RawEdge(cell.port(), settings);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
    cell.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }

  private double cutOff(String stage) {
    Counter counter = edge.metrics.find("hc_router_slow_clients").tag("stage", stage).counter();
    return counter == null ? 0 : counter.count();
  }

  private static void pause(Duration time) {
    LockSupport.parkNanos(time.toNanos());
  }

  /** Sends piece after piece until the router has had enough. */
  private static void dribble(RawClient client, String piece, Duration each, int pieces)
      throws IOException {
    for (int i = 0; i < pieces && client.in().available() == 0; i++) {
      client.send(piece);
      pause(each);
    }
  }

  @Test
  void aHeadThatComesByteByByteIsRefused() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("GET /accounts/1 HTTP/1.1\r\n");
      long from = System.nanoTime();
      dribble(client, "a", Duration.ofMillis(100), 5);
      assertThat(client.readAll()).startsWith("HTTP/1.1 408 ");
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(HEAD.multipliedBy(10));
    }
    assertThat(cutOff("head")).isEqualTo(1);
    assertThat(cell.seen).isEmpty();
  }

  @Test
  void whoConnectsAndSaysNothingIsClosedWithoutAWord() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      assertThat(client.readAll()).isEmpty();
    }
    assertThat(cutOff("head")).isEqualTo(1);
  }

  @Test
  void betweenRequestsNoHeadIsDueButOneThatWasBegunIs() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      for (int i = 0; i < 2; i++) {
        client.send(GET);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        client.in().readNBytes("north-1".length());
        pause(HEAD.multipliedBy(2));
      }
      client.send("G");
      assertThat(client.readAll()).startsWith("HTTP/1.1 408 ");
    }
    assertThat(cutOff("head")).isEqualTo(1);
  }

  @Test
  void aConnectionOnWhichNothingMovesIsClosed() throws Exception {
    restart(settings(WINDOW).withClientIdleTimeout(SILENCE));
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      // As long as something moves it stays, for longer than it may be silent.
      long asked = 0;
      for (int i = 0; i < 5; i++) {
        asked = System.nanoTime();
        client.send(GET);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        client.in().readNBytes("north-1".length());
        pause(SILENCE.dividedBy(4));
      }
      assertThat(client.readAll()).isEmpty();
      assertThat(Duration.ofNanos(System.nanoTime() - asked)).isGreaterThan(SILENCE);
    }
  }

  @Test
  void aBodyThatComesTooSlowlyIsRefusedAndTheCellIsFree() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(POST);
      dribble(client, "b", Duration.ofMillis(100), 5);
      assertThat(client.readAll()).startsWith("HTTP/1.1 408 ").contains("/problems/slow-body");
    }
    assertThat(cutOff("body")).isEqualTo(1);
    assertThat(edge.ended("slow-body")).isEqualTo(1);
    Deployment.await("the cell is free", () -> edge.router.upstreamInUse() == 0);
    assertThat(cell.seen).isEmpty();
  }

  @Test
  void aBodyThatComesFastEnoughIsNot() throws Exception {
    restart(settings(LONG_WINDOW));
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(POST.replace("100000", "32000"));
      dribble(client, "b".repeat(2_000), Duration.ofMillis(250), 16);
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    }
    assertThat(cutOff("body")).isZero();
  }

  @Test
  void whoWaitsForTheCellIsNotSlow() throws Exception {
    cell.answer(
        request -> {
          request.pause();
          cell.vertx()
              .setTimer(
                  WINDOW.toMillis() * 3 / 2,
                  ignored -> {
                    request.handler(piece -> {});
                    request.endHandler(
                        end ->
                            cell.vertx()
                                .setTimer(
                                    WINDOW.toMillis() * 3 / 2,
                                    late -> request.response().end("late")));
                    request.resume();
                  });
        });
    String body = "b".repeat(1_000_000);
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(POST.replace("100000", "1000000") + body);
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    }
    assertThat(cutOff("body") + cutOff("answer") + cutOff("head")).isZero();
  }

  @Test
  void whoDoesNotReadItsAnswerIsCutOffAndTheCellIsFree() throws Exception {
    cell.answer(request -> flood(request.response(), new AtomicInteger(2_000)));
    try (RawClient client = new RawClient(edge.port, 32 << 10).within(10_000)) {
      client.send(GET);
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      Deployment.await("it is cut off", () -> cutOff("answer") == 1);
      Deployment.await("the cell hears of it", () -> cell.brokenOff.get() == 1);
      Deployment.await("the cell is free", () -> edge.router.upstreamInUse() == 0);
    }
  }

  @Test
  void whoReadsItsAnswerSlowlyIsNot() throws Exception {
    restart(settings(LONG_WINDOW));
    int pieces = 60;
    AtomicBoolean whole = new AtomicBoolean();
    cell.answer(
        request -> {
          request.response().endHandler(ignored -> whole.set(true));
          flood(request.response(), new AtomicInteger(pieces));
        });
    try (RawClient client = new RawClient(edge.port, 32 << 10).within(10_000)) {
      client.send(GET);
      client.readHead();
      int read = 0;
      // More than the socket buffers take, in more than a window.
      while (read < pieces * (64 << 10)) {
        int more = client.in().read(new byte[128 << 10]);
        assertThat(more).as("after %d bytes", read).isPositive();
        read += more;
        pause(Duration.ofMillis(50));
      }
      Deployment.await("the cell has sent all of it", whole::get);
    }
    assertThat(cutOff("answer")).isZero();
  }

  private static void flood(HttpServerResponse response, AtomicInteger pieces) {
    if (!response.headWritten()) {
      response.setChunked(true);
    }
    while (pieces.getAndDecrement() > 0) {
      if (response.closed()) {
        return;
      }
      response.write(Buffer.buffer(new byte[64 << 10]));
      if (response.writeQueueFull()) {
        response.drainHandler(ignored -> flood(response, pieces));
        return;
      }
    }
    response.end();
  }
}
