package io.homecell.router.upstream;

import java.time.Duration;

/**
 * When an instance is left out, and how it comes back.
 *
 * @param failuresInRow answers in a row that are failures, after which it rests; one that cannot be
 *     connected to rests at once
 * @param firstRest how long; doubled each time that it fails again, up to {@code longestRest}
 * @param slowStart in which a new instance, or one that comes back, gets its full share little by
 *     little
 * @param probeEvery how often each instance is asked whether it is alive; zero for never
 * @param probeTimeout for its answer
 */
public record UpstreamHealth(
    int failuresInRow,
    Duration firstRest,
    Duration longestRest,
    Duration slowStart,
    Duration probeEvery,
    Duration probeTimeout) {

  public UpstreamHealth {
    if (failuresInRow < 1
        || firstRest.isNegative()
        || firstRest.isZero()
        || longestRest.compareTo(firstRest) < 0) {
      throw new IllegalArgumentException(
          "failuresInRow: "
              + failuresInRow
              + ", firstRest: "
              + firstRest
              + ", longestRest: "
              + longestRest
              + " (expected: failuresInRow >= 1, 0 < firstRest <= longestRest)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static UpstreamHealth standard() {
    return new UpstreamHealth(
        5,
        Duration.ofMillis(250),
        Duration.ofSeconds(8),
        Duration.ofSeconds(10),
        Duration.ofSeconds(5),
        Duration.ofSeconds(1));
  }

  /** Without probes: what requests tell is all that is known. */
  public UpstreamHealth withoutProbes() {
    return new UpstreamHealth(
        failuresInRow, firstRest, longestRest, slowStart, Duration.ZERO, probeTimeout);
  }

  /** How long an instance rests when it has failed so many times. */
  long restNanos(int times) {
    long rest = firstRest.toNanos();
    for (int i = 1; i < times && rest < longestRest.toNanos(); i++) {
      rest *= 2;
    }
    return Math.min(rest, longestRest.toNanos());
  }
}
