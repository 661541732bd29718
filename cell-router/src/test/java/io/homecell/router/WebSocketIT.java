package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.router.websocket.WebSocketSettings;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketFrame;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A WebSocket reaches the home cell of its user, here or over there, and passes unchanged. */
@Timeout(60)
class WebSocketIT {
  private static final int OPEN_MAX = 300;
  private static final String ROUTES =
      """
      - { path: "/accounts/{user}/**", slot-of: user,     service: account }
      - { path: "/live",               slot-of: identity, service: account }
      """;

  private SmallEdge edge;

  @BeforeEach
  void start() {
    edge =
        new SmallEdge(
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(1)
                .withOperation(Operation.standard().withFarewell(Duration.ZERO))
                .withWebSockets(WebSocketSettings.standard().withOpenMax(OPEN_MAX)),
            ROUTES);
    edge.cells.values().forEach(cell -> cell.answer(request -> echo(cell, request)));
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private static void echo(FakeCell cell, HttpServerRequest request) {
    cell.note(request, "");
    request.toWebSocket().onSuccess(WebSocketIT::echo);
  }

  private static void echo(ServerWebSocket socket) {
    socket.textMessageHandler(socket::writeTextMessage);
    socket.binaryMessageHandler(socket::writeBinaryMessage);
  }

  private WebSocketPeer connect(String datacenter, long user) {
    return WebSocketPeer.connect(edge.vertx, edge.port(datacenter), "/live?since=3", user);
  }

  private double open(String datacenter) {
    return edge.metrics.get(datacenter).find("hc_router_websockets").gauges().stream()
        .mapToDouble(gauge -> gauge.value())
        .sum();
  }

  private void awaitNoneLeft() {
    Deployment.await("no WebSocket is left", () -> open("north") + open("south") == 0);
    Deployment.await(
        "no connection to an upstream is in use",
        () -> edge.router("north").upstreamInUse() + edge.router("south").upstreamInUse() == 0);
  }

  @ParameterizedTest(name = "from {0} user {1} reaches {2}")
  @CsvSource({"north, 1, north-1", "north, 9, south-1", "south, 14, south-2", "south, 5, north-2"})
  void itReachesTheHomeCellAsAnyRequest(String from, long user, String home) {
    WebSocketPeer peer = connect(from, user);
    assertThat(peer.echo("hello")).isEqualTo("hello");
    FakeCell.Seen seen = edge.cells.get(home).seen.get(0);
    assertThat(seen.uri()).isEqualTo("/live?since=3");
    assertThat(seen.headers().get("Cell-User")).isEqualTo(Long.toString(user));
    assertThat(seen.headers().get("Via")).contains("homecell-" + from);
    assertThat(seen.headers().get("Forwarded")).startsWith("for=127.0.0.1");
    assertThat(seen.headers().contains("traceparent")).isTrue();
    assertThat(open(from)).isOne();
    assertThat(edge.count(from, "hc_router_requests", "cell", home, "outcome", "1xx")).isOne();
    peer.close();
    awaitNoneLeft();
    assertThat(edge.count(from, "hc_router_websocket_bytes", "cell", home, "direction", "in"))
        .isGreaterThan(2 + 4 + "hello".length());
    assertThat(edge.count(from, "hc_router_websocket_closes", "cell", home)).isOne();
  }

  @ParameterizedTest
  @CsvSource({"1", "9"})
  void messagesOfAnySizeAndPiecesPass(long user) {
    WebSocketPeer peer = connect("north", user);
    Random random = new Random(20261127);
    for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 1 << 20, 5 << 20}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      assertThat(peer.echo(bytes)).isEqualTo(bytes);
    }
    peer.socket.writeFrame(WebSocketFrame.textFrame("one ", false));
    peer.socket.writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer("two "), false));
    peer.socket.writePing(Buffer.buffer("between"));
    assertThat(peer.next()).isEqualTo("pong between");
    peer.socket.writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer("three"), true));
    assertThat(peer.next()).isEqualTo("one two three");
    peer.close();
    awaitNoneLeft();
  }

  @Test
  void closeCodesPassBothWays() {
    CompletableFuture<Integer> heard = new CompletableFuture<>();
    edge.cells
        .get("south-1")
        .answer(
            request ->
                request
                    .toWebSocket()
                    .onSuccess(
                        socket -> {
                          socket.textMessageHandler(text -> socket.close((short) 4001, text));
                          socket.closeHandler(
                              ignored -> heard.complete((int) socket.closeStatusCode()));
                        }));
    WebSocketPeer told = connect("north", 9);
    told.socket.writeTextMessage("enough");
    assertThat(told.awaitClosed()).isEqualTo(new WebSocketPeer.Closed(4001, "enough"));
    WebSocketPeer telling = connect("north", 9);
    Router.await(telling.socket.close((short) 4002, "bye"), Duration.ofSeconds(10));
    assertThat(heard).succeedsWithin(Duration.ofSeconds(10));
    awaitNoneLeft();
  }

  @Test
  void theJdksClientSpeaksItToo() throws Exception {
    CompletableFuture<String> text = new CompletableFuture<>();
    CompletableFuture<Integer> closed = new CompletableFuture<>();
    WebSocket socket =
        edge.client()
            .newWebSocketBuilder()
            .subprotocols("chat")
            .header("X-User-Id", "9")
            .buildAsync(
                URI.create("ws://127.0.0.1:" + edge.port("north") + "/live"),
                new WebSocket.Listener() {
                  @Override
                  public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean end) {
                    text.complete(data.toString());
                    from.request(1);
                    return null;
                  }

                  @Override
                  public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
                    closed.complete(code);
                    return null;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    socket.sendPing(ByteBuffer.allocate(4)).get(10, TimeUnit.SECONDS);
    socket.sendText("hello", true).get(10, TimeUnit.SECONDS);
    assertThat(text.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").get(10, TimeUnit.SECONDS);
    assertThat(closed.get(10, TimeUnit.SECONDS)).isEqualTo(1000);
    awaitNoneLeft();
  }

  /** The cell's first frame is in one packet with its 101. */
  @Test
  void aCellMayBeginAtOnce() {
    edge.cells
        .get("north-1")
        .answer(
            request ->
                request.toWebSocket().onSuccess(socket -> socket.writeTextMessage("welcome")));
    for (int i = 0; i < 50; i++) {
      WebSocketPeer peer = connect("north", 1);
      assertThat(peer.next()).isEqualTo("welcome");
      peer.close();
    }
    awaitNoneLeft();
  }

  @Test
  void whatACellAnswersInsteadIsAnAnswer() {
    edge.cells
        .get("south-1")
        .answer(request -> request.response().setStatusCode(403).end("not you"));
    WebSocketPeer peer = WebSocketPeer.connecting(edge.vertx, edge.port("north"), "/live", 9);
    assertThatThrownBy(peer::connected)
        .hasRootCauseInstanceOf(UpgradeRejectedException.class)
        .rootCause()
        .hasMessageContaining("403");
    awaitNoneLeft();
  }

  /** Neither side is read faster than the other takes it. */
  @Test
  void aReaderThatDoesNotReadStopsTheOtherSide() throws Exception {
    AtomicLong written = new AtomicLong();
    edge.cells
        .get("south-1")
        .answer(
            request -> request.toWebSocket().onSuccess(socket -> Pouring.flood(socket, written)));
    WebSocketPeer peer = WebSocketPeer.connecting(edge.vertx, edge.port("north"), "/live", 9);
    CountDownLatch some = new CountDownLatch(1);
    AtomicLong read = new AtomicLong();
    peer.socket.handler(
        bytes -> {
          read.addAndGet(bytes.length());
          some.countDown();
        });
    peer.connected();
    assertThat(some.await(10, TimeUnit.SECONDS)).isTrue();
    peer.socket.pause();
    Pouring.settles(written);
    assertThat(written.get() - read.get()).isLessThan(Pouring.KEPT_MAX);
    long before = written.get();
    peer.socket.resume();
    Deployment.await("it goes on", () -> written.get() > before + (1 << 20));
    peer.close();
    awaitNoneLeft();
  }

  @Test
  void aCellThatDoesNotReadStopsTheClient() {
    ConcurrentLinkedQueue<ServerWebSocket> sockets = new ConcurrentLinkedQueue<>();
    edge.cells
        .get("south-1")
        .answer(
            request ->
                request
                    .toWebSocket()
                    .onSuccess(
                        socket -> {
                          socket.pause();
                          sockets.add(socket);
                        }));
    WebSocketPeer peer = connect("north", 9);
    AtomicLong written = new AtomicLong();
    edge.vertx.runOnContext(ignored -> Pouring.pour(peer, written));
    Deployment.await("the cell has it", () -> !sockets.isEmpty());
    Deployment.await("it is poured", () -> written.get() > 0);
    Pouring.settles(written);
    assertThat(written.get()).isBetween(1L, Pouring.KEPT_MAX);
    peer.socket.close();
    sockets.forEach(ServerWebSocket::resume);
    awaitNoneLeft();
  }

  @Test
  void aCellHasRoomForSoManyAndRequestsHaveTheirOwn() {
    List<WebSocketPeer> peers =
        IntStream.range(0, OPEN_MAX).mapToObj(i -> connect("north", 1)).toList();
    WebSocketPeer over = WebSocketPeer.connecting(edge.vertx, edge.port("north"), "/live", 1);
    assertThatThrownBy(over::connected).rootCause().hasMessageContaining("503");
    assertThat(edge.count("north", "hc_router_websockets_refused", "cell", "north-1")).isOne();
    // Another cell's have room, and so have requests of this one.
    assertThat(connect("north", 5).echo("hello")).isEqualTo("hello");
    edge.cells.get("north-1").answerAsUsual();
    assertThat(edge.get("north", "/accounts/1", 1).body()).isEqualTo("north-1");
    Deployment.await(
        "none counts as waiting",
        () ->
            edge.metrics
                    .get("north")
                    .get("hc_router_cell_waiting")
                    .tag("cell", "north-1")
                    .gauge()
                    .value()
                == 0);
    peers.get(0).close();
    Deployment.await("its place is free", () -> open("north") == OPEN_MAX);
    edge.cells.get("north-1").answer(request -> echo(edge.cells.get("north-1"), request));
    assertThat(connect("north", 1).echo("again")).isEqualTo("again");
  }
}
