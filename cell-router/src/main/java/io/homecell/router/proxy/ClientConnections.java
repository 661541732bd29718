package io.homecell.router.proxy;

import io.homecell.router.RouterSettings;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of one event loop's clients: how they are accepted, what they are held to, and
 * how many there are. Belongs to the loop; {@link #open} may be read by any thread.
 */
final class ClientConnections implements ClientWire.Owner {
  /** Takes a request of a client that may still send some. */
  interface Requests {
    void came(HttpServerRequest request, Optional<ClientWire> wire);
  }

  private static final int HEAD_BYTES_MAX = 16 << 10;
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int PIECE_BYTES_MAX = 16 << 10;
  private static final int ACCEPT_BACKLOG = 4_096;

  private final RouterSettings settings;
  private final EdgeMetrics metrics;
  private final Requests requests;
  private final Http1ServerConfig bounds =
      new Http1ServerConfig()
          .setMaxHeaderSize(HEAD_BYTES_MAX)
          .setMaxInitialLineLength(LINE_BYTES_MAX)
          .setMaxChunkSize(PIECE_BYTES_MAX);
  private final Set<ClientWire> wires = new HashSet<>();
  private final AtomicInteger open = new AtomicInteger();

  ClientConnections(RouterSettings settings, EdgeMetrics metrics, Requests requests) {
    this.settings = settings;
    this.metrics = metrics;
    this.requests = requests;
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
        // Vert.x would agree to extensions in a cell's place, and decode them.
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setMaxHeaderSize(HEAD_BYTES_MAX)
        .setMaxInitialLineLength(LINE_BYTES_MAX)
        .setMaxChunkSize(PIECE_BYTES_MAX)
        .setIdleTimeout((int) settings.clientIdleTimeout().toSeconds());
  }

  void came(HttpConnection connection) {
    open.incrementAndGet();
    connection.closeHandler(ignored -> open.decrementAndGet());
    ClientWire.under(connection, bounds, settings.clients(), this, System.nanoTime())
        .ifPresent(wires::add);
  }

  void came(HttpServerRequest request) {
    Optional<ClientWire> wire = ClientWire.of(request.connection());
    if (wire.isPresent() && wire.get().isClosing()) {
      // Sent after, or instead of, what its client was told ends the connection.
      return;
    }
    requests.came(request, wire);
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
  public void closed(ClientWire wire) {
    wires.remove(wire);
  }
}
