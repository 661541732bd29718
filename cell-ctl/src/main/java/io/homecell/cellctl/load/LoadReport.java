package io.homecell.cellctl.load;

import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.Histogram;

/**
 * What a load found, as shown and as JSON.
 *
 * @param failedAttempts requests that got no 2xx or 4xx answer, by kind; each was made again under
 *     its own idempotency key
 * @param longestPauseMillis the longest time any user waited for one operation, from when it was
 *     due
 */
record LoadReport(
    long seed,
    SortedMap<String, SortedMap<String, Long>> operations,
    SortedMap<String, Long> failedAttempts,
    Latency latency,
    double longestPauseMillis,
    List<Violation> violations) {

  /** Milliseconds, from when an operation was due to its answer. */
  record Latency(double p50Millis, double p99Millis, double p999Millis, double maxMillis) {}

  static LoadReport of(
      long seed,
      List<Journal.Entry> history,
      Map<String, LongAdder> failures,
      Histogram latencyMicros,
      List<Violation> violations) {
    SortedMap<String, SortedMap<String, Long>> operations = new TreeMap<>();
    for (Journal.Entry entry : history) {
      operations
          .computeIfAbsent(entry.operation().kind(), kind -> new TreeMap<>())
          .merge(nameOf(entry.outcome()), 1L, Long::sum);
    }
    SortedMap<String, Long> failed = new TreeMap<>();
    failures.forEach((kind, count) -> failed.put(kind, count.sum()));
    return new LoadReport(
        seed,
        operations,
        failed,
        new Latency(
            latencyMicros.getValueAtPercentile(50) / 1_000.0,
            latencyMicros.getValueAtPercentile(99) / 1_000.0,
            latencyMicros.getValueAtPercentile(99.9) / 1_000.0,
            latencyMicros.getMaxValue() / 1_000.0),
        latencyMicros.getMaxValue() / 1_000.0,
        List.copyOf(violations));
  }

  private static String nameOf(Outcome outcome) {
    if (outcome instanceof Outcome.Acknowledged) {
      return "acknowledged";
    }
    if (outcome instanceof Outcome.Refused refused) {
      return "refused " + refused.status();
    }
    return "unknown";
  }

  /** For a person. */
  String asText() {
    StringBuilder text = new StringBuilder();
    text.append("seed ").append(seed).append('\n');
    operations.forEach(
        (kind, outcomes) ->
            text.append(String.format("  %-10s %s%n", kind, withoutBraces(outcomes))));
    text.append("failed requests: ")
        .append(failedAttempts.isEmpty() ? "0" : withoutBraces(failedAttempts))
        .append('\n');
    text.append(
        String.format(
            "latency: p50 %.1f ms, p99 %.1f ms, p99.9 %.1f ms, max %.1f ms%n",
            latency.p50Millis(), latency.p99Millis(), latency.p999Millis(), latency.maxMillis()));
    text.append(String.format("longest pause any user saw: %.0f ms%n", longestPauseMillis));
    text.append("violations: ").append(violations.size()).append('\n');
    violations.stream()
        .limit(50)
        .forEach(
            violation ->
                text.append(String.format("  %-20s %s%n", violation.kind(), violation.detail())));
    if (violations.size() > 50) {
      text.append("  ... ").append(violations.size() - 50).append(" more (all with -o json)\n");
    }
    return text.toString();
  }

  private static String withoutBraces(Map<String, Long> counts) {
    String text = counts.toString();
    return text.substring(1, text.length() - 1).replace("=", " ");
  }
}
