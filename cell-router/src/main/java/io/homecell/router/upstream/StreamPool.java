package io.homecell.router.upstream;

import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpClientConnection;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * An event loop's HTTP/2 connections to one instance: few, with many streams on each, no more than
 * the instance allows, and a bounded number of requests that wait for one, for a bounded time.
 *
 * <p>A connection that the instance is leaving (GOAWAY) gets no more streams and ends with its last
 * one; one that does not answer pings is cut. Belongs to one event loop.
 */
final class StreamPool implements CarrierPool, StreamConnection.Owner {
  private record Waiter(ConnectionPool.Client client, long untilNanos) {}

  private final StreamConnecting connecting;
  private final UpstreamStreams terms;
  private final Upstream upstream;
  private final StreamCarrier.Watch watch;
  private final Duration idleMax;
  private final List<StreamConnection> open = new ArrayList<>();
  private final Deque<Waiter> waiting = new ArrayDeque<>();
  private boolean underWay;

  StreamPool(
      StreamConnecting connecting, Upstream upstream, StreamCarrier.Watch watch, Duration idleMax) {
    this.connecting = connecting;
    this.terms = connecting.terms();
    this.upstream = upstream;
    this.watch = watch;
    this.idleMax = idleMax;
  }

  @Override
  public void acquire(ConnectionPool.Client wanted) {
    StreamConnection free = StreamConnection.leastBusy(open);
    if (free != null) {
      wanted.connected(free.stream(watch));
    } else if (waiting.size() >= terms.connectionsMax() * terms.streamsMax()) {
      refuse(wanted);
    } else {
      waiting.addLast(new Waiter(wanted, System.nanoTime() + terms.waitMax().toNanos()));
      connectAnother();
    }
  }

  private void refuse(ConnectionPool.Client wanted) {
    wanted.notConnected(
        new ConnectionPool.ExhaustedException(upstream + ": all streams to it are in use"));
  }

  private void connectAnother() {
    if (!underWay && StreamConnection.usable(open) < terms.connectionsMax()) {
      underWay = true;
      connecting.connect(upstream).onComplete(this::connected);
    }
  }

  private void connected(AsyncResult<HttpClientConnection> result) {
    underWay = false;
    if (result.succeeded()) {
      open.add(
          new StreamConnection(
              result.result(),
              this,
              terms.streamsMax(),
              StreamConnecting::endWith,
              System.nanoTime()));
      serveWaiting();
    } else if (StreamConnection.usable(open) == 0) {
      // A copy: who fails may ask again at once.
      List<Waiter> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(
          waiter -> {
            if (!waiter.client.isGone()) {
              waiter.client.notConnected(result.cause());
            }
          });
    }
  }

  private void serveWaiting() {
    while (!waiting.isEmpty()) {
      StreamConnection free = StreamConnection.leastBusy(open);
      if (free == null) {
        connectAnother();
        return;
      }
      Waiter next = waiting.pollFirst();
      if (!next.client.isGone()) {
        next.client.connected(free.stream(watch));
      }
    }
  }

  @Override
  public void changed(StreamConnection connection) {
    serveWaiting();
  }

  @Override
  public void closed(StreamConnection connection) {
    open.remove(connection);
    serveWaiting();
  }

  @Override
  public void tick(long nowNanos) {
    if (!open.isEmpty()) {
      for (StreamConnection one : List.copyOf(open)) {
        one.isSilent(terms.pingEvery(), terms.pongWithin(), ignored -> {}, nowNanos);
      }
    }
    while (!waiting.isEmpty() && nowNanos - waiting.peekFirst().untilNanos >= 0) {
      ConnectionPool.Client late = waiting.pollFirst().client;
      if (late.isGone()) {
        continue;
      }
      if (StreamConnection.usable(open) > 0) {
        refuse(late);
      } else {
        late.notConnected(
            new ConnectException(
                upstream + ": no connection within " + terms.waitMax().toMillis() + " ms"));
      }
    }
  }

  @Override
  public void closeIdle(long nowNanos) {
    for (StreamConnection one : List.copyOf(open)) {
      if (one.isIdleLongerThan(idleMax.toNanos(), nowNanos)) {
        one.leave();
      }
    }
  }

  @Override
  public boolean isUnused() {
    return open.isEmpty() && waiting.isEmpty() && !underWay;
  }

  @Override
  public int underWay() {
    int all = waiting.size();
    for (StreamConnection one : open) {
      all += one.active();
    }
    return all;
  }

  @Override
  public int open() {
    return open.size();
  }
}
