package io.homecell.router.upstream;

import java.time.Duration;
import java.util.List;

/**
 * The bounds of what is spoken by HTTP/2 to instances of services that want it.
 *
 * @param connectionsMax to one instance from one event loop
 * @param streamsMax requests at once on one connection; the instance may allow fewer
 * @param pingEvery how often each connection is tried
 * @param pongWithin for the answer; a connection without one is given up
 * @param waitMax for a stream when all are in use
 */
public record UpstreamStreams(
    int connectionsMax, int streamsMax, Duration pingEvery, Duration pongWithin, Duration waitMax) {

  public UpstreamStreams {
    if (connectionsMax < 1 || streamsMax < 1) {
      throw new IllegalArgumentException(
          "connectionsMax: "
              + connectionsMax
              + ", streamsMax: "
              + streamsMax
              + " (expected: each >= 1)");
    }
    for (Duration each : List.of(pingEvery, pongWithin, waitMax)) {
      if (each.isNegative() || each.isZero()) {
        throw new IllegalArgumentException(
            "pingEvery: "
                + pingEvery
                + ", pongWithin: "
                + pongWithin
                + ", waitMax: "
                + waitMax
                + " (expected: each > 0)");
      }
    }
  }

  /** What a router runs with unless told otherwise. */
  public static UpstreamStreams standard() {
    return new UpstreamStreams(
        4, 128, Duration.ofSeconds(2), Duration.ofSeconds(3), Duration.ofSeconds(3));
  }

  /** What one connection may be sent that is not read. */
  int connectionWindowBytes() {
    return streamsMax * StreamConnecting.STREAM_WINDOW_BYTES;
  }
}
