package io.homecell.core.route;

import java.time.Duration;

/**
 * What a router has seen of some slots' requests since it was started, at {@code /slots} of its
 * admin port: each client's request counts once, at the router that the client asked.
 *
 * @param failed answered 5xx, whoever said so, or cut off
 * @param slow took longer than {@link #SLOW}, without the time for which they were held
 */
public record SlotFigures(long requests, long failed, long slow) {
  /** A request that takes longer is slow. */
  public static final Duration SLOW = Duration.ofSeconds(1);

  public static final SlotFigures NONE = new SlotFigures(0, 0, 0);

  /** What was added since an earlier reading; a router that was started anew begins at 0. */
  public SlotFigures since(SlotFigures earlier) {
    return requests < earlier.requests
        ? this
        : new SlotFigures(
            requests - earlier.requests, failed - earlier.failed, slow - earlier.slow);
  }

  public SlotFigures plus(SlotFigures other) {
    return new SlotFigures(requests + other.requests, failed + other.failed, slow + other.slow);
  }
}
