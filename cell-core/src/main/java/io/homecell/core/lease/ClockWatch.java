package io.homecell.core.lease;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Whether the database's clock runs like ours. A lease rests on it: a clock that is stepped back
 * makes a lease longer than it was promised to be.
 *
 * <p>Each reading is compared with all of the last horizon, not with the one before only, so that
 * many small steps count like a big one; older ones do not matter, since no lease that rests on
 * them still runs, and a slow drift must be allowed. Pure: no I/O, no clock of its own. Not
 * thread-safe.
 */
final class ClockWatch {
  enum Verdict {
    TRUSTED,
    /** The clocks have parted just now. */
    PARTED,
    /** They parted lately, and have not run together for long enough since. */
    SETTLING
  }

  private final Duration horizon;
  private final Duration margin;
  private final int settlingReadings;
  private final Deque<ClockReading> readings = new ArrayDeque<>();
  private int toSettle;

  /**
   * @param horizon for how long a reading is compared with later ones
   * @param margin by how much the clocks may part, besides the readings' uncertainty
   * @param settlingReadings how many readings in a row must agree after the clocks have parted
   */
  ClockWatch(Duration horizon, Duration margin, int settlingReadings) {
    this.horizon = horizon;
    this.margin = margin;
    this.settlingReadings = settlingReadings;
  }

  Verdict observe(ClockReading now) {
    readings.removeIf(
        earlier ->
            now.monotonicNanos() - earlier.monotonicNanos() > horizon.toNanos()
                && readings.size() > 1);
    for (ClockReading earlier : readings) {
      Duration allowed = margin.plus(earlier.uncertainty()).plus(now.uncertainty());
      if (now.partedSince(earlier).compareTo(allowed) > 0) {
        distrust();
        readings.add(now);
        return Verdict.PARTED;
      }
    }
    readings.add(now);
    if (toSettle > 0) {
      toSettle--;
    }
    return toSettle > 0 ? Verdict.SETTLING : Verdict.TRUSTED;
  }

  /** Forgets what was read, and trusts again only after enough readings that agree. */
  void distrust() {
    readings.clear();
    toSettle = settlingReadings;
  }
}
