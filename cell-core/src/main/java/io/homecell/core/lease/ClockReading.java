package io.homecell.core.lease;

import java.time.Duration;
import java.time.Instant;

/**
 * The database's clock, read at a moment of this process's monotonic clock.
 *
 * @param database what the database said
 * @param monotonicNanos the middle of the question and the answer
 * @param uncertainty half of the time between them
 */
record ClockReading(Instant database, long monotonicNanos, Duration uncertainty) {
  /** How far the two clocks have parted since an earlier reading, whichever way. */
  Duration partedSince(ClockReading earlier) {
    Duration database = Duration.between(earlier.database, this.database);
    Duration monotonic = Duration.ofNanos(monotonicNanos - earlier.monotonicNanos);
    return database.minus(monotonic).abs();
  }
}
