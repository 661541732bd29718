package io.homecell.router.proxy;

import io.homecell.router.RouterSettings;
import io.homecell.router.TlsTerms;
import io.homecell.router.tls.LiveTls;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of one event loop's clients: how they are accepted, what they are held to, and
 * how many there are. Belongs to the loop; {@link #open} may be read by any thread.
 */
final class ClientConnections implements ClientWire.Owner, Http2Wire.Owner {
  /** Takes a request of a client that may still send some. */
  interface Requests {
    void came(HttpServerRequest request, ClientSide client);
  }

  private static final int HEAD_BYTES_MAX = 16 << 10;
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int PIECE_BYTES_MAX = 16 << 10;
  private static final int STREAM_WINDOW_BYTES = 64 << 10;
  private static final List<String> PROTOCOLS = List.of("h2", "http/1.1");
  private static final int ACCEPT_BACKLOG = 4_096;

  private final RouterSettings settings;
  private final EdgeMetrics metrics;
  private final Requests requests;
  private final Http1ServerConfig bounds =
      new Http1ServerConfig()
          .setMaxHeaderSize(HEAD_BYTES_MAX)
          .setMaxInitialLineLength(LINE_BYTES_MAX)
          .setMaxChunkSize(PIECE_BYTES_MAX);
  private final Set<ClientConnection> wires = new HashSet<>();
  private final AtomicInteger open = new AtomicInteger();
  private boolean farewell;

  ClientConnections(RouterSettings settings, EdgeMetrics metrics, Requests requests) {
    this.settings = settings;
    this.metrics = metrics;
    this.requests = requests;
  }

  /** A port for clients, which speak TLS if there is a certificate. */
  static HttpServer server(
      Vertx vertx,
      String host,
      int port,
      RouterSettings settings,
      EdgeMetrics metrics,
      Optional<LiveTls> tls) {
    // The wires look for silence themselves, without a listener at each write.
    HttpServerOptions options = options(host, port, settings).setIdleTimeout(0);
    if (tls.isEmpty()) {
      return vertx.createHttpServer(options);
    }
    return vertx
        .httpServerBuilder()
        .with(new HttpServerConfig(encrypted(options, settings.tls())))
        .with(tls.get().current().server(PROTOCOLS))
        .with(new WatchedTls(accepted -> FrameWatch.above(accepted, settings, metrics)))
        .build();
  }

  /** From now on the port shows each later certificate. */
  static HttpServer renewing(HttpServer server, LiveTls tls) {
    tls.onReplaced(next -> server.updateSSLOptions(next.server(PROTOCOLS)));
    return server;
  }

  /** How a port is served. */
  static HttpServerOptions options(String host, int port, RouterSettings settings) {
    return new HttpServerOptions()
        .setHost(host)
        .setPort(port)
        .setAcceptBacklog(ACCEPT_BACKLOG)
        .setReusePort(port > 0)
        .setTcpNoDelay(true)
        .setHttp2ClearTextEnabled(false)
        // Vert.x would agree to extensions in a cell's place, and decode them; and handlers for
        // each
        // message cost time.
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setMaxHeaderSize(HEAD_BYTES_MAX)
        .setMaxInitialLineLength(LINE_BYTES_MAX)
        .setMaxChunkSize(PIECE_BYTES_MAX)
        .setIdleTimeout((int) settings.clientIdleTimeout().toSeconds());
  }

  private static HttpServerOptions encrypted(HttpServerOptions options, TlsTerms terms) {
    return options
        .setSsl(true)
        .setUseAlpn(true)
        .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
        .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
        .setSslHandshakeTimeout(terms.handshakeWithin().toMillis())
        .setInitialSettings(
            new Http2Settings()
                .setMaxConcurrentStreams(terms.streamsMax())
                .setInitialWindowSize(STREAM_WINDOW_BYTES)
                .setMaxHeaderListSize(HEAD_BYTES_MAX)
                .set(ExtendedConnect.SETTING, 1))
        // Else one request whose body waits would keep the others' bodies waiting.
        .setHttp2ConnectionWindowSize(STREAM_WINDOW_BYTES * terms.streamsMax())
        .setHttp2RstFloodMaxRstFramePerWindow(terms.resetsMax())
        .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
        .setHttp2RstFloodWindowDuration((int) terms.window().toSeconds());
  }

  void came(HttpConnection connection) {
    open.incrementAndGet();
    connection.closeHandler(ignored -> open.decrementAndGet());
    long now = System.nanoTime();
    Optional<ClientConnection> wire =
        Http2Wire.under(connection, this, settings, now)
            .<ClientConnection>map(http2 -> http2)
            .or(() -> ClientWire.under(connection, bounds, settings, this, now));
    wire.ifPresent(wires::add);
    if (farewell) {
      wire.ifPresent(ClientConnection::sayFarewell);
    }
  }

  void came(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      Http2Wire http2 = Http2Wire.of(request.connection()).orElseThrow();
      requests.came(request, new Http2Side(request, http2));
      return;
    }
    Optional<ClientWire> wire = ClientWire.of(request.connection());
    if (wire.isPresent() && wire.get().isClosing()) {
      // Sent after, or instead of, what its client was told ends the connection.
      return;
    }
    requests.came(request, new Http1Side(request, wire));
  }

  /** Tells who can be told that the router stops soon. */
  void sayFarewell() {
    farewell = true;
    List.copyOf(wires).forEach(ClientConnection::sayFarewell);
  }

  /** Tells who can be told that nothing more is served. */
  void sayLastFarewell() {
    List.copyOf(wires).forEach(ClientConnection::sayLastFarewell);
  }

  /** What can't be read as a request. */
  void unreadable(HttpServerRequest request) {
    metrics.unreadable();
    ClientWire.of(request.connection()).ifPresent(ClientWire::closing);
    Problems.unreadable(request).onComplete(ignored -> request.connection().close());
  }

  /** Called a few times a second: who is too slow is cut off. */
  void check(long nowNanos) {
    // A copy: who is closed leaves.
    List.copyOf(wires).forEach(wire -> wire.check(nowNanos));
  }

  /** Connections that are open now. */
  int open() {
    return open.get();
  }

  @Override
  public void tooSlow(ClientWire.Stage stage) {
    metrics.slowClient(stage);
  }

  @Override
  public void unreadable() {
    metrics.unreadable();
  }

  @Override
  public void broken(String error) {
    metrics.http2Broken(error);
  }

  @Override
  public void closed(ClientWire wire) {
    wires.remove(wire);
  }

  @Override
  public void closed(Http2Wire wire) {
    wires.remove(wire);
  }
}
