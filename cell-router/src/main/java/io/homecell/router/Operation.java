package io.homecell.router;

import java.time.Duration;
import java.util.Map;

/**
 * How a router is operated.
 *
 * @param farewell how long a router that stops still accepts and serves, telling each client to
 *     connect anew; what is idle for all of it is closed
 * @param filesReadEach how often the files of keys and routes are looked at
 * @param loggedShare of the requests that get a line in the access log, 0 to 1; those that fail
 *     always do
 * @param logLinesMax how many of these lines may wait to be written
 */
public record Operation(
    Duration farewell, Duration filesReadEach, double loggedShare, int logLinesMax) {
  public Operation {
    if (farewell.isNegative()) {
      throw new IllegalArgumentException("farewell: " + farewell + " (expected: >= 0)");
    }
    if (!(loggedShare >= 0 && loggedShare <= 1) || logLinesMax < 1) {
      throw new IllegalArgumentException(
          "loggedShare: "
              + loggedShare
              + ", logLinesMax: "
              + logLinesMax
              + " (expected: 0 to 1, >= 1)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static Operation standard() {
    return new Operation(Duration.ofSeconds(2), Duration.ofSeconds(5), 0.01, 8_192);
  }

  /**
   * The usual one, with what the environment says: {@code HOMECELL_ACCESS_LOG}, the share of
   * requests in the access log.
   *
   * @throws IllegalArgumentException if it is not a number from 0 to 1
   */
  static Operation fromEnvironment(Map<String, String> environment) {
    String text = environment.getOrDefault("HOMECELL_ACCESS_LOG", "");
    if (text.isBlank()) {
      return standard();
    }
    try {
      return standard().withLoggedShare(Double.parseDouble(text));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "HOMECELL_ACCESS_LOG: '" + text + "' (expected: a number from 0 to 1)", e);
    }
  }

  public Operation withFarewell(Duration atMost) {
    return new Operation(atMost, filesReadEach, loggedShare, logLinesMax);
  }

  public Operation withLoggedShare(double share) {
    return new Operation(farewell, filesReadEach, share, logLinesMax);
  }
}
