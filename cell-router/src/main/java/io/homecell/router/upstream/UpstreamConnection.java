package io.homecell.router.upstream;

import io.homecell.router.websocket.SocketEnd;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.RequestOptions;
import java.util.Optional;

/**
 * A connection that one request at a time uses. Between {@link ConnectionPool#acquire} and release
 * or discard it belongs to that request alone, so closing it can hurt no other.
 */
public final class UpstreamConnection implements Carrier {
  static final MultiMap NO_TRAILERS = HttpHeaders.headers().copy(false);

  private final ConnectionPool pool;
  private final HttpClientConnection connection;
  private boolean closed;
  private boolean busy;
  private boolean reused;
  private boolean last;
  private MultiMap trailers = NO_TRAILERS;
  private long idleSinceNanos;

  UpstreamConnection(ConnectionPool pool, HttpClientConnection connection) {
    this.pool = pool;
    this.connection = connection;
  }

  public HttpClientConnection http() {
    return connection;
  }

  @Override
  public Future<HttpClientRequest> request(RequestOptions options) {
    return connection.request(options);
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd(HttpClientResponse answer) {
    return UpstreamWire.channel(connection).map(SocketEnd::ofCell);
  }

  @Override
  public void release() {
    if (last) {
      discard();
    } else {
      pool.release(this);
    }
  }

  @Override
  public void end(HttpClientRequest request, MultiMap behind) {
    trailers = behind;
    request.end();
  }

  void trailersSent() {
    trailers = NO_TRAILERS;
  }

  MultiMap trailers() {
    return trailers;
  }

  /** No request after this one. */
  void markLast() {
    last = true;
  }

  @Override
  public void discard() {
    connection.close();
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  @Override
  public boolean wasNotProcessed(Throwable cause) {
    return false;
  }

  boolean isClosed() {
    return closed;
  }

  boolean isBusy() {
    return busy;
  }

  boolean isIdleLongerThan(long nanos, long nowNanos) {
    return nowNanos - idleSinceNanos > nanos;
  }

  void markClosed() {
    closed = true;
  }

  void markBusy() {
    busy = true;
  }

  void markIdle(long nowNanos) {
    busy = false;
    reused = true;
    idleSinceNanos = nowNanos;
  }
}
