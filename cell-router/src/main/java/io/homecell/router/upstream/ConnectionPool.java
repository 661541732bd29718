package io.homecell.router.upstream;

import io.vertx.core.AsyncResult;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpConnectOptions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one upstream: bounded, the latest used first, closed before
 * the upstream would close them.
 *
 * <p>Vert.x has a pool of its own; it gives a connection to the next request when the last byte of
 * an answer was received, though it may not have been delivered yet, so that resetting the slow
 * request closes the connection under the next one. Here a connection is given back only when the
 * whole answer was delivered. Belongs to one event loop.
 */
public final class ConnectionPool implements CarrierPool {
  /** Waits for a connection; one of the two is called, once. */
  public interface Client {
    void connected(Carrier connection);

    void notConnected(Throwable cause);

    /** Whether it does not want a connection any more. */
    boolean isGone();
  }

  /** A pool that is full and has as many waiting as it has connections. */
  public static final class ExhaustedException extends Exception {
    public ExhaustedException(String message) {
      super(message, null, false, false);
    }
  }

  private final HttpClientAgent client;
  private final Upstream upstream;
  private final int connectionsMax;
  private final Duration idleMax;
  private final Deque<UpstreamConnection> idle = new ArrayDeque<>();
  private final Deque<Client> waiting = new ArrayDeque<>();

  /** When idle connections were looked at: what is given back later counts as idle since then. */
  private long lookedNanos = System.nanoTime();

  private int connecting;
  private int open;

  ConnectionPool(HttpClientAgent client, Upstream upstream, int connectionsMax, Duration idleMax) {
    this.client = client;
    this.upstream = upstream;
    this.connectionsMax = connectionsMax;
    this.idleMax = idleMax;
  }

  @Override
  public void acquire(Client wanted) {
    UpstreamConnection unused = idle.pollLast();
    if (unused != null) {
      unused.markBusy();
      wanted.connected(unused);
    } else if (open + connecting < connectionsMax) {
      connect(wanted);
    } else if (waiting.size() < connectionsMax) {
      waiting.addLast(wanted);
    } else {
      wanted.notConnected(
          new ExhaustedException(upstream + ": all " + connectionsMax + " connections are in use"));
    }
  }

  private void connect(Client wanted) {
    connecting++;
    client
        .connect(new HttpConnectOptions().setHost(upstream.host()).setPort(upstream.port()))
        .onComplete(result -> connected(result, wanted));
  }

  private void connected(AsyncResult<HttpClientConnection> result, Client wanted) {
    connecting--;
    if (result.failed()) {
      wanted.notConnected(result.cause());
      serveWaiting();
      return;
    }
    open++;
    UpstreamConnection connection = new UpstreamConnection(this, result.result());
    UpstreamWire.under(connection);
    connection.http().exceptionHandler(ignored -> connection.discard());
    connection.http().closeHandler(ignored -> closed(connection));
    if (wanted.isGone()) {
      release(connection);
    } else {
      connection.markBusy();
      wanted.connected(connection);
    }
  }

  private void closed(UpstreamConnection connection) {
    if (!connection.isClosed()) {
      connection.markClosed();
      open--;
      if (!connection.isBusy()) {
        idle.remove(connection);
      }
      serveWaiting();
    }
  }

  /**
   * Gives it to who waits, but not before what was read with the end of the answer is looked at: it
   * may be the reason to close it.
   */
  void release(UpstreamConnection connection) {
    if (connection.isClosed()) {
      return;
    }
    connection.markIdle(lookedNanos);
    idle.addLast(connection);
    if (!waiting.isEmpty()) {
      Vertx.currentContext().runOnContext(ignored -> serveWaiting());
    }
  }

  private void serveWaiting() {
    while (!idle.isEmpty() || open + connecting < connectionsMax) {
      Client next = nextWaiting();
      if (next == null) {
        return;
      }
      acquire(next);
    }
  }

  private @Nullable Client nextWaiting() {
    Client next = waiting.pollFirst();
    while (next != null && next.isGone()) {
      next = waiting.pollFirst();
    }
    return next;
  }

  @Override
  public void tick(long nowNanos) {
    // Each of its connections carries one request, which has a time of its own.
  }

  @Override
  public void closeIdle(long nowNanos) {
    lookedNanos = nowNanos;
    UpstreamConnection oldest = idle.peekFirst();
    while (oldest != null && oldest.isIdleLongerThan(idleMax.toNanos(), nowNanos)) {
      idle.pollFirst();
      oldest.discard();
      oldest = idle.peekFirst();
    }
  }

  @Override
  public boolean isUnused() {
    return open + connecting == 0 && waiting.isEmpty();
  }

  @Override
  public int underWay() {
    return open - idle.size() + connecting + waiting.size();
  }

  @Override
  public int open() {
    return open;
  }
}
