package io.homecell.sync.pipeline;

import java.time.Duration;
import java.util.Optional;

/**
 * For how long something has waited to be applied while nothing was committed. Times are readings
 * of one monotonic clock in nanoseconds.
 *
 * <p>Goes on over a restart of the pipeline, for a moment of which nothing waits: a target that
 * stalls causes one whenever an answer takes too long. Safe for any number of threads. Tested by
 * StallClockTest.
 */
final class StallClock {
  private static final long RESTART_NANOS = Duration.ofSeconds(10).toNanos();

  private boolean waits;
  private boolean committed = true;
  private long sinceNanos;
  private long waitedAtNanos;

  /** A look at what waits now. */
  synchronized void look(boolean somethingWaits, long nowNanos) {
    if (somethingWaits) {
      if (!waits && (committed || nowNanos - waitedAtNanos > RESTART_NANOS)) {
        sinceNanos = nowNanos;
        committed = false;
      }
      waitedAtNanos = nowNanos;
    }
    waits = somethingWaits;
  }

  /** The target has committed something. */
  synchronized void committed(long nowNanos) {
    committed = true;
    sinceNanos = nowNanos;
  }

  /** Empty while nothing waits. */
  synchronized Optional<Duration> stalledFor(long nowNanos) {
    return waits
        ? Optional.of(Duration.ofNanos(Math.max(0, nowNanos - sinceNanos)))
        : Optional.empty();
  }
}
