package io.homecell.sync.pipeline;

import java.time.Duration;
import java.util.Optional;

/**
 * For how long something has waited to be applied while nothing was committed. Times are readings
 * of one monotonic clock in nanoseconds.
 *
 * <p>Goes on over a restart of the pipeline, which a target that stalls causes by itself from time
 * to time. Safe for any number of threads. Tested by StallClockTest.
 */
final class StallClock {
  private boolean waits;
  private long sinceNanos;

  /** A look at what waits now. */
  synchronized void look(boolean somethingWaits, long nowNanos) {
    if (somethingWaits && !waits) {
      sinceNanos = nowNanos;
    }
    waits = somethingWaits;
  }

  /** The target has committed something. */
  synchronized void committed(long nowNanos) {
    sinceNanos = nowNanos;
  }

  /** Empty while nothing waits. */
  synchronized Optional<Duration> stalledFor(long nowNanos) {
    return waits
        ? Optional.of(Duration.ofNanos(Math.max(0, nowNanos - sinceNanos)))
        : Optional.empty();
  }
}
