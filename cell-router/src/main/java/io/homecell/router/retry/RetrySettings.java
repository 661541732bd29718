package io.homecell.router.retry;

/**
 * How many requests a router sends again at most; see {@link RetryBudget}. What is sent again
 * because its slot has moved (421) is not counted: that is the way to the owner, not a failure.
 *
 * @param percent of the requests
 * @param perSecond besides, for the whole router
 * @param atOnce saved up at most, for the whole router
 */
public record RetrySettings(int percent, int perSecond, int atOnce) {
  /** What a router runs with unless told otherwise. */
  public static RetrySettings standard() {
    return new RetrySettings(20, 10, 100);
  }

  /** The part of one of the router's event loops. */
  public RetryBudget budget(int eventLoops, long nowNanos) {
    return new RetryBudget(
        percent / 100.0,
        (double) perSecond / eventLoops,
        Math.max(1, (double) atOnce / eventLoops),
        nowNanos);
  }
}
