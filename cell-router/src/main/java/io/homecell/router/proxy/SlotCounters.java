package io.homecell.router.proxy;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.route.SlotFigures;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts requests by slot, so that the slots which have just been moved can be judged by
 * themselves. Three counters for each slot, whatever is asked; safe for any number of threads.
 */
public final class SlotCounters {
  private static final int EACH = 3;
  private static final int FAILED = 1;
  private static final int SLOW = 2;

  private final Slots slots;
  private final AtomicLongArray counts;

  public SlotCounters(Slots slots) {
    this.slots = slots;
    this.counts = new AtomicLongArray(slots.count() * EACH);
  }

  /**
   * A request of a client has ended.
   *
   * @param nanos how long it took, without the time for which it was held
   */
  void ended(int slot, boolean failed, long nanos) {
    counts.incrementAndGet(slot * EACH);
    if (failed) {
      counts.incrementAndGet(slot * EACH + FAILED);
    }
    if (nanos > SlotFigures.SLOW.toNanos()) {
      counts.incrementAndGet(slot * EACH + SLOW);
    }
  }

  /** The figures of some slots together. */
  SlotFigures of(SlotRange range) {
    SlotFigures sum = SlotFigures.NONE;
    for (int slot = range.first(); slot <= range.last(); slot++) {
      int first = slot * EACH;
      sum =
          sum.plus(
              new SlotFigures(
                  counts.get(first), counts.get(first + FAILED), counts.get(first + SLOW)));
    }
    return sum;
  }

  /** {@code /slots?slots=0-9,17}: their {@link SlotFigures}. */
  public Answer answer(Request request) {
    SlotFigures sum = SlotFigures.NONE;
    for (String text : request.query().getOrDefault("slots", "").split(",", -1)) {
      SlotRange range;
      try {
        range = SlotRange.parse(text);
      } catch (IllegalArgumentException e) {
        return new Answer(400, Problem.of(400, "bad-slots", String.valueOf(e.getMessage())));
      }
      if (!slots.contains(range.last())) {
        return new Answer(
            400,
            Problem.of(
                400, "bad-slots", "slots: " + range + " (expected: below " + slots.count() + ")"));
      }
      sum = sum.plus(of(range));
    }
    return new Answer(200, sum);
  }
}
