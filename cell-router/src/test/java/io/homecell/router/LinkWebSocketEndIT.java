package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import io.homecell.router.upstream.Upstream;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** WebSockets over a link that is cut, to a peer that stops, is old, or is left in the lurch. */
@Timeout(60)
class LinkWebSocketEndIT {
  private static final String HANDSHAKE =
      WebSocketRefusalIT.HANDSHAKE.replace("/accounts/1/live", "/accounts/9/live");
  private static final WebSocketPeer.Closed BROKEN =
      new WebSocketPeer.Closed(1012, "the link to the cell broke: connect again");
  private static final int ENABLE_CONNECT_PROTOCOL = 0x8;

  @TempDir Path folder;
  private final ConcurrentLinkedQueue<ServerWebSocket> atCell = new ConcurrentLinkedQueue<>();
  private final AtomicInteger handshakes = new AtomicInteger();
  private LinkedEdge edge;

  @BeforeEach
  void start() throws Exception {
    start(LinkWebSocketIT.settings());
  }

  private void start(RouterSettings settings) throws Exception {
    edge = new LinkedEdge(folder, settings);
    edge.south.answer(this::accept);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private void accept(HttpServerRequest request) {
    handshakes.incrementAndGet();
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              atCell.add(socket);
              socket.closeHandler(ignored -> atCell.remove(socket));
              socket.exceptionHandler(ignored -> {});
              socket.textMessageHandler(socket::writeTextMessage);
            });
  }

  private WebSocketPeer connecting() {
    return WebSocketPeer.connecting(edge.vertx, edge.port("north"), "/accounts/9/live", 9);
  }

  private WebSocketPeer connect() {
    WebSocketPeer peer = connecting();
    peer.connected();
    assertThat(peer.echo("hello")).isEqualTo("hello");
    return peer;
  }

  private double closes(String datacenter, String reason) {
    return edge.count(
        datacenter, "hc_router_websocket_closes", "cell", "south-1", "reason", reason);
  }

  private void awaitNothingLeft() {
    Deployment.await(
        "nothing is left",
        () ->
            edge.gauge("north", "hc_router_websockets") == 0
                && edge.gauge("south", "hc_router_websockets") == 0
                && edge.gauge("north", "hc_router_link_streams") == 0
                && edge.southRouter.upstreamInUse() == 0
                && atCell.isEmpty());
  }

  @Test
  void whenTheLinkIsCutBothSidesEndAndTheClientIsToldToComeAgain() {
    WebSocketPeer peer = connect();
    edge.cable.freeze();
    assertThat(peer.awaitClosed()).isEqualTo(BROKEN);
    assertThat(closes("north", "link")).isOne();
    awaitNothingLeft();
    edge.cable.mend();
    Deployment.await("it comes back", this::connects);
  }

  private boolean connects() {
    WebSocketPeer again = connecting();
    try {
      again.opened.get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      return false;
    }
    assertThat(again.echo("again")).isEqualTo("again");
    again.close();
    return true;
  }

  @Test
  void inTheMiddleOfAFrameNothingIsPutInItsWay() throws Exception {
    String half = "\u0082\u007e\u0001\u0000" + "x".repeat(96);
    ConcurrentLinkedQueue<Socket> sockets = new ConcurrentLinkedQueue<>();
    try (RawCell cell =
            new RawCell(
                (socket, number) -> {
                  String head = RawCell.readHead(socket);
                  sockets.add(socket);
                  socket
                      .getOutputStream()
                      .write((RawCell.grant(head) + half).getBytes(StandardCharsets.ISO_8859_1));
                  socket.getInputStream().readAllBytes();
                });
        RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      client.send(HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      assertThat(client.in().readNBytes(half.length())).hasSize(half.length());
      edge.cable.freeze();
      assertThat(client.readAll()).isEmpty();
      assertThat(closes("north", "link")).isOne();
      edge.cable.mend();
    }
    awaitNothingLeft();
  }

  /** What it may do nobody knows: it is not sent again. */
  @Test
  void aHandshakeWhoseAnswerIsLostIsSentOnce() {
    edge.south.answer(request -> handshakes.incrementAndGet());
    WebSocketPeer peer = connecting();
    Deployment.await("it is at the cell", () -> handshakes.get() == 1);
    edge.cable.freeze();
    assertThatThrownBy(peer::connected).rootCause().hasMessageContaining("502");
    edge.south.answer(this::accept);
    edge.cable.mend();
    Deployment.await("it comes back", this::connects);
    assertThat(handshakes).hasValue(2);
    awaitNothingLeft();
  }

  @Test
  void whenThePeerRestartsItsWebSocketsAreToldToComeAgainAndDo() throws Exception {
    WebSocketPeer peer = connect();
    TlsFiles files = edge.files("south", edge.authority, LinkedEdge.SOUTH);
    Router next = edge.start("south", files, PortClaim.TAKE_OVER);
    edge.southRouter.close();
    edge.southRouter = next;
    assertThat(peer.awaitClosed())
        .isEqualTo(new WebSocketPeer.Closed(1012, "the router restarts: connect again"));
    assertThat(closes("south", "farewell")).isOne();
    connect().close();
    awaitNothingLeft();
  }

  @Test
  void whenThisRouterStopsItTellsItsClientsAndThePeerLosesNothing() throws Exception {
    WebSocketPeer peer = connect();
    edge.northRouter.close();
    assertThat(peer.awaitClosed())
        .isEqualTo(new WebSocketPeer.Closed(1012, "the router restarts: connect again"));
    Deployment.await("the cell has none", atCell::isEmpty);
    Deployment.await("nor the peer", () -> edge.gauge("south", "hc_router_websockets") == 0);
  }

  /** A router of an older version does not announce that it takes them. */
  @Test
  void aPeerThatTakesNoneIsSentNone() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    edge.peerForSouth(1, new Http2Settings(), request -> asked.incrementAndGet());
    try (RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      client.send(HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 501 ").contains("problem+json");
      assertThat(client.in().readNBytes(60)).asString().contains("upgrade-not-implemented");
    }
    assertThat(asked).hasValue(0);
    assertThat(edge.gauge("north", "hc_router_websockets")).isZero();
    Deployment.await("no stream", () -> edge.gauge("north", "hc_router_link_streams") == 0);
  }

  /** Vert.x by itself resets an extended CONNECT. */
  @Test
  void aPeerThatResetsItsHandshakeIsNotAskedAgain() throws Exception {
    edge.peerForSouth(
        1, new Http2Settings().set(ENABLE_CONNECT_PROTOCOL, 1), request -> handshakes.get());
    assertThatThrownBy(() -> connecting().connected()).rootCause().hasMessageContaining("502");
    assertThat(
            edge.count("north", "hc_router_link_failures", "datacenter", "south", "kind", "reset"))
        .isOne();
    Deployment.await("no stream", () -> edge.gauge("north", "hc_router_link_streams") == 0);
  }

  @Test
  void clientsThatHangUpAtAnyMomentLeaveNothingBehind() throws Exception {
    edge.south.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      atCell.add(socket);
                      socket.closeHandler(ignored -> atCell.remove(socket));
                      socket.exceptionHandler(ignored -> {});
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
      WebSocketHangUpIT.hangUp(edge.port("north"), HANDSHAKE, random, 20);
      awaitNothingLeft();
      int files = Leaks.openFiles();
      WebSocketHangUpIT.hangUp(edge.port("north"), HANDSHAKE, random, 80);
      awaitNothingLeft();
      double connections = edge.gauge("north", "hc_router_link_connections");
      assertThat(connections).as("to the peer").isBetween(1.0, 9.0);
      // Connections to the peer stay for a while, some may have been made since.
      Deployment.await("no more files", () -> Leaks.openFiles() <= files + 4 * connections);
      assertThat(Leaks.of(logged)).isEmpty();
      assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
      assertThat(Leaks.warnings(logged)).isEmpty();
      assertThat(edge.count("north", "hc_router_link_failures", "kind", "broken")).isZero();
    } finally {
      root.detachAppender(logged);
      ResourceLeakDetector.setLevel(before);
    }
  }

  @Test
  void aClientOfHttp2ReachesTheOtherDatacenterToo() throws Exception {
    edge.close();
    TestAuthority clients = new TestAuthority("root");
    TlsFiles files = clients.write(folder, clients.issue("edge"));
    start(LinkWebSocketIT.settings().withTls(TlsTerms.standard().withFiles(Optional.of(files))));
    try (RawHttp2 client = new RawHttp2(edge.port("north"), clients.clientContext())) {
      Http2SocketEdge.connect(client, 1, "/accounts/9/live", "x-user-id", "9");
      assertThat(client.head(1).status()).hasToString("200");
      Http2SocketEdge.send(client, 1, 0, Http2SocketEdge.FRAME);
      assertThat(Http2SocketEdge.read(client, 1, 7)).isEqualTo("\u0081\u0005hello");
      edge.south.answer(request -> request.response().end("no socket"));
      Http2SocketEdge.connect(client, 3, "/accounts/9/live", "x-user-id", "9");
      assertThat(client.head(3).status()).hasToString("502");
      assertThat(client.body(3)).contains("/problems/websocket-declined");
    }
    awaitNothingLeft();
  }
}
