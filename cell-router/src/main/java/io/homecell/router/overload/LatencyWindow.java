package io.homecell.router.overload;

/**
 * Latencies of a short while, taken together: one of them alone says little, and to judge each
 * would cost more than to send it. Pure; belongs to one thread.
 */
final class LatencyWindow {
  private static final long SHORTEST_NANOS = 100_000_000;
  private static final long LONGEST_NANOS = 1_000_000_000;
  private static final int SAMPLES_MIN = 10;

  private long openedNanos;
  private int samples;
  private long sumNanos;
  private int waitingMost;
  private long lastAverageNanos;

  LatencyWindow(long nowNanos) {
    this.openedNanos = nowNanos;
  }

  /**
   * Adds some of one latency.
   *
   * @param waiting how many requests waited at that moment
   * @return whether the window is complete and wants {@link #close}
   */
  boolean add(int times, long latencyNanos, int waiting, long nowNanos) {
    samples += times;
    sumNanos += times * latencyNanos;
    waitingMost = Math.max(waitingMost, waiting);
    long open = nowNanos - openedNanos;
    return open >= LONGEST_NANOS || (open >= SHORTEST_NANOS && samples >= SAMPLES_MIN);
  }

  /** Ends the window and opens the next. */
  void close(long nowNanos) {
    lastAverageNanos = averageNanos();
    openedNanos = nowNanos;
    samples = 0;
    sumNanos = 0;
    waitingMost = 0;
  }

  /** Of the window that is open, which has at least one. */
  long averageNanos() {
    return Math.max(1, sumNanos / samples);
  }

  /** Of the window before; 0 before the first. */
  long lastAverageNanos() {
    return lastAverageNanos;
  }

  int waitingMost() {
    return waitingMost;
  }
}
