package io.homecell.router;

import static io.homecell.router.Http2SocketEdge.FRAME;
import static io.homecell.router.Http2SocketEdge.PATH;
import static io.homecell.router.Http2SocketEdge.connect;
import static io.homecell.router.Http2SocketEdge.open;
import static io.homecell.router.Http2SocketEdge.read;
import static io.homecell.router.Http2SocketEdge.send;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.core.route.SlotRoute;
import io.homecell.router.websocket.WebSocketSettings;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** However a WebSocket on a stream ends, both sides of it end, and the connection goes on. */
@Timeout(60)
class Http2WebSocketEndIT {
  private static final String MOVED = "\u0088\u001f\u0003\u00f4the slot moves: connect again";

  @TempDir Path folder;
  private Http2SocketEdge edge;

  @BeforeEach
  void start() {
    edge = new Http2SocketEdge(folder);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  /** A frame of its own, then the end of the stream. */
  @Test
  void whenItsSlotMovesItIsToldAndOthersStay() throws Exception {
    try (RawHttp2 client = edge.client()) {
      open(client, 1, PATH);
      open(client, 3, "/accounts/2/live");
      edge.table.publish(edge.table.current().withMoving(List.of(1), "south-1"));
      assertThat(read(client, 1, MOVED.length() + 1)).isEqualTo(MOVED);
      send(client, 3, 0, FRAME);
      assertThat(read(client, 3, 7)).isEqualTo("\u0081\u0005hello");
      connect(client, 5, PATH);
      Deployment.await("the new handshake is held", () -> edge.running.router().held() == 1);
      edge.table.publish(
          edge.table
              .current()
              .withOwners(
                  Map.of(1, SlotRoute.open("north-1", edge.table.current().of(1).epoch()))));
      assertThat(client.head(5).status()).hasToString("200");
      assertThat(edge.closes("moved")).isOne();
    }
    edge.awaitNothingLeft();
  }

  @Test
  void whoGivesUpWhileItIsHeldLeavesNothingBehind() throws Exception {
    edge.table.publish(edge.table.current().withMoving(List.of(1), "south-1"));
    try (RawHttp2 client = edge.client()) {
      connect(client, 1, PATH);
      connect(client, 3, PATH);
      Deployment.await("both are held", () -> edge.running.router().held() == 2);
      client.reset(1);
      Deployment.await("one is held", () -> edge.running.router().held() == 1);
    }
    Deployment.await("none is held", () -> edge.running.router().held() == 0);
    assertThat(edge.lone.cell.seen).isEmpty();
    edge.awaitNothingLeft();
  }

  @Test
  void afterTheFarewellAllAreToldToConnectAgain() throws Exception {
    try (RawHttp2 client = edge.client()) {
      for (int stream = 1; stream < 20; stream += 2) {
        open(client, stream, PATH);
      }
      Thread closing =
          new Thread(
              () -> {
                try {
                  edge.running.router().close();
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              });
      closing.start();
      for (int told = 0; told < 10; told++) {
        RawHttp2.Frame frame =
            client.await(next -> next.type() == RawHttp2.DATA && next.payload().length > 2);
        assertThat(new String(frame.payload(), StandardCharsets.ISO_8859_1))
            .isEqualTo("\u0088\u0024\u0003\u00f4the router restarts: connect again");
      }
      closing.join();
    }
    assertThat(edge.closes("farewell")).isEqualTo(10);
    Deployment.await("the cell has none", edge.atCell::isEmpty);
  }

  @Test
  void whatIsSilentIsClosedAndTheConnectionOnlyWithout() throws Exception {
    edge.restart(
        settings ->
            settings
                .withClientIdleTimeout(Duration.ofSeconds(1))
                .withWebSockets(WebSocketSettings.standard().withIdle(Duration.ofMillis(2_500))));
    long from = System.nanoTime();
    try (RawHttp2 client = edge.client()) {
      open(client, 1, PATH);
      assertThat(read(client, 1, 9)).isEqualTo("\u0088\u0006\u0003\u00e9idle");
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofSeconds(2));
      send(client, 1, RawHttp2.END_STREAM, "");
      assertThat(client.await(RawHttp2.Frame::isEnd).isEnd()).isTrue();
    }
    assertThat(edge.closes("idle")).isOne();
    edge.awaitNothingLeft();
  }

  @Test
  void whoTakesNothingForLongIsCutOffAlone() throws Exception {
    edge.restart(
        settings ->
            settings.withClients(
                ClientTerms.standard().withProgress(Duration.ofSeconds(1), 8 << 10)));
    try (RawHttp2 client = edge.client(RawHttp2.INITIAL_WINDOW_SIZE, 1_000)) {
      open(client, 1, PATH);
      edge.lone.cell.answer(
          request ->
              request
                  .toWebSocket()
                  .onSuccess(
                      socket -> {
                        edge.note(socket);
                        Pouring.flood(socket, new AtomicLong());
                      }));
      connect(client, 3, PATH);
      assertThat(client.await(RawHttp2.RESET, 3).error()).isEqualTo(RawHttp2.CANCEL);
      send(client, 1, 0, FRAME);
      assertThat(read(client, 1, 7)).isEqualTo("\u0081\u0005hello");
      assertThat(edge.running.metrics().get("hc_router_slow_clients").counter().count()).isOne();
    }
    edge.awaitNothingLeft();
  }

  @Test
  void aCloseOfTheCellEndsTheStreamAndNoOther() throws Exception {
    try (RawHttp2 client = edge.client()) {
      open(client, 1, PATH);
      open(client, 3, PATH);
      edge.atCell.element().close((short) 4001, "enough");
      assertThat(read(client, 1, 10)).isEqualTo("\u0088\u0008\u000f\u00a1enough");
      send(client, 1, 0, "\u0088\u0082\u0000\u0000\u0000\u0000\u000f\u00a1");
      // The client has not ended its side: after a while it is told that nobody listens.
      RawHttp2.Frame end = client.await(RawHttp2.RESET, 1);
      assertThat(end.error()).isEqualTo(RawHttp2.NO_ERROR);
      send(client, 3, 0, FRAME);
      assertThat(read(client, 3, 7)).isEqualTo("\u0081\u0005hello");
    }
    edge.awaitNothingLeft();
  }

  /** Streams that are reset or ended, and connections that go, at any moment. */
  @Test
  void clientsThatHangUpLeaveNothingBehind() throws Exception {
    edge.lone.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      edge.note(socket);
                      socket.textMessageHandler(socket::writeTextMessage);
                      socket.writeTextMessage("x".repeat(100_000));
                    }));
    ResourceLeakDetector.Level before = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(logged);
    try {
      Random random = new Random(20261127);
      hangUp(random, 5);
      edge.awaitNothingLeft();
      int files = Leaks.openFiles();
      hangUp(random, 40);
      edge.awaitNothingLeft();
      // A connection whose handshake was given up before it was sent waits for another one.
      Deployment.await(
          "no more files are open than before",
          () -> Leaks.openFiles() <= files + 2 * edge.running.router().upstreamConnections());
      assertThat(Leaks.of(logged)).isEmpty();
      assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
      assertThat(Leaks.warnings(logged)).isEmpty();
    } finally {
      root.detachAppender(logged);
      ResourceLeakDetector.setLevel(before);
    }
  }

  private void hangUp(Random random, int clients) throws IOException {
    for (int i = 0; i < clients; i++) {
      try (RawHttp2 client = edge.client()) {
        client.allow(0, 1 << 30);
        int streams = 1 + random.nextInt(8);
        for (int stream = 1; stream < 2 * streams; stream += 2) {
          connect(client, stream, PATH);
          int until = random.nextInt(4);
          if (until > 0) {
            assertThat(client.head(stream).status()).hasToString("200");
          }
          if (until > 1) {
            send(client, stream, 0, FRAME.substring(0, 1 + random.nextInt(FRAME.length() - 1)));
          }
          if (until > 2) {
            read(client, stream, random.nextInt(60_000));
          }
          switch (random.nextInt(3)) {
            case 0 -> client.reset(stream);
            case 1 -> send(client, stream, RawHttp2.END_STREAM, "");
            default -> {
              // It goes with its connection.
            }
          }
        }
      }
    }
  }
}
