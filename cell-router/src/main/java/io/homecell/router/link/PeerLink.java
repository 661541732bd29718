package io.homecell.router.link;

import io.homecell.router.upstream.ConnectionPool;
import io.homecell.router.upstream.StreamConnection;
import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpClientConnection;
import java.net.ConnectException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's way to the routers of one other datacenter: a few connections, many streams on
 * each, and a bounded number of requests that wait for one, for a bounded time.
 *
 * <p>A connection that the peer is leaving (GOAWAY) gets no more streams and ends with its last
 * one; another is made for what comes next. One that does not answer pings is cut. Of a link for
 * requests one at least is kept, whether or not there are some; while none can be made, requests
 * fail at once. Belongs to one event loop; the figures may be read by any thread.
 */
public final class PeerLink implements StreamConnection.Owner {
  private static final long FIRST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LONGEST_REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** From so many streams on the next connection is made: one lost packet stops fewer then. */
  private static final int STREAMS_FOR_ANOTHER = 32;

  private static final int FAILURES_FOR_DOWN = 2;
  private static final long UNUSED_NANOS = TimeUnit.SECONDS.toNanos(60);

  private record Waiter(ConnectionPool.Client client, long untilNanos) {}

  private final LinkTerms terms;
  private final boolean keepsOne;
  private final LinkState state;
  private final Connecting connecting;
  private final List<StreamConnection> open = new ArrayList<>();
  private final Deque<Waiter> waiting = new ArrayDeque<>();
  private boolean underWay;
  private int failuresInRow;
  private long restNanos;
  private long restUntilNanos = System.nanoTime();
  private @Nullable Throwable lastFailure;
  private volatile int connectionsSeen;
  private volatile int streamsSeen;
  private volatile int waitingSeen;

  /**
   * @param keepsOne whether it is connected before anybody asks; else it is closed when nobody does
   */
  PeerLink(LinkTerms terms, boolean keepsOne, LinkState state, Connecting connecting) {
    this.terms = terms;
    this.keepsOne = keepsOne;
    this.state = state;
    this.connecting = connecting;
    state.add(this);
  }

  /** Gives a stream as soon as there is one. */
  public void acquire(ConnectionPool.Client wanted) {
    StreamConnection free = StreamConnection.leastBusy(open);
    if (free != null) {
      if (free.active() >= STREAMS_FOR_ANOTHER) {
        connectAnother();
      }
      wanted.connected(free.stream(state));
      return;
    }
    Throwable failure = lastFailure;
    long now = System.nanoTime();
    if (failure != null
        && failuresInRow >= FAILURES_FOR_DOWN
        && StreamConnection.usable(open) == 0) {
      // It is tried all the time: nobody need wait for that.
      wanted.notConnected(failure);
    } else if (waiting.size() >= terms.connectionsMax() * terms.streamsMax()) {
      refuse(wanted);
    } else {
      waiting.addLast(new Waiter(wanted, now + terms.waitMax().toNanos()));
      connectAnother();
    }
  }

  private void refuse(ConnectionPool.Client wanted) {
    state.failed(LinkFailure.NO_ROOM);
    wanted.notConnected(
        new ConnectionPool.ExhaustedException(
            state.peer().name() + ": all streams to its router are in use"));
  }

  private void late(ConnectionPool.Client waiter) {
    if (StreamConnection.usable(open) > 0) {
      refuse(waiter);
      return;
    }
    state.failed(LinkFailure.UNREACHABLE);
    waiter.notConnected(
        new ConnectException(
            state.peer().name()
                + ": no connection to its router within "
                + terms.waitMax().toMillis()
                + " ms"));
  }

  private void connectAnother() {
    if (!underWay
        && !connecting.isClosed()
        && StreamConnection.usable(open) < terms.connectionsMax()
        && System.nanoTime() - restUntilNanos >= 0) {
      underWay = true;
      connecting.connect(state.peer()).onComplete(this::connected);
    }
  }

  private void connected(AsyncResult<HttpClientConnection> result) {
    underWay = false;
    long now = System.nanoTime();
    if (result.succeeded()) {
      lastFailure = null;
      failuresInRow = 0;
      open.add(
          new StreamConnection(result.result(), this, terms.streamsMax(), TrailerFrame::end, now));
      serveWaiting();
      return;
    }
    Throwable cause = result.cause();
    lastFailure = cause;
    failuresInRow++;
    rest(now);
    state.ill(LinkFailure.ofConnecting(cause), Connecting.told(cause));
    if (StreamConnection.usable(open) == 0) {
      // A copy: who fails may ask again at once.
      List<Waiter> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(waiter -> waiter.client.notConnected(cause));
    }
  }

  /** Nobody is asked again and again without a pause. */
  private void rest(long nowNanos) {
    boolean again = nowNanos - restUntilNanos < LONGEST_REST_NANOS;
    restNanos =
        again
            ? Math.min(LONGEST_REST_NANOS, Math.max(FIRST_REST_NANOS, 2 * restNanos))
            : FIRST_REST_NANOS;
    restUntilNanos = nowNanos + restNanos;
  }

  private void serveWaiting() {
    while (!waiting.isEmpty()) {
      StreamConnection free = StreamConnection.leastBusy(open);
      if (free == null) {
        return;
      }
      Waiter next = waiting.pollFirst();
      if (!next.client.isGone()) {
        next.client.connected(free.stream(state));
      }
    }
  }

  @Override
  public void changed(StreamConnection connection) {
    if (connection.hasLeftSoon(System.nanoTime())) {
      rest(System.nanoTime());
    }
    serveWaiting();
    if (!waiting.isEmpty()) {
      connectAnother();
    }
  }

  @Override
  public void closed(StreamConnection connection) {
    open.remove(connection);
    changed(connection);
  }

  /** Called some times a second. */
  public void tick(long nowNanos) {
    for (StreamConnection one : List.copyOf(open)) {
      if (one.isSilent(terms.pingEvery(), terms.pongWithin(), state::pinged, nowNanos)) {
        state.ill(
            LinkFailure.SILENT,
            "no answer to a ping within "
                + terms.pongWithin().toMillis()
                + " ms; the connection is given up, with "
                + one.active()
                + " requests");
      }
    }
    while (!waiting.isEmpty() && nowNanos - waiting.peekFirst().untilNanos >= 0) {
      Waiter late = waiting.pollFirst();
      if (!late.client.isGone()) {
        late(late.client);
      }
    }
    if (StreamConnection.usable(open) == 0 && (keepsOne || lastFailure != null)) {
      // One is kept, so that no request waits for a handshake, and a link that is ill is known.
      connectAnother();
    }
    if (!keepsOne) {
      // A copy: who is closed may leave at once.
      List.copyOf(open).stream()
          .filter(one -> one.isIdleLongerThan(UNUSED_NANOS, nowNanos))
          .forEach(StreamConnection::leave);
    }
    connectionsSeen = open.size();
    streamsSeen = open.stream().mapToInt(StreamConnection::active).sum();
    waitingSeen = waiting.size();
  }

  /** Open connections, as of the last tick. Any thread. */
  public int connections() {
    return connectionsSeen;
  }

  /** Requests under way, as of the last tick. Any thread. */
  public int streams() {
    return streamsSeen;
  }

  /** Requests that wait for a stream, as of the last tick. Any thread. */
  public int waiting() {
    return waitingSeen;
  }
}
