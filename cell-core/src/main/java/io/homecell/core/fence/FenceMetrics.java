package io.homecell.core.fence;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code hc_fence_commits_total{schema,outcome}} and {@code hc_fence_commit_seconds{schema}}. */
final class FenceMetrics {
  /** How a writing transaction ended. */
  enum Outcome {
    COMMITTED,
    /** Refused before the body ran. */
    NOT_HOME_EARLY,
    /** Refused by the commit step. */
    NOT_HOME,
    FENCED,
    /** Committed, but the lease was over by then: told to the caller as unknown. */
    LATE,
    UNKNOWN,
    UNAVAILABLE,
    /** One attempt met a deadlock or waited for a lock too long. */
    DEADLOCK,
    /** The database refused a statement. */
    FAILED
  }

  private final Map<Outcome, Counter> counters = new EnumMap<>(Outcome.class);
  private final Timer commits;

  FenceMetrics(MeterRegistry registry, String schema) {
    for (Outcome outcome : Outcome.values()) {
      counters.put(
          outcome,
          Counter.builder("hc.fence.commits")
              .description("Writing transactions by how they ended")
              .tag("schema", schema)
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    commits =
        Timer.builder("hc.fence.commit")
            .description("The commit step, as seen by the client")
            .tag("schema", schema)
            .publishPercentileHistogram(false)
            .register(registry);
  }

  void count(Outcome outcome) {
    Counter counter = counters.get(outcome);
    if (counter != null) {
      counter.increment();
    }
  }

  void committed(long nanos) {
    count(Outcome.COMMITTED);
    commits.record(nanos, TimeUnit.NANOSECONDS);
  }
}
