package io.homecell.router.trace;

import java.time.Instant;
import java.util.Optional;

/**
 * What is said of one request. No query, no header, no user: they may hold what must not be in a
 * log.
 *
 * @param at when the answer was out
 * @param parentSpanId who called, by trace
 * @param path of the request, the first characters of it
 * @param route the rule, or {@code none}
 * @param cell who answered, or {@code none}
 * @param from the datacenter whose router sent it; empty for a client
 * @param outcome as in the metric {@code hc_router_requests}
 * @param millis from its head to the end of the answer
 * @param heldMillis of those, while its slot moved
 * @param bytesIn of the body
 * @param bytesOut of the answer's body
 */
public record AccessLine(
    Instant at,
    String requestId,
    String traceId,
    String spanId,
    Optional<String> parentSpanId,
    String client,
    Optional<String> from,
    String method,
    String path,
    String route,
    Optional<Integer> slot,
    String cell,
    int status,
    String outcome,
    double millis,
    double heldMillis,
    long bytesIn,
    long bytesOut) {
  private static final int PATH_LENGTH_MAX = 256;

  public AccessLine {
    path = path.length() <= PATH_LENGTH_MAX ? path : path.substring(0, PATH_LENGTH_MAX) + "...";
  }
}
