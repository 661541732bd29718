package io.homecell.router.proxy;

/**
 * How many frames that carry nothing a connection may send: a number of them in each window. Pure;
 * belongs to one thread.
 */
final class FrameBudget {
  private final int max;
  private final long windowNanos;
  private long sinceNanos;
  private int taken;

  FrameBudget(int max, long windowNanos, long nowNanos) {
    this.max = max;
    this.windowNanos = windowNanos;
    this.sinceNanos = nowNanos;
  }

  /** Takes one more; says whether there was one. */
  boolean take(long nowNanos) {
    if (nowNanos - sinceNanos >= windowNanos) {
      sinceNanos = nowNanos;
      taken = 0;
    }
    taken++;
    return taken <= max;
  }
}
