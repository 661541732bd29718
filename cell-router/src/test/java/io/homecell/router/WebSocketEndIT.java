package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.core.json.Json;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.WebSocketSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** However a WebSocket ends, both sides of it end, and a client that may come back is told so. */
@Timeout(60)
class WebSocketEndIT {
  private static final WebSocketPeer.Closed MOVED =
      new WebSocketPeer.Closed(1012, "the slot moves: connect again");

  private final LoneRouter edge = new LoneRouter();
  private final Topology topology = TopologyFile.parse("test", edge.topology(LoneRouter.ROUTES));
  private final OneTable table = new OneTable(RouteTable.initial(topology));
  private final ConcurrentLinkedQueue<ServerWebSocket> atCell = new ConcurrentLinkedQueue<>();
  private final List<String> read = new CopyOnWriteArrayList<>();
  private LoneRouter.Running running;

  @BeforeEach
  void start() {
    edge.cell.answer(this::accept);
    start(WebSocketSettings.standard(), Operation.standard().withFarewell(Duration.ZERO));
  }

  private void start(WebSocketSettings settings, Operation operation) {
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings().withWebSockets(settings).withOperation(operation),
            Optional.empty(),
            topology,
            table);
  }

  private void restart(WebSocketSettings settings) throws Exception {
    running.router().close();
    start(settings, Operation.standard().withFarewell(Duration.ZERO));
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    edge.close();
  }

  private void accept(HttpServerRequest request) {
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              atCell.add(socket);
              socket.closeHandler(ignored -> atCell.remove(socket));
              socket.textMessageHandler(
                  text -> {
                    read.add(text);
                    socket.writeTextMessage(text);
                  });
            });
  }

  private WebSocketPeer connect(long user) {
    WebSocketPeer peer =
        WebSocketPeer.connect(edge.vertx, edge.port, "/accounts/" + user + "/live", user);
    assertThat(peer.echo("hello")).isEqualTo("hello");
    return peer;
  }

  private void publish(SlotRoute route, int slot) {
    table.publish(table.current().withOwners(Map.of(slot, route)));
  }

  private void awaitNothingLeft() {
    Deployment.await(
        "the gauge is back at 0, no connection is in use, and the cell has none",
        () ->
            running.metrics().get("hc_router_websockets").tag("cell", "north-1").gauge().value()
                    == 0
                && running.router().upstreamInUse() == 0
                && atCell.isEmpty());
  }

  private double closes(String reason) {
    return running
        .metrics()
        .get("hc_router_websocket_closes")
        .tags("cell", "north-1", "reason", reason)
        .counter()
        .count();
  }

  @Test
  void whileItsSlotMovesItIsClosedAndANewOneIsHeld() {
    WebSocketPeer moving = connect(1);
    WebSocketPeer staying = connect(2);
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    assertThat(moving.awaitClosed()).isEqualTo(MOVED);
    assertThat(staying.echo("still here")).isEqualTo("still here");
    Deployment.await("the old owner has one left", () -> atCell.size() == 1);
    WebSocketPeer again = WebSocketPeer.connecting(edge.vertx, edge.port, "/accounts/1/live", 1);
    Deployment.await("the new handshake is held", () -> running.router().held() == 1);
    assertThat(again.opened).isNotDone();
    // The move is called off: it goes on where it was.
    publish(SlotRoute.open("north-1", table.current().of(1).epoch()), 1);
    again.connected();
    assertThat(again.echo("again")).isEqualTo("again");
    assertThat(closes("moved")).isOne();
    again.close();
    staying.close();
    awaitNothingLeft();
  }

  @Test
  void oneWhoseSlotHasAnotherOwnerByNowIsClosed() {
    WebSocketPeer moved = connect(1);
    publish(SlotRoute.open("south-1", table.current().of(1).epoch() + 1), 1);
    assertThat(moved.awaitClosed()).isEqualTo(MOVED);
    awaitNothingLeft();
  }

  /** Nobody was there to be closed when the table came. */
  @Test
  void oneWhoseHandshakeIsAnsweredWhenItsSlotMovesAlreadyIsClosedAtOnce() {
    ConcurrentLinkedQueue<HttpServerRequest> asked = new ConcurrentLinkedQueue<>();
    edge.cell.answer(
        request -> {
          request.pause();
          asked.add(request);
        });
    WebSocketPeer peer = WebSocketPeer.connecting(edge.vertx, edge.port, "/accounts/1/live", 1);
    Deployment.await("it is at the cell", () -> !asked.isEmpty());
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    accept(asked.element());
    peer.connected();
    assertThat(peer.awaitClosed()).isEqualTo(MOVED);
    awaitNothingLeft();
  }

  @Test
  void whoTakesNothingForLongIsCutOff() throws Exception {
    running.router().close();
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                .withOperation(Operation.standard().withFarewell(Duration.ZERO))
                .withClients(ClientTerms.standard().withProgress(Duration.ofSeconds(1), 8 << 10)),
            Optional.empty(),
            topology,
            table);
    edge.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      atCell.add(socket);
                      socket.closeHandler(ignored -> atCell.remove(socket));
                      for (int i = 0; i < 500; i++) {
                        socket.writeBinaryMessage(Buffer.buffer(new byte[32 << 10]));
                      }
                    }));
    try (RawClient client = new RawClient(edge.port, 4 << 10)) {
      client.send(WebSocketRefusalIT.HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      awaitNothingLeft();
      assertThat(running.metrics().get("hc_router_slow_clients").counter().count()).isOne();
    }
  }

  /** A frame of its own within another would be garbage: the router waits for the end of that. */
  @Test
  void inTheMiddleOfAFrameTheEndOfItIsWaitedForAndNothingIsWrittenMeanwhile() throws Exception {
    String frame = "\u0082\u007e\u0001\u0000" + "x".repeat(256);
    ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();
    List<String> heard = new CopyOnWriteArrayList<>();
    try (RawCell cell = halfAFrame(frame, sockets, heard);
        Router router = lone(cell);
        RawClient client = new RawClient(lonePort).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(client.in().readNBytes(100)).hasSize(100);
      table.publish(table.current().withMoving(List.of(1), "south-1"));
      awaitTableKnown();
      client.send("what is written now");
      sockets.element().getOutputStream().write(bytes(frame.substring(100) + frame));
      String rest = client.readAll();
      assertThat(rest).startsWith("x".repeat(160)).hasSize(160 + 4 + 29);
      assertThat(rest.substring(160, 164)).isEqualTo("\u0088\u001f\u0003\u00f4");
      Deployment.await("the cell sees its end", () -> heard.size() == 1);
      assertThat(heard).containsExactly("");
    }
  }

  /** The loop hears of the table before it reads what is sent now. */
  private void awaitTableKnown() throws Exception {
    try (RawClient asking = new RawClient(lonePort).within(10_000)) {
      asking.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(asking.readHead()).startsWith("HTTP/1.1 404 ");
    }
  }

  private int lonePort;

  private Router lone(RawCell cell) {
    lonePort = FreePort.next();
    RouterParts parts = running.parts();
    return Router.start(
        new RouterParts(
            topology,
            "north",
            table,
            (service, name) -> List.of(new Upstream("north-1", "127.0.0.1", cell.port())),
            parts.identities(),
            parts.key(),
            parts.settings().withEventLoops(1),
            new SimpleMeterRegistry()),
        "127.0.0.1",
        lonePort);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static RawCell halfAFrame(
      String frame, ConcurrentLinkedQueue<Socket> sockets, List<String> heard) throws Exception {
    return new RawCell(
        (socket, number) -> {
          RawCell.readRequest(socket);
          // Before the client can read what tells it that the socket is here.
          sockets.add(socket);
          socket.getOutputStream().write(bytes(WebSocketRefusalIT.GRANT + "\r\n"));
          socket.getOutputStream().write(bytes(frame.substring(0, 100)));
          heard.add(
              new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1));
        });
  }

  @Test
  void aFrameThatDoesNotEndIsWaitedForNotForLong() throws Exception {
    try (RawCell cell =
            halfAFrame(
                "\u0082\u007f" + "\u0000\u0000\u0000\u0001".repeat(2) + "x".repeat(256),
                new ConcurrentLinkedQueue<>(),
                new CopyOnWriteArrayList<>());
        Router router = lone(cell);
        RawClient client = new RawClient(lonePort).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(client.in().readNBytes(100)).hasSize(100);
      table.publish(table.current().withMoving(List.of(1), "south-1"));
      assertThat(client.readAll()).isEmpty();
      Deployment.await("nothing is left", () -> router.upstreamConnections() == 0);
    }
  }

  @Test
  void whatIsSilentIsClosedAndAPingIsNot() throws Exception {
    // Longer than the machine may pause between two pings.
    restart(WebSocketSettings.standard().withIdle(Duration.ofSeconds(3)));
    WebSocketPeer pinging = connect(2);
    long timer =
        edge.vertx.setPeriodic(
            100, ignored -> pinging.socket.writePing(Buffer.buffer("still here")));
    WebSocketPeer silent = connect(1);
    assertThat(silent.awaitClosed()).isEqualTo(new WebSocketPeer.Closed(1001, "idle"));
    assertThat(closes("idle")).isOne();
    assertThat(pinging.closed).isNotDone();
    edge.vertx.cancelTimer(timer);
    assertThat(pinging.awaitClosed().code()).isEqualTo(1001);
    awaitNothingLeft();
  }

  @Test
  void afterTheFarewellAllAreToldToConnectAgain() throws Exception {
    List<WebSocketPeer> peers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      peers.add(connect(i % 8));
    }
    LoneRouter.Running before = running;
    long from = System.nanoTime();
    before.router().close();
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(6));
    for (WebSocketPeer peer : peers) {
      assertThat(peer.awaitClosed())
          .isEqualTo(new WebSocketPeer.Closed(1012, "the router restarts: connect again"));
    }
    assertThat(closes("farewell")).isEqualTo(100);
    Deployment.await("the cell has none", atCell::isEmpty);
  }

  /** The last words of a client that sends no more reach the cell, and the answer the client. */
  @Test
  void oneThatHasSaidItsLastHearsTheAnswer() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(WebSocketRefusalIT.HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      // A masked close frame of code 1000.
      client.send("\u0088\u0082\u0000\u0000\u0000\u0000\u0003\u00e8");
      client.halfClose();
      assertThat(client.readAll()).isEqualTo("\u0088\u0002\u0003\u00e8");
    }
    awaitNothingLeft();
    assertThat(closes("client")).isOne();
  }

  @Test
  void whenACellDiesItsClientsSeeIt() {
    WebSocketPeer peer = connect(1);
    atCell.element().close((short) 1011, "on fire");
    assertThat(peer.awaitClosed()).isEqualTo(new WebSocketPeer.Closed(1011, "on fire"));
    awaitNothingLeft();
  }

  @Test
  @SuppressWarnings("unchecked") // a JSON object has strings as names
  void itsLineInTheAccessLogTellsHowItEnded() throws Exception {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    Logger access = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);
    access.setLevel(Level.INFO);
    access.setAdditive(false);
    access.addAppender(lines);
    try {
      running.router().close();
      start(
          WebSocketSettings.standard(),
          Operation.standard().withFarewell(Duration.ZERO).withLoggedShare(1));
      connect(1).close();
      Deployment.await("there is a line", () -> !lines.list.isEmpty());
      Map<String, Object> line = Json.read(lines.list.get(0).getFormattedMessage(), Map.class);
      assertThat(line)
          .containsEntry("status", 101)
          .containsEntry("cell", "north-1")
          .containsEntry("slot", 1)
          .containsKeys("requestId", "traceId");
      assertThat(line.get("outcome").toString()).startsWith("websocket-");
      assertThat((int) line.get("bytesIn")).isGreaterThan(11);
      assertThat((int) line.get("bytesOut")).isGreaterThan(7);
    } finally {
      access.detachAppender(lines);
      access.setLevel(null);
    }
  }
}
