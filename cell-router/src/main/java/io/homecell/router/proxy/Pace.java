package io.homecell.router.proxy;

/**
 * Whether a client moves as many bytes in one direction as it must: a number of them in each
 * window. Only the time counts in which it is the client's turn: who waits for a cell is not slow.
 * Pure; belongs to one thread.
 */
final class Pace {
  private final long windowNanos;
  private final long bytesMin;
  private long sinceNanos;
  private long bytesThen;
  private boolean running;

  Pace(long windowNanos, long bytesMin) {
    this.windowNanos = windowNanos;
    this.bytesMin = bytesMin;
  }

  /**
   * Looks once more.
   *
   * @param due whether it is the client's turn
   * @param bytes that it has moved in all
   * @return whether it was too slow
   */
  boolean isTooSlow(boolean due, long bytes, long nowNanos) {
    if (!due) {
      running = false;
      return false;
    }
    if (!running || bytes - bytesThen >= bytesMin) {
      running = true;
      sinceNanos = nowNanos;
      bytesThen = bytes;
    }
    return nowNanos - sinceNanos > windowNanos;
  }
}
