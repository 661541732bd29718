package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.WebSocketSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** WebSockets of clients that speak HTTP/2 to the edge (RFC 8441), each on a stream of its own. */
@Timeout(60)
class Http2WebSocketIT {
  /** A masked text frame. */
  static final String FRAME = "\u0081\u0085\u0000\u0000\u0000\u0000hello";

  private static final String PATH = "/accounts/1/live";
  private static final String MOVED = "\u0088\u001f\u0003\u00f4the slot moves: connect again";
  private static final long KEPT_MAX = 40L << 20;
  private static final long POURED_MAX = 120L << 20;
  private static final int WINDOW = 64 << 10;

  @TempDir Path folder;
  private final TestAuthority authority = new TestAuthority("root");
  private final SSLContext context = authority.clientContext();
  private final LoneRouter edge = new LoneRouter();
  private final Topology topology = TopologyFile.parse("test", edge.topology(LoneRouter.ROUTES));
  private final OneTable table = new OneTable(RouteTable.initial(topology));
  private final ConcurrentLinkedQueue<ServerWebSocket> atCell = new ConcurrentLinkedQueue<>();
  private LoneRouter.Running running;

  @BeforeEach
  void start() {
    edge.cell.answer(this::accept);
    start(settings -> settings);
  }

  private void start(UnaryOperator<RouterSettings> change) {
    RouterSettings settings =
        LoneRouter.settings()
            .withEventLoops(1)
            .withOperation(Operation.standard().withFarewell(Duration.ZERO))
            .withTls(
                TlsTerms.standard()
                    .withFiles(Optional.of(authority.write(folder, authority.issue("edge")))));
    running =
        edge.start(PortClaim.ALONE, change.apply(settings), Optional.empty(), topology, table);
  }

  private void restart(UnaryOperator<RouterSettings> change) throws Exception {
    running.router().close();
    start(change);
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    edge.close();
  }

