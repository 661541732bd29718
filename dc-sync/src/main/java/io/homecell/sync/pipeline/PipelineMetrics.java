package io.homecell.sync.pipeline;

import io.homecell.sync.apply.ApplyLoad;
import io.homecell.sync.apply.Outcome;
import io.homecell.sync.capture.SourceTransaction;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** A pipeline's counters. Safe for any number of threads. */
final class PipelineMetrics {
  private final Counter applied;
  private final Counter skipped;
  private final Counter stranded;
  private final Counter conflicts;
  private final Counter rows;
  private final MeterRegistry registry;
  private final FlowMetrics flow;
  private final List<Meter> gauges = new ArrayList<>();
  private final RecentWrites recent = new RecentWrites();
  private volatile Optional<String> lastApplied = Optional.empty();

  PipelineMetrics(
      MeterRegistry registry, String source, String target, Supplier<PipelineStatus> status) {
    this.registry = registry;
    Tags tags = Tags.of("source", source, "target", target);
    flow = new FlowMetrics(registry, tags);
    applied = transactions(registry, tags, "applied");
    skipped = transactions(registry, tags, "skipped");
    stranded = transactions(registry, tags, "stranded");
    conflicts =
        Counter.builder("hc.sync.conflicts")
            .description("Rows that were not as the source had them; must stay 0 in planned moves")
            .tags(tags)
            .register(registry);
    rows =
        Counter.builder("hc.sync.rows").description("Rows applied").tags(tags).register(registry);
    gauges.add(
        Gauge.builder(
                "hc.sync.lag",
                status,
                current -> current.get().lagMillis().map(lag -> lag / 1_000.0).orElse(Double.NaN))
            .description("How far the target is behind, by heartbeats in the data path")
            .baseUnit("seconds")
            .tags(tags)
            .strongReference(true)
            .register(registry));
    for (PipelineStatus.State state : PipelineStatus.State.values()) {
      gauges.add(
          Gauge.builder(
                  "hc.sync.state", status, current -> current.get().state() == state ? 1.0 : 0.0)
              .description("1 for the state that the pipeline is in")
              .tags(tags.and("state", state.name()))
              .strongReference(true)
              .register(registry));
    }
  }

  private static Counter transactions(MeterRegistry registry, Tags tags, String outcome) {
    return Counter.builder("hc.sync.transactions")
        .description("Transactions by what became of them")
        .tags(tags.and("outcome", outcome))
        .register(registry);
  }

  /** How fast it is. */
  FlowMetrics flow() {
    return flow;
  }

  /** Ten times a second while it runs. */
  void sample(ApplyLoad load) {
    flow.sample(load, applied.count(), rows.count());
  }

  void done(SourceTransaction transaction, Outcome outcome) {
    switch (outcome.kind()) {
      case APPLIED -> {
        applied.increment();
        recent.applied(transaction);
      }
      case SKIPPED -> skipped.increment();
      case STRANDED -> stranded.increment();
    }
    if (outcome.kind() != Outcome.Kind.SKIPPED) {
      lastApplied = Optional.of(transaction.gtid().toString());
    }
    rows.increment(outcome.rows());
    conflicts.increment(outcome.conflicts());
  }

  PipelineStatus status(
      String source,
      String target,
      PipelineStatus.State state,
      String detail,
      Optional<Long> lagMillis,
      List<String> warnings) {
    return new PipelineStatus(
        source,
        target,
        state,
        detail,
        lagMillis,
        (long) applied.count(),
        (long) skipped.count(),
        (long) stranded.count(),
        (long) conflicts.count(),
        lastApplied,
        java.time.Instant.now(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(flow.flow()),
        warnings,
        recent.recent());
  }

  /** Takes what tells of now out of the registry: a pipeline that has ended is in no state. */
  void close() {
    gauges.forEach(registry::remove);
    flow.close();
  }
}
