package io.homecell.router.proxy;

import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Refusal;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.hold.HoldQueue;
import org.jspecify.annotations.Nullable;

/** How a request is held, and how long it was in all. Belongs to one event loop. */
final class Hold {
  private final EdgeLoop loop;
  private HoldQueue.@Nullable Ticket<Exchange> ticket;
  private Decision.Reason reason = Decision.Reason.MOVING;
  private long sinceNanos;
  private long nanos;

  Hold(EdgeLoop loop) {
    this.loop = loop;
  }

  /**
   * Holds it.
   *
   * @return false if there is no room
   */
  boolean begin(Exchange exchange, HoldBudget room, Decision.Reason why, long deadlineNanos) {
    long bytes = exchange.body().bytesWhilePaused();
    ticket = loop.holds().add(exchange, room, bytes, deadlineNanos).orElse(null);
    reason = why;
    sinceNanos = System.nanoTime();
    return ticket != null;
  }

  /** It was taken out of the queue. */
  void ended(String result) {
    ticket = null;
    long held = System.nanoTime() - sinceNanos;
    nanos += held;
    loop.metrics().held(result, held);
  }

  /** Its client left: takes it out, if it is held. */
  void abandon() {
    HoldQueue.Ticket<Exchange> held = ticket;
    if (held != null) {
      loop.holds().remove(held);
      ended("client-gone");
    }
  }

  /** What a client is told whose request was held too long. */
  Refusal expired() {
    return reason.expired();
  }

  /** In all. */
  long nanos() {
    return nanos;
  }
}
