package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.router.hold.HoldQueue;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * The requests that one event loop holds while their slots move, and their release at a limited
 * rate: those of a whole datacenter at once would be a burst that nobody has sent. Belongs to the
 * loop.
 */
final class HeldExchanges {
  static final long RELEASE_EACH_MILLIS = 10;

  private final HoldQueue<Exchange> queue = new HoldQueue<>();
  private final Deque<HoldQueue.Ticket<Exchange>> free = new ArrayDeque<>();
  private final Vertx vertx;
  private final Routes routes;
  private final int releasedAtOnce;
  private boolean releasing;

  /**
   * @param releasedAtOnce each {@link #RELEASE_EACH_MILLIS} so many
   */
  HeldExchanges(Vertx vertx, Routes routes, int releasedAtOnce) {
    this.vertx = vertx;
    this.routes = routes;
    this.releasedAtOnce = releasedAtOnce;
  }

  HoldQueue<Exchange> queue() {
    return queue;
  }

  /** Those that the newer table lets go are released, the oldest first. */
  void release(RouteTable newer) {
    free.clear();
    free.addAll(queue.free(exchange -> exchange.mayGo(newer)));
    if (!releasing) {
      releaseSome();
    }
  }

  /**
   * Held until its turn comes: it counts in the bounds, may expire, and its slot may move again.
   */
  private void releaseSome() {
    RouteTable now = routes.current();
    int left = releasedAtOnce;
    while (left > 0 && !free.isEmpty()) {
      Optional<Exchange> next = queue.take(free.removeFirst(), exchange -> exchange.mayGo(now));
      if (next.isPresent()) {
        next.get().released();
        left--;
      }
    }
    releasing = !free.isEmpty();
    if (releasing) {
      vertx.setTimer(RELEASE_EACH_MILLIS, ignored -> releaseSome());
    }
  }

  void expire(long nowNanos) {
    queue.expire(nowNanos).forEach(Exchange::holdExpired);
  }
}
