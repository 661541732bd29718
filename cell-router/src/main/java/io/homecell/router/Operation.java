package io.homecell.router;

import java.time.Duration;

/**
 * How a router is operated.
 *
 * @param farewell how long a router that stops still accepts and serves, telling each client to
 *     connect anew; what is idle for all of it is closed
 * @param filesReadEach how often the files of keys and routes are looked at
 */
public record Operation(Duration farewell, Duration filesReadEach) {
  public Operation {
    if (farewell.isNegative()) {
      throw new IllegalArgumentException("farewell: " + farewell + " (expected: >= 0)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static Operation standard() {
    return new Operation(Duration.ofSeconds(2), Duration.ofSeconds(5));
  }

  public Operation withFarewell(Duration atMost) {
    return new Operation(atMost, filesReadEach);
  }
}
