package io.homecell.sync.pipeline;

import io.homecell.sync.apply.ApplyLoad;
import io.homecell.sync.apply.Outcome;
import io.homecell.sync.check.WarningName;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** How fast a pipeline is, and what it waits for. Safe for any number of threads. */
final class FlowMetrics {
  private static final double[] PERCENTILES = {0.5, 0.99};
  private static final Duration WINDOW = Duration.ofMinutes(1);

  private final MeterRegistry registry;
  private final Tags tags;
  private final List<Meter> ofNow = new ArrayList<>();
  private final Timer beatLag;
  private final Timer commitLag;
  private final Counter retries;
  private final Counter barriers;
  private final Counter barrierSeconds;
  private final Rate transactionRate = new Rate();
  private final Rate rowRate = new Rate();
  private volatile ApplyLoad load = ApplyLoad.NONE;

  FlowMetrics(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    beatLag =
        lag("hc.sync.beat.lag", "From a heartbeat's writing at the source to its commit here");
    commitLag =
        lag(
            "hc.sync.commit.lag",
            "From a transaction's commit at the source to that at the target");
    retries = counter("hc.sync.retries", "Transactions done again after a lock or a deadlock");
    barriers =
        counter(
            "hc.sync.barriers", "Schema changes and large transactions, which nothing runs beside");
    barrierSeconds =
        Counter.builder("hc.sync.barrier.wait")
            .description("How long those waited for all before them")
            .baseUnit("seconds")
            .tags(tags)
            .register(registry);
    gauge("hc.sync.pending", "Transactions captured and not yet applied", () -> load.pending());
    gauge("hc.sync.pending.bytes", "About how much memory they hold", () -> load.pendingBytes());
    gauge("hc.sync.lanes.busy", "Connections that apply now", () -> load.lanesBusy());
  }

  private Timer lag(String name, String description) {
    Timer timer =
        Timer.builder(name)
            .description(description)
            .publishPercentiles(PERCENTILES)
            .percentilePrecision(2)
            .distributionStatisticExpiry(WINDOW)
            .maximumExpectedValue(Duration.ofDays(1))
            .tags(tags)
            .register(registry);
    ofNow.add(timer);
    return timer;
  }

  private Counter counter(String name, String description) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }

  private void gauge(String name, String description, Supplier<Number> value) {
    ofNow.add(
        Gauge.builder(name, value)
            .description(description)
            .tags(tags)
            .strongReference(true)
            .register(registry));
  }

  /** What the checks have found, each name by itself, and how long the source's log still lasts. */
  void watch(Supplier<List<String>> warnings, Supplier<Optional<Duration>> retentionLeft) {
    for (WarningName name : WarningName.values()) {
      ofNow.add(
          Gauge.builder(
                  "hc.sync.warnings", () -> warnings.get().stream().anyMatch(name::names) ? 1 : 0)
              .description("1 for what the pipeline is warned of")
              .tags(tags.and("warning", name.name()))
              .strongReference(true)
              .register(registry));
    }
    ofNow.add(
        Gauge.builder(
                "hc.sync.retention.left",
                () -> retentionLeft.get().map(left -> (double) left.toSeconds()).orElse(Double.NaN))
            .description("How much longer the source keeps what the target lacks")
            .baseUnit("seconds")
            .tags(tags)
            .strongReference(true)
            .register(registry));
  }

  void beatArrived(Duration lag) {
    beatLag.record(lag);
  }

  /**
   * A transaction is applied.
   *
   * @param sourceAhead the source's clock, compared with this process's
   */
  void applied(Outcome outcome, Instant committedAt, Duration sourceAhead) {
    if (outcome.kind() == Outcome.Kind.APPLIED) {
      Duration lag = Duration.between(committedAt, Instant.now()).plus(sourceAhead);
      commitLag.record(lag.isNegative() ? Duration.ZERO : lag);
    }
  }

  /** Ten times a second while it runs; of an applier anew, with what it has counted since. */
  void sample(ApplyLoad now, double transactions, double rows) {
    ApplyLoad before = now.retries() < load.retries() ? ApplyLoad.NONE : load;
    retries.increment((double) (now.retries() - before.retries()));
    barriers.increment((double) Math.max(0, now.barriers() - before.barriers()));
    barrierSeconds.increment(Math.max(0, now.barrierNanos() - before.barrierNanos()) / 1e9);
    load = now;
    long nanos = System.nanoTime();
    transactionRate.sample(nanos, transactions);
    rowRate.sample(nanos, rows);
  }

  /** Nothing is applied any more: the counts of the next applier begin at zero. */
  void ended() {
    load = ApplyLoad.NONE;
  }

  Flow flow() {
    ApplyLoad now = load;
    long nanos = System.nanoTime();
    ValueAtPercentile[] beat = beatLag.takeSnapshot().percentileValues();
    ValueAtPercentile[] commit = commitLag.takeSnapshot().percentileValues();
    return new Flow(
        millis(beat, 0),
        millis(beat, 1),
        millis(commit, 0),
        millis(commit, 1),
        rounded(transactionRate.perSecond(nanos)),
        rounded(rowRate.perSecond(nanos)),
        now.pending(),
        now.pendingBytes(),
        now.lanesBusy(),
        (long) retries.count(),
        (long) barriers.count());
  }

  /** Zero where the window holds nothing. */
  private static Optional<Double> millis(ValueAtPercentile[] values, int index) {
    return index < values.length && values[index].value() > 0
        ? Optional.of(rounded(values[index].value(TimeUnit.MILLISECONDS)))
        : Optional.empty();
  }

  private static double rounded(double value) {
    return Math.round(value * 10) / 10.0;
  }

  /** Takes what tells of now out of the registry. */
  void close() {
    ofNow.forEach(registry::remove);
  }
}
