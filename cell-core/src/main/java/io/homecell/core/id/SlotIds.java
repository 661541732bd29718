package io.homecell.core.id;

import io.homecell.core.slot.Slots;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Draws ids within a grant, without a lock and without I/O.
 *
 * <p>Why no id is drawn twice: within the process, each number of a slot is taken by a
 * compare-and-set on the last one, and only ever a higher one; a clock that is stepped back changes
 * nothing but that the next numbers come one by one. Between processes, the numbers differ in their
 * node or their tick, because grants do. Safe for any number of threads.
 */
final class SlotIds implements IdSource {
  private final IdLayout layout;
  private final LongSupplier tick;

  /** For each slot, the last id drawn, without its slot bits; -1 at first. */
  private final AtomicLongArray last;

  private final AtomicLong borrowed = new AtomicLong();
  private volatile @Nullable NodeGrant grant;
  private volatile long clockOffset;

  /**
   * @param tick the clock, in ticks; may stand or step back
   */
  SlotIds(Slots slots, LongSupplier tick) {
    this.layout = new IdLayout(slots);
    this.tick = tick;
    this.last = new AtomicLongArray(slots.count());
    for (int slot = 0; slot < slots.count(); slot++) {
      last.setPlain(slot, -1);
    }
  }

  @Override
  public long next(int slot) {
    if (!layout.slots().contains(slot)) {
      throw new IllegalArgumentException(
          "slot: " + slot + " (expected: 0 to " + (layout.slots().count() - 1) + ")");
    }
    long now = tick.getAsLong() + clockOffset;
    while (true) {
      NodeGrant held = grant;
      if (held == null) {
        throw new IdsUnavailableException("no node number is held (yet)");
      }
      long before = last.get(slot);
      long number = layout.after(before, Math.max(now, held.fromTick()), held.node());
      long drawn = layout.tickOf(number);
      if (drawn >= held.untilTick()) {
        throw exhausted(held, now);
      }
      if (last.compareAndSet(slot, before, number)) {
        if (drawn > now && drawn > borrowed.get()) {
          borrowed.accumulateAndGet(drawn, Math::max);
        }
        return layout.id(number, slot);
      }
    }
  }

  private static IdsUnavailableException exhausted(NodeGrant held, long now) {
    return new IdsUnavailableException(
        "what is reserved is used up ("
            + held
            + ", the clock is at "
            + now
            + "): "
            + (now >= held.untilTick()
                ? "the database did not let it reserve more, or its clock is far behind this one"
                : "one slot draws faster than the reservation grows"));
  }

  /** From now on ids are drawn within this grant; null if there is none. */
  void grant(@Nullable NodeGrant newGrant) {
    this.grant = newGrant;
  }

  /**
   * From now on the clock is taken for so many ticks more than it says, or less if negative. What
   * is drawn stays within the grant, so this matters for how ids grow, not for whether they differ.
   */
  void correctClockBy(long ticks) {
    this.clockOffset = ticks;
  }

  /** What the clock says, uncorrected. */
  long clockTick() {
    return tick.getAsLong();
  }

  /** The highest tick that is known to be in use: the clock's, or one that was borrowed. */
  long highestTick() {
    return Math.max(tick.getAsLong(), borrowed.get());
  }

  /** How many ticks are left; 0 without a grant. */
  long ticksLeft() {
    NodeGrant held = grant;
    return held == null ? 0 : Math.max(0, held.untilTick() - tick.getAsLong() - clockOffset);
  }
}
