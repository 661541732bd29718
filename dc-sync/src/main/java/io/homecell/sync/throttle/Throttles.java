package io.homecell.sync.throttle;

import io.homecell.sync.position.CellDatabase;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The background work between a pipeline's two cells: gives each run of it a {@link Throttle}, and
 * tells which waits, and for whom. Safe for any number of threads.
 */
public final class Throttles {
  /** What is slowed. */
  public enum Work {
    LOAD,
    VERIFY,
    REPAIR
  }

  private final Throttling throttling;
  private final CellDatabase source;
  private final CellDatabase target;
  private final Map<Work, Counter> waited = new EnumMap<>(Work.class);
  private final Map<Throttle, String> waiting = new ConcurrentHashMap<>();

  public Throttles(
      Throttling throttling, CellDatabase source, CellDatabase target, MeterRegistry registry) {
    this.throttling = throttling;
    this.source = source;
    this.target = target;
    Tags tags = Tags.of("source", source.cell(), "target", target.cell());
    for (Work work : Work.values()) {
      waited.put(
          work,
          Counter.builder("hc.sync.throttled")
              .description("How long background work has waited for replication that was late")
              .baseUnit("seconds")
              .tags(tags.and("work", work.name().toLowerCase(Locale.ROOT)))
              .register(registry));
    }
  }

  /** Of a load of the target. */
  public Throttle load() {
    return start(Work.LOAD, throttling.ofLoad(source, target));
  }

  /** Of a verification of both. */
  public Throttle verification() {
    return start(Work.VERIFY, throttling.ofVerification(source, target));
  }

  /** Of a repair, which may be of either. */
  public Throttle repair(CellDatabase right, CellDatabase mended) {
    return start(Work.REPAIR, throttling.ofRepair(right, mended));
  }

  private Throttle start(Work work, List<Throttling.Link> links) {
    Counter seconds = waited.get(work);
    return new Throttle(
        source.cell() + "-" + target.cell() + " " + work.name().toLowerCase(Locale.ROOT),
        throttling.lagMax(),
        links,
        waiting,
        nanos -> Optional.ofNullable(seconds).ifPresent(one -> one.increment(nanos / 1e9)));
  }

  /** {@code throttled: south-1 -> west-1 is 4.2 s behind (limit 2 s)}; empty if nothing waits. */
  public Optional<String> reason() {
    return waiting.values().stream().findFirst();
  }
}
