package io.homecell.router.proxy;

import org.jspecify.annotations.Nullable;

/**
 * The attempts of one event loop that wait for the head of an answer, in the order in which they
 * were sent: all have the same time, so the first is the one that is late first. Linked through the
 * attempts themselves, since each request enters and leaves it. Belongs to the loop.
 */
final class AwaitedHeads {
  /** What an attempt holds of it. */
  static final class Link {
    private final Attempt attempt;
    private @Nullable Link before;
    private @Nullable Link after;
    private boolean in;

    Link(Attempt attempt) {
      this.attempt = attempt;
    }
  }

  private @Nullable Link first;
  private @Nullable Link last;

  void add(Link link) {
    Link end = last;
    link.before = end;
    link.in = true;
    if (end == null) {
      first = link;
    } else {
      end.after = link;
    }
    last = link;
  }

  /** One that is not in it stays out. */
  void remove(Link link) {
    if (!link.in) {
      return;
    }
    Link before = link.before;
    Link after = link.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.before = before;
    }
    link.before = null;
    link.after = null;
    link.in = false;
  }

  /** Ends those that have waited longer. */
  void expire(long timeoutNanos, long nowNanos) {
    Link oldest = first;
    while (oldest != null && oldest.attempt.isLate(timeoutNanos, nowNanos)) {
      remove(oldest);
      oldest.attempt.timedOut();
      oldest = first;
    }
  }
}
