package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.router.link.LinkTerms;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.WebSocketSettings;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets of clients whose home is in the other datacenter, over a link of HTTP/2. */
@Timeout(60)
class LinkWebSocketIT {
  private static final String PATH = "/accounts/9/live?since=3";
  private static final int STREAMS_MAX = 8;
  private static final WebSocketPeer.Closed MOVED =
      new WebSocketPeer.Closed(1012, "the slot moves: connect again");

  @TempDir static Path folder;
  private static LinkedEdge edge;
  private final ConcurrentLinkedQueue<ServerWebSocket> atCell = new ConcurrentLinkedQueue<>();

  static RouterSettings settings() {
    return LinkIT.settings()
        .withEventLoops(1)
        .withWebSockets(WebSocketSettings.standard().withOpenMax(64))
        .withLinks(
            LinkTerms.standard()
                .withPing(LinkIT.PING_EVERY, Duration.ofMillis(1_500))
                .withStreams(STREAMS_MAX, Duration.ofSeconds(3)));
  }

  @BeforeAll
  static void start() throws Exception {
    edge = new LinkedEdge(folder, settings());
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  @BeforeEach
  void echoes() {
    edge.south.seen.clear();
    edge.south.answer(this::accept);
  }

  @AfterEach
  void nothingIsLeft() {
    awaitNothingLeft();
    edge.southCell = new Upstream("south-1", "127.0.0.1", edge.south.port());
  }

  private void accept(HttpServerRequest request) {
    edge.south.note(request, "");
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              atCell.add(socket);
              socket.closeHandler(ignored -> atCell.remove(socket));
              socket.exceptionHandler(ignored -> {});
              socket.textMessageHandler(socket::writeTextMessage);
              socket.binaryMessageHandler(socket::writeBinaryMessage);
            });
  }

  private static WebSocketPeer connecting() {
    return WebSocketPeer.connecting(edge.vertx, edge.port("north"), PATH, 9);
  }

  private static WebSocketPeer connect() {
    WebSocketPeer peer = connecting();
    peer.connected();
    return peer;
  }

  private void awaitNothingLeft() {
    Deployment.await(
        "nothing is left",
        () ->
            edge.gauge("north", "hc_router_websockets") == 0
                && edge.gauge("south", "hc_router_websockets") == 0
                && edge.gauge("north", "hc_router_link_streams") == 0
                && edge.northRouter.upstreamInUse() == 0
                && edge.southRouter.upstreamInUse() == 0
                && atCell.isEmpty());
  }

  private static double closes(String datacenter, String reason) {
    return edge.count(
        datacenter, "hc_router_websocket_closes", "cell", "south-1", "reason", reason);
  }

  private static void publish(String datacenter, RouteTable table) {
    edge.tables.get(datacenter).publish(table);
  }

  private static RouteTable table() {
    return edge.tables.get("north").current();
  }

  @Test
  void itReachesTheHomeCellAsOneOfHttp1() {
    WebSocketPeer peer = connect();
    assertThat(peer.echo("hello")).isEqualTo("hello");
    FakeCell.Seen seen = edge.south.seen.get(0);
    assertThat(seen.method()).isEqualTo("GET");
    assertThat(seen.uri()).isEqualTo(PATH);
    assertThat(seen.headers().get("Cell-User")).isEqualTo("9");
    assertThat(seen.headers().get("Via")).isEqualTo("1.1 homecell-north, 2.0 homecell-south");
    assertThat(seen.headers().get("Forwarded")).startsWith("for=127.0.0.1");
    assertThat(seen.headers().names()).doesNotContain("Cell-Hop", "Cell-Hop-Key", "Cell-WebSocket");
    assertThat(seen.headers().names()).noneMatch(name -> name.startsWith(":"));
    for (String datacenter : List.of("north", "south")) {
      assertThat(edge.gauge(datacenter, "hc_router_websockets")).isOne();
      assertThat(edge.count(datacenter, "hc_router_requests", "cell", "south-1", "outcome", "1xx"))
          .isPositive();
    }
    peer.close();
  }

  @Test
  void whatClientAndCellAgreeOnPassesAndNothingElse() throws Exception {
    try (RawUpstream cell = new RawUpstream();
        RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      cell.answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nX-Mine: 1\r\n\r\nno", false);
      client.send(
          WebSocketRefusalIT.HANDSHAKE
              .replace("/accounts/1/live", "/accounts/9/live")
              .replace(
                  "Upgrade: WebSocket",
                  "Origin: https://h\r\nSec-WebSocket-Protocol: chat, other\r\n"
                      + "Sec-WebSocket-Extensions: permessage-deflate\r\nUpgrade: WebSocket"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 403 ").containsIgnoringCase("x-mine: 1");
      assertThat(client.in().readNBytes(2)).containsExactly('n', 'o');
      // As before a connection of HTTP.
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      RawUpstream.Received handshake = cell.received.get(0);
      assertThat(handshake.all("Origin")).containsExactly("https://h");
      assertThat(handshake.all("Sec-WebSocket-Protocol")).containsExactly("chat, other");
      assertThat(handshake.all("Sec-WebSocket-Extensions")).containsExactly("permessage-deflate");
      assertThat(handshake.all("Sec-WebSocket-Version")).containsExactly("13");
      assertThat(handshake.all("Upgrade")).containsExactly("websocket");
      assertThat(handshake.all("Connection")).containsExactly("Upgrade");
      // The far router's own: the near one has answered for its client's.
      assertThat(handshake.all("Sec-WebSocket-Key")).hasSize(1);
      assertThat(handshake.all("Sec-WebSocket-Key").get(0)).hasSize(24);
      assertThat(cell.ambiguous).isEmpty();
    }
  }

  /** In HTTP/2 a success grants; what a cell of HTTP/1.1 answers with 200 is an answer. */
  @Test
  void aCellsOwnSuccessIsNoGrant() throws Exception {
    edge.south.answer(
        request -> request.response().putHeader("Cell-WebSocket", "open").end("no socket"));
    try (RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.in().readNBytes(9)).isEqualTo("no socket".getBytes("US-ASCII"));
    }
  }

  @Test
  void aGrantThatIsNoneIsRefused() throws Exception {
    try (RawUpstream cell = new RawUpstream();
        RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      // The proof of the client's key, not of the one that the far router has made.
      cell.answer(WebSocketRefusalIT.GRANT + "\r\nraw", false);
      client.send(WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
    }
  }

  @Test
  void theAnswerProvesTheClientsKey() throws Exception {
    try (RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live"));
      assertThat(client.readHead())
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase(WebSocketRefusalIT.ACCEPT)
          .containsIgnoringCase("upgrade: websocket\r\n")
          .doesNotContainIgnoringCase("cell-websocket")
          .doesNotContainIgnoringCase("transfer-encoding");
    }
  }

  @Test
  void messagesOfAnySizeAndPiecesPass() {
    WebSocketPeer peer = connect();
    Random random = new Random(20261127);
    for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 1 << 20, 5 << 20}) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      assertThat(peer.echo(bytes)).isEqualTo(bytes);
    }
    peer.socket.writeFrame(WebSocketFrame.textFrame("one ", false));
    peer.socket.writePing(Buffer.buffer("between"));
    assertThat(peer.next()).isEqualTo("pong between");
    peer.socket.writeFrame(WebSocketFrame.continuationFrame(Buffer.buffer("two"), true));
    assertThat(peer.next()).isEqualTo("one two");
    peer.close();
  }

  @Test
  void aCellMayBeginAtOnceAndCloseAtOnce() {
    edge.south.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.writeTextMessage("welcome");
                      socket.close((short) 4001, "enough");
                    }));
    for (int i = 0; i < 20; i++) {
      WebSocketPeer peer = connect();
      assertThat(peer.next()).isEqualTo("welcome");
      assertThat(peer.awaitClosed()).isEqualTo(new WebSocketPeer.Closed(4001, "enough"));
    }
  }

  @Test
  void whatTheClientSaysLastReachesTheCellAndTheAnswerTheClient() throws Exception {
    try (RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      // A masked close frame of code 1000.
      client.send("\u0088\u0082\u0000\u0000\u0000\u0000\u0003\u00e8");
      client.halfClose();
      assertThat(client.readAll()).isEqualTo("\u0088\u0002\u0003\u00e8");
    }
  }

  /** No frame says it: the end alone does. */
  @Test
  void thatAClientSendsNoMoreReachesTheCellAndItsAnswerTheClient() throws Exception {
    try (RawCell cell = RawCell.lastWord("\u0081\u0001");
        RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      client.send(WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      client.send("12345");
      client.halfClose();
      assertThat(client.readAll()).isEqualTo("\u0081\u00015");
    }
  }

  @Test
  void whileItsSlotMovesItIsClosedAndANewOneIsHeld() {
    double before = closes("north", "moved");
    WebSocketPeer moving = connect();
    RouteTable moves = table().withMoving(List.of(9), "north-1");
    RouteTable back = moves.withOwners(Map.of(9, SlotRoute.open("south-1", table().of(9).epoch())));
    publish("north", moves);
    assertThat(moving.awaitClosed()).isEqualTo(MOVED);
    // Not before: where the far router is the first, the near one counts it as the cell's doing.
    publish("south", moves);
    WebSocketPeer again = connecting();
    Deployment.await(
        "the new handshake is held", () -> edge.northRouter.held() + edge.southRouter.held() == 1);
    assertThat(again.opened).isNotDone();
    publish("south", back);
    publish("north", back);
    again.connected();
    assertThat(again.echo("again")).isEqualTo("again");
    assertThat(closes("north", "moved")).isEqualTo(before + 1);
    again.close();
  }

  @Test
  void whatTheOtherRouterKnowsFirstIsToldToTheClientToo() {
    double before = closes("south", "moved");
    WebSocketPeer moving = connect();
    RouteTable open = table();
    publish("south", open.withMoving(List.of(9), "north-1"));
    assertThat(moving.awaitClosed()).isEqualTo(MOVED);
    publish("south", open);
    assertThat(closes("south", "moved")).isEqualTo(before + 1);
  }

  /** Neither side is read faster than the other takes it. */
  @Test
  void aClientThatDoesNotReadStopsTheCellAndNoOther() throws Exception {
    AtomicLong written = new AtomicLong();
    edge.south.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.exceptionHandler(ignored -> {});
                      Pouring.flood(socket, written);
                    }));
    WebSocketPeer slow = connecting();
    CountDownLatch some = new CountDownLatch(1);
    AtomicLong read = new AtomicLong();
    slow.socket.handler(
        bytes -> {
          read.addAndGet(bytes.length());
          if (some.getCount() > 0) {
            // At once: it reads all there will ever be in less time than a test may stand still.
            slow.socket.pause();
            some.countDown();
          }
        });
    slow.connected();
    assertThat(some.await(10, TimeUnit.SECONDS)).isTrue();
    Pouring.settles(written);
    assertThat(written.get() - read.get()).isLessThan(Pouring.KEPT_MAX);
    edge.south.answer(this::accept);
    WebSocketPeer other = connect();
    assertThat(other.echo("still")).isEqualTo("still");
    other.close();
    long before = written.get();
    slow.socket.resume();
    Deployment.await("it goes on", () -> written.get() > before + (1 << 20));
    slow.close();
  }

  @Test
  void aCellThatDoesNotReadStopsTheClient() {
    edge.south.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.pause();
                      atCell.add(socket);
                      socket.closeHandler(ignored -> atCell.remove(socket));
                      socket.exceptionHandler(ignored -> {});
                    }));
    WebSocketPeer peer = connect();
    AtomicLong written = new AtomicLong();
    edge.vertx.runOnContext(ignored -> Pouring.pour(peer, written));
    Deployment.await("the cell has it", () -> !atCell.isEmpty());
    Pouring.settles(written);
    assertThat(written.get()).isBetween(1L, Pouring.KEPT_MAX);
    peer.socket.close();
    atCell.forEach(ServerWebSocket::resume);
  }

  /** More of them than all streams of the requests' connections together. */
  @Test
  void manyTakeNoStreamFromRequests() {
    int many = 3 * STREAMS_MAX;
    List<WebSocketPeer> peers = IntStream.range(0, many).mapToObj(i -> connect()).toList();
    peers.forEach(peer -> assertThat(peer.echo("hello")).isEqualTo("hello"));
    assertThat(edge.gauge("north", "hc_router_websockets")).isEqualTo(many);
    edge.south.answerAsUsual();
    for (int i = 0; i < 2 * STREAMS_MAX; i++) {
      assertThat(edge.post("north", "/accounts/9/x", 9, "b").statusCode()).isEqualTo(200);
    }
    peers.forEach(WebSocketPeer::close);
  }

  @Test
  void aCellHasRoomForSoManyOnEitherSide() {
    List<WebSocketPeer> peers = IntStream.range(0, 64).mapToObj(i -> connect()).toList();
    WebSocketPeer over = connecting();
    assertThatThrownBy(over::connected).rootCause().hasMessageContaining("503");
    peers.forEach(WebSocketPeer::close);
    Deployment.await("room again", () -> edge.gauge("south", "hc_router_websockets") == 0);
    WebSocketPeer again = connect();
    assertThat(again.echo("again")).isEqualTo("again");
    again.close();
  }
}