  private void accept(HttpServerRequest request) {
    edge.cell.note(request, "");
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              note(socket);
              socket.textMessageHandler(socket::writeTextMessage);
              socket.binaryMessageHandler(socket::writeBinaryMessage);
            });
  }

  private void note(ServerWebSocket socket) {
    atCell.add(socket);
    socket.closeHandler(ignored -> atCell.remove(socket));
    socket.exceptionHandler(ignored -> {});
  }

  private RawHttp2 client(int... settings) throws IOException {
    return new RawHttp2(edge.port, context, settings);
  }

  /** Asks for a WebSocket; more names and values in turn. */
  static void connect(RawHttp2 client, int stream, String path, String... more) throws IOException {
    List<String> fields = new ArrayList<>(Arrays.asList(RawHttp2.head("CONNECT", path)));
    fields.addAll(List.of(":protocol", "websocket", "sec-websocket-version", "13"));
    fields.addAll(Arrays.asList(more));
    client.headers(stream, 0, fields.toArray(String[]::new));
  }

  static void send(RawHttp2 client, int stream, int flags, String bytes) throws IOException {
    client.send(RawHttp2.DATA, flags, stream, bytes.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** So many bytes of a stream, or what came before its end. */
  static String read(RawHttp2 client, int stream, int bytes) throws IOException {
    StringBuilder text = new StringBuilder();
    while (text.length() < bytes) {
      RawHttp2.Frame next =
          client.await(
              frame ->
                  frame.stream() == stream
                      && (frame.type() == RawHttp2.DATA || frame.type() == RawHttp2.RESET));
      text.append(new String(next.payload(), StandardCharsets.ISO_8859_1));
      if (next.isEnd() || next.type() == RawHttp2.RESET || next.endsStream()) {
        return text.toString();
      }
    }
    return text.toString();
  }

  private static void open(RawHttp2 client, int stream, String path) throws IOException {
    connect(client, stream, path);
    assertThat(client.head(stream).status()).hasToString("200");
    send(client, stream, 0, FRAME);
    assertThat(read(client, stream, 7)).isEqualTo("\u0081\u0005hello");
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
  void thatTheyAreTakenIsAnnounced() throws Exception {
    try (RawHttp2 client = client()) {
      RawHttp2.Frame settings = client.await(RawHttp2.SETTINGS, 0);
      ByteBuffer said = ByteBuffer.wrap(settings.payload());
      int announced = -1;
      while (said.hasRemaining()) {
        int id = said.getShort();
        int value = said.getInt();
        announced = id == 0x8 ? value : announced;
      }
      assertThat(announced).isOne();
    }
  }

  @Test
  void theCellSeesAHandshakeOfHttp1AndTheClientAnAnswerOfHttp2() throws Exception {
    try (RawHttp2 client = client()) {
      connect(
          client,
          1,
          PATH + "?since=3",
          "x-user-id",
          "1",
          "origin",
          "https://h",
          "sec-websocket-key",
          "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-protocol",
          "chat, other",
          "sec-websocket-extensions",
          "x-unknown",
          "cell-user",
          "7");
      Http2Headers answer = client.head(1);
      assertThat(answer.status()).hasToString("200");
      assertThat(answer.names())
          .noneMatch(
              name ->
                  List.of(
                          "sec-websocket-accept",
                          "upgrade",
                          "connection",
                          "content-length",
                          "cell-websocket")
                      .contains(name.toString()));
      FakeCell.Seen seen = edge.cell.seen.get(0);
      assertThat(seen.method()).isEqualTo("GET");
      assertThat(seen.uri()).isEqualTo(PATH + "?since=3");
      assertThat(seen.headers().get("Upgrade")).isEqualTo("websocket");
      assertThat(seen.headers().get("Connection")).isEqualTo("Upgrade");
      assertThat(seen.headers().getAll("Sec-WebSocket-Version")).containsExactly("13");
      assertThat(seen.headers().getAll("Sec-WebSocket-Key"))
          .hasSize(1)
          .doesNotContain("dGhlIHNhbXBsZSBub25jZQ==");
      assertThat(seen.headers().get("Origin")).isEqualTo("https://h");
      assertThat(seen.headers().get("Sec-WebSocket-Protocol")).isEqualTo("chat, other");
      assertThat(seen.headers().get("Sec-WebSocket-Extensions")).isEqualTo("x-unknown");
      assertThat(seen.headers().getAll("Cell-User")).containsExactly("1");
      assertThat(seen.headers().get("Via")).isEqualTo("2.0 homecell-north");
      assertThat(seen.headers().get("Forwarded")).endsWith("proto=https");
      assertThat(seen.headers().names()).noneMatch(name -> name.startsWith(":"));
    }
    awaitNothingLeft();
    assertThat(closes("client")).isOne();
  }

  @Test
  void severalAreOnOneConnectionBesideRequests() throws Exception {
    try (RawHttp2 client = client()) {
      for (int stream = 1; stream < 20; stream += 2) {
        open(client, stream, PATH);
      }
      client.request(21, RawHttp2.END_STREAM, "GET", "/nowhere");
      assertThat(client.head(21).status()).hasToString("404");
      send(client, 7, RawHttp2.END_STREAM, "\u0088\u0082\u0000\u0000\u0000\u0000\u0003\u00e8");
      assertThat(read(client, 7, 4)).isEqualTo("\u0088\u0002\u0003\u00e8");
      send(client, 9, 0, FRAME);
      assertThat(read(client, 9, 7)).isEqualTo("\u0081\u0005hello");
      Deployment.await("one less", () -> atCell.size() == 9);
    }
    awaitNothingLeft();
  }

  @Test
  void aCloseOfTheCellEndsTheStreamAndNoOther() throws Exception {
    try (RawHttp2 client = client()) {
      open(client, 1, PATH);
      open(client, 3, PATH);
      atCell.element().close((short) 4001, "enough");
      assertThat(read(client, 1, 10)).isEqualTo("\u0088\u0008\u000f\u00a1enough");
      send(client, 1, 0, "\u0088\u0082\u0000\u0000\u0000\u0000\u000f\u00a1");
      // The client has not ended its side: after a while it is told that nobody listens.
      RawHttp2.Frame end = client.await(RawHttp2.RESET, 1);
      assertThat(end.error()).isEqualTo(RawHttp2.NO_ERROR);
      send(client, 3, 0, FRAME);
      assertThat(read(client, 3, 7)).isEqualTo("\u0081\u0005hello");
    }
    awaitNothingLeft();
  }

  @Test
  void whatACellAnswersInsteadIsAnAnswerUnlessItLooksLikeAGrant() throws Exception {
    try (RawHttp2 client = client()) {
      edge.cell.answer(request -> request.response().setStatusCode(403).end("not you"));
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("403");
      assertThat(client.body(1)).isEqualTo("not you");
      // It can't be a WebSocket any more, and no body comes.
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.NO_ERROR);
      for (int status : new int[] {200, 204, 299}) {
        int stream = status;
        stream += 1 - stream % 2;
        edge.cell.answer(request -> request.response().setStatusCode(status).end());
        connect(client, stream, PATH);
        assertThat(client.head(stream).status()).hasToString("502");
        assertThat(client.body(stream)).contains("/problems/websocket-declined");
      }
    }
    awaitNothingLeft();
  }

  private Router lone(int port, int cellPort) {
    RouterParts parts = running.parts();
    return Router.start(
        new RouterParts(
            topology,
            "north",
            table,
            (service, name) -> List.of(new Upstream("north-1", "127.0.0.1", cellPort)),
            parts.identities(),
            parts.key(),
            parts.settings(),
            new SimpleMeterRegistry()),
        "127.0.0.1",
        port);
  }

  @Test
  void whatOnlyLooksLikeAGrantOfTheCellIsNone() throws Exception {
    int port = FreePort.next();
    try (RawUpstream cell = new RawUpstream();
        Router router = lone(port, cell.port());
        RawHttp2 client = new RawHttp2(port, context)) {
      // The proof of another key.
      cell.answer(WebSocketRefusalIT.GRANT + "\r\nraw", false);
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("502");
      Deployment.await("its connection is closed", () -> cell.connections() == 0);
    }
  }

  /** No frame says it: the end of the stream alone does. */
  @Test
  void thatAClientSendsNoMoreReachesTheCellAndItsAnswerTheClient() throws Exception {
    int port = FreePort.next();
    try (RawCell cell = RawCell.lastWord("\u0081\u0001");
        Router router = lone(port, cell.port());
        RawHttp2 client = new RawHttp2(port, context)) {
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("200");
      send(client, 1, 0, "123");
      send(client, 1, RawHttp2.END_STREAM, "45");
      assertThat(read(client, 1, 100)).isEqualTo("\u0081\u00015");
      Deployment.await("nothing is left", () -> router.upstreamConnections() == 0);
    }
  }

  /** A frame of its own, then the end of the stream. */
  @Test
  void whenItsSlotMovesItIsToldAndOthersStay() throws Exception {
    try (RawHttp2 client = client()) {
      open(client, 1, PATH);
      open(client, 3, "/accounts/2/live");
      table.publish(table.current().withMoving(List.of(1), "south-1"));
      assertThat(read(client, 1, MOVED.length() + 1)).isEqualTo(MOVED);
      send(client, 3, 0, FRAME);
      assertThat(read(client, 3, 7)).isEqualTo("\u0081\u0005hello");
      connect(client, 5, PATH);
      Deployment.await("the new handshake is held", () -> running.router().held() == 1);
      table.publish(
          table
              .current()
              .withOwners(Map.of(1, SlotRoute.open("north-1", table.current().of(1).epoch()))));
      assertThat(client.head(5).status()).hasToString("200");
      assertThat(closes("moved")).isOne();
    }
    awaitNothingLeft();
  }

  @Test
  void whoGivesUpWhileItIsHeldLeavesNothingBehind() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    try (RawHttp2 client = client()) {
      connect(client, 1, PATH);
      connect(client, 3, PATH);
      Deployment.await("both are held", () -> running.router().held() == 2);
      client.reset(1);
      Deployment.await("one is held", () -> running.router().held() == 1);
    }
    Deployment.await("none is held", () -> running.router().held() == 0);
    assertThat(edge.cell.seen).isEmpty();
    awaitNothingLeft();
  }

  @Test
  void afterTheFarewellAllAreToldToConnectAgain() throws Exception {
    try (RawHttp2 client = client()) {
      for (int stream = 1; stream < 20; stream += 2) {
        open(client, stream, PATH);
      }
      Thread closing =
          new Thread(
              () -> {
                try {
                  running.router().close();
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
    assertThat(closes("farewell")).isEqualTo(10);
    assertThat(atCell).isEmpty();
  }

  @Test
  void whatIsSilentIsClosedAndTheConnectionOnlyWithout() throws Exception {
    restart(
        settings ->
            settings
                .withClientIdleTimeout(Duration.ofSeconds(1))
                .withWebSockets(WebSocketSettings.standard().withIdle(Duration.ofMillis(2_500))));
    long from = System.nanoTime();
    try (RawHttp2 client = client()) {
      open(client, 1, PATH);
      assertThat(read(client, 1, 9)).isEqualTo("\u0088\u0006\u0003\u00e9idle");
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofSeconds(2));
      send(client, 1, RawHttp2.END_STREAM, "");
      assertThat(client.await(RawHttp2.Frame::isEnd).isEnd()).isTrue();
    }
    assertThat(closes("idle")).isOne();
    awaitNothingLeft();
  }

  @Test
  void aClientThatAllowsNothingStopsTheCell() throws Exception {
    AtomicLong written = new AtomicLong();
    edge.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      note(socket);
                      flood(socket, written);
                    }));
    try (RawHttp2 client = client(RawHttp2.INITIAL_WINDOW_SIZE, 1_000)) {
      connect(client, 1, PATH);
      assertThat(read(client, 1, 1_000)).hasSize(1_000);
      settles(written);
      assertThat(written.get()).isLessThan(KEPT_MAX);
      long before = written.get();
      client.allow(0, 1 << 30);
      client.allow(1, 1 << 30);
      assertThat(read(client, 1, (int) before)).hasSizeGreaterThanOrEqualTo((int) before);
      Deployment.await("it goes on", () -> written.get() > before);
    }
    awaitNothingLeft();
  }

  private static void flood(ServerWebSocket socket, AtomicLong written) {
    byte[] piece = new byte[32 << 10];
    while (!socket.isClosed() && written.get() < POURED_MAX) {
      if (socket.writeQueueFull()) {
        socket.drainHandler(ignored -> flood(socket, written));
        return;
      }
      socket.writeBinaryMessage(Buffer.buffer(piece));
      written.addAndGet(piece.length);
    }
  }

  private static void settles(AtomicLong count) {
    AtomicLong last = new AtomicLong(-1);
    AtomicLong since = new AtomicLong(System.nanoTime());
    Deployment.await(
        "it settles",
        () -> {
          long now = count.get();
          if (last.getAndSet(now) != now) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > Duration.ofMillis(500).toNanos();
        });
  }

  @Test
  void whoTakesNothingForLongIsCutOffAlone() throws Exception {
    restart(
        settings ->
            settings.withClients(
                ClientTerms.standard().withProgress(Duration.ofSeconds(1), 8 << 10)));
    try (RawHttp2 client = client(RawHttp2.INITIAL_WINDOW_SIZE, 1_000)) {
      open(client, 1, PATH);
      edge.cell.answer(
          request ->
              request
                  .toWebSocket()
                  .onSuccess(
                      socket -> {
                        note(socket);
                        flood(socket, new AtomicLong());
                      }));
      connect(client, 3, PATH);
      assertThat(client.await(RawHttp2.RESET, 3).error()).isEqualTo(RawHttp2.CANCEL);
      send(client, 1, 0, FRAME);
      assertThat(read(client, 1, 7)).isEqualTo("\u0081\u0005hello");
      assertThat(running.metrics().get("hc_router_slow_clients").counter().count()).isOne();
    }
    awaitNothingLeft();
  }

  @Test
  void aCellThatDoesNotReadStopsTheClient() throws Exception {
    edge.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.pause();
                      note(socket);
                    }));
    try (RawHttp2 client = client().within(1_000)) {
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("200");
      long sent = pour(client, 1);
      assertThat(sent).isBetween((long) WINDOW, KEPT_MAX);
      // Its stream waits, the others do not.
      client.request(3, RawHttp2.END_STREAM, "GET", "/nowhere");
      assertThat(client.head(3).status()).hasToString("404");
      client.reset(1);
    }
    atCell.forEach(ServerWebSocket::resume);
    awaitNothingLeft();
  }

  /** Sends what it is allowed to, until nothing more is. */
  private static long pour(RawHttp2 client, int stream) throws IOException {
    byte[] piece = new byte[16 << 10];
    long allowed = WINDOW;
    long sent = 0;
    while (sent < POURED_MAX) {
      while (allowed - sent >= piece.length) {
        client.send(RawHttp2.DATA, 0, stream, piece);
        sent += piece.length;
      }
      try {
        RawHttp2.Frame more = client.await(RawHttp2.WINDOW_UPDATE, stream);
        allowed += ByteBuffer.wrap(more.payload()).getInt();
      } catch (InterruptedIOException e) {
        return sent;
      }
    }
    return sent;
  }

  @Test
  void whatIsSaidBeforeTheAnswerWaitsForIt() throws Exception {
    ConcurrentLinkedQueue<HttpServerRequest> asked = new ConcurrentLinkedQueue<>();
    edge.cell.answer(
        request -> {
          request.pause();
          asked.add(request);
        });
    try (RawHttp2 client = client()) {
      connect(client, 1, PATH);
      send(client, 1, 0, FRAME);
      Deployment.await("it is at the cell", () -> !asked.isEmpty());
      accept(asked.element());
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(read(client, 1, 7)).isEqualTo("\u0081\u0005hello");
    }
    awaitNothingLeft();
  }

  /** Streams that are reset or ended, and connections that go, at any moment. */
  @Test
  void clientsThatHangUpLeaveNothingBehind() throws Exception {
    edge.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      note(socket);
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
      awaitNothingLeft();
      int files = Leaks.openFiles();
      hangUp(random, 40);
      awaitNothingLeft();
      // A connection whose handshake was given up before it was sent waits for another one.
      Deployment.await(
          "no more files are open than before",
          () -> Leaks.openFiles() <= files + 2 * running.router().upstreamConnections());
      assertThat(Leaks.of(logged)).isEmpty();
      assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
      assertThat(logged.list)
          .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
          // What else this machine does is nobody's fault.
          .filteredOn(event -> !event.getLoggerName().endsWith("LoopPace"))
          .isEmpty();
    } finally {
      root.detachAppender(logged);
      ResourceLeakDetector.setLevel(before);
    }
  }

  private void hangUp(Random random, int clients) throws IOException {
    for (int i = 0; i < clients; i++) {
      try (RawHttp2 client = client()) {
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
