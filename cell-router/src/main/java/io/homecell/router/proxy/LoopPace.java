package io.homecell.router.proxy;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an event loop comes to its own business when it should: one that something keeps busy
 * serves nobody meanwhile. Belongs to the loop.
 */
final class LoopPace {
  private static final Logger log = LoggerFactory.getLogger(LoopPace.class);
  private static final long LATE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final EdgeMetrics metrics;
  private final long tickNanos;
  private long tickedNanos = System.nanoTime();

  LoopPace(EdgeMetrics metrics, long tickMillis) {
    this.metrics = metrics;
    this.tickNanos = TimeUnit.MILLISECONDS.toNanos(tickMillis);
  }

  /** It has begun; the next tick is due. */
  void begins(long nowNanos) {
    tickedNanos = nowNanos;
  }

  void ticked(long nowNanos) {
    long late = Math.max(0, nowNanos - tickedNanos - tickNanos);
    tickedNanos = nowNanos;
    metrics.loopLate(late);
    if (late > LATE_NANOS) {
      log.warn(
          "{}: served nobody for {} ms; the machine has too little CPU, or a collection of the JVM"
              + " takes long",
          Thread.currentThread().getName(),
          TimeUnit.NANOSECONDS.toMillis(late));
    }
  }
}
