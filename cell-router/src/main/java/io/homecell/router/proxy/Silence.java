package io.homecell.router.proxy;

import java.time.Duration;

/** Whether a connection is silent for too long, either way. Pure; belongs to one event loop. */
final class Silence {
  private final long boundNanos;
  private long bytesMoved;
  private long movedNanos;

  Silence(Duration bound, long nowNanos) {
    this.boundNanos = bound.toNanos();
    this.movedNanos = nowNanos;
  }

  /**
   * Asked a few times a second.
   *
   * @param moved bytes since the connection began, in and out
   */
  boolean isTooLong(long moved, long nowNanos) {
    if (moved != bytesMoved) {
      bytesMoved = moved;
      movedNanos = nowNanos;
    }
    return nowNanos - movedNanos > boundNanos;
  }
}
