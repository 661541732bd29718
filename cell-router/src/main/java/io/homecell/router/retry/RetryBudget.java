package io.homecell.router.retry;

/**
 * How many requests may be sent again: a part of those that come, and a few more so that a quiet
 * router may retry too. Without it, retries multiply the load of what is failing already (the
 * budget of Finagle). Pure; belongs to one thread.
 *
 * <p>In any stretch of time no more are sent again than {@code atOnce + part * requests + perSecond
 * * seconds}.
 */
public final class RetryBudget {
  private static final double NANOS = 1e9;

  private final double part;
  private final double perSecond;
  private final double atOnce;
  private double left;
  private long filledNanos;

  /**
   * @param part of the requests, such as 0.2
   * @param perSecond besides
   * @param atOnce how many are saved up at most
   */
  public RetryBudget(double part, double perSecond, double atOnce, long nowNanos) {
    if (part < 0 || perSecond < 0 || atOnce < 1) {
      throw new IllegalArgumentException(
          "part: "
              + part
              + ", perSecond: "
              + perSecond
              + ", atOnce: "
              + atOnce
              + " (expected: part >= 0, perSecond >= 0, atOnce >= 1)");
    }
    this.part = part;
    this.perSecond = perSecond;
    this.atOnce = atOnce;
    this.left = atOnce;
    this.filledNanos = nowNanos;
  }

  /** A request has come. */
  public void came() {
    left = Math.min(atOnce, left + part);
  }

  /** Takes one retry, if there is one left. */
  public boolean tryTake(long nowNanos) {
    left = Math.min(atOnce, left + (nowNanos - filledNanos) / NANOS * perSecond);
    filledNanos = nowNanos;
    if (left < 1) {
      return false;
    }
    left--;
    return true;
  }
}
