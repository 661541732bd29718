package io.homecell.router;

import io.homecell.core.topology.Topology;
import io.homecell.router.trace.OtlpTarget;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How a router is operated.
 *
 * @param farewell how long a router that stops still accepts and serves, telling each client to
 *     connect anew; what is idle for all of it is closed
 * @param filesReadEach how often the files of keys and routes are looked at
 * @param loggedShare of the requests that get a line in the access log, 0 to 1; those that fail
 *     always do
 * @param logLinesMax how many of these lines may wait to be written
 * @param ownersAt where other gateways ask for the owner of a request; empty if none does. Whoever
 *     reaches it learns addresses of cells and whether a token is good: not for clients
 * @param spansTo the collector that sampled requests are told to; empty if none is
 */
public record Operation(
    Duration farewell,
    Duration filesReadEach,
    double loggedShare,
    int logLinesMax,
    Optional<Topology.Endpoint> ownersAt,
    Optional<OtlpTarget> spansTo) {
  private static final int PORT_MAX = 65_535;

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
    return new Operation(
        Duration.ofSeconds(2),
        Duration.ofSeconds(5),
        0.01,
        8_192,
        Optional.empty(),
        Optional.empty());
  }

  /**
   * The usual one, with what the environment says: {@code HOMECELL_ACCESS_LOG}, the share of
   * requests in the access log, and {@code HOMECELL_OWNERS_AT}, host and port for other gateways,
   * and OpenTelemetry's {@code OTEL_EXPORTER_OTLP_ENDPOINT}.
   *
   * @throws IllegalArgumentException if it can't be read; the message says what was expected
   */
  static Operation fromEnvironment(Map<String, String> environment) {
    Operation operation = standard();
    String share = environment.getOrDefault("HOMECELL_ACCESS_LOG", "");
    if (!share.isBlank()) {
      operation = operation.withLoggedShare(share(share));
    }
    operation = operation.withSpansTo(OtlpTarget.fromEnvironment(environment));
    String owners = environment.getOrDefault("HOMECELL_OWNERS_AT", "");
    return owners.isBlank() ? operation : operation.withOwnersAt(endpoint(owners));
  }

  private static double share(String text) {
    try {
      double share = Double.parseDouble(text);
      if (share >= 0 && share <= 1) {
        return share;
      }
    } catch (NumberFormatException notANumber) {
      // told below
    }
    throw new IllegalArgumentException(
        "HOMECELL_ACCESS_LOG: '" + text + "' (expected: a number from 0 to 1)");
  }

  private static Topology.Endpoint endpoint(String text) {
    int colon = text.lastIndexOf(':');
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      if (colon > 0 && port > 0 && port <= PORT_MAX) {
        return new Topology.Endpoint(text.substring(0, colon), port);
      }
    } catch (NumberFormatException notANumber) {
      // told below
    }
    throw new IllegalArgumentException(
        "HOMECELL_OWNERS_AT: '" + text + "' (expected: host:port, such as 127.0.0.1:8181)");
  }

  public Operation withOwnersAt(Topology.Endpoint at) {
    return new Operation(
        farewell, filesReadEach, loggedShare, logLinesMax, Optional.of(at), spansTo);
  }

  public Operation withFarewell(Duration atMost) {
    return new Operation(atMost, filesReadEach, loggedShare, logLinesMax, ownersAt, spansTo);
  }

  public Operation withLoggedShare(double share) {
    return new Operation(farewell, filesReadEach, share, logLinesMax, ownersAt, spansTo);
  }

  public Operation withSpansTo(Optional<OtlpTarget> target) {
    return new Operation(farewell, filesReadEach, loggedShare, logLinesMax, ownersAt, target);
  }
}
