package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/** One router whose port speaks TLS and HTTP/2, before one cell that echoes what it is sent. */
final class Http2SocketEdge implements AutoCloseable {
  /** A masked text frame. */
  static final String FRAME = "\u0081\u0085\u0000\u0000\u0000\u0000hello";

  static final String PATH = "/accounts/1/live";

  final LoneRouter lone = new LoneRouter();
  final ConcurrentLinkedQueue<ServerWebSocket> atCell = new ConcurrentLinkedQueue<>();
  private final Path folder;
  private final TestAuthority authority = new TestAuthority("root");
  private final Topology topology = TopologyFile.parse("test", lone.topology(LoneRouter.ROUTES));
  final SSLContext context = authority.clientContext();
  final OneTable table = new OneTable(RouteTable.initial(topology));
  LoneRouter.Running running;

  Http2SocketEdge(Path folder) {
    this.folder = folder;
    lone.cell.answer(this::accept);
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
        lone.start(PortClaim.ALONE, change.apply(settings), Optional.empty(), topology, table);
  }

  void restart(UnaryOperator<RouterSettings> change) throws Exception {
    running.router().close();
    start(change);
  }

  @Override
  public void close() throws Exception {
    running.router().close();
    lone.close();
  }

  void accept(HttpServerRequest request) {
    lone.cell.note(request, "");
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              note(socket);
              socket.textMessageHandler(socket::writeTextMessage);
              socket.binaryMessageHandler(socket::writeBinaryMessage);
            });
  }

  void note(ServerWebSocket socket) {
    atCell.add(socket);
    socket.closeHandler(ignored -> atCell.remove(socket));
    socket.exceptionHandler(ignored -> {});
  }

  RawHttp2 client(int... settings) throws IOException {
    return new RawHttp2(lone.port, context, settings);
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

  static void open(RawHttp2 client, int stream, String path) throws IOException {
    connect(client, stream, path);
    assertThat(client.head(stream).status()).hasToString("200");
    send(client, stream, 0, FRAME);
    assertThat(read(client, stream, 7)).isEqualTo("\u0081\u0005hello");
  }

  void awaitNothingLeft() {
    Deployment.await(
        "the gauge is back at 0, no connection is in use, and the cell has none",
        () ->
            running.metrics().get("hc_router_websockets").tag("cell", "north-1").gauge().value()
                    == 0
                && running.router().upstreamInUse() == 0
                && atCell.isEmpty());
  }

  double closes(String reason) {
    return running
        .metrics()
        .get("hc_router_websocket_closes")
        .tags("cell", "north-1", "reason", reason)
        .counter()
        .count();
  }

  Router lone(int port, int cellPort) {
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
}
