package io.homecell.sync.verify;

import io.homecell.sync.position.CellDatabase;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The verifications of the two cells of one pipeline, and what the last one has found. Differences
 * that were found stay known until a verification that covers them finds none. Kept in memory only.
 * Safe for any number of threads.
 */
public final class PipelineVerification {
  private final CellDatabase source;
  private final CellDatabase target;
  private volatile Optional<VerifyResult> last = Optional.empty();

  public PipelineVerification(CellDatabase source, CellDatabase target, MeterRegistry registry) {
    this.source = source;
    this.target = target;
    Tags tags = Tags.of("source", source.cell(), "target", target.cell());
    Gauge.builder(
            "hc.sync.differences",
            this,
            one -> one.last.map(result -> (double) result.differing()).orElse(Double.NaN))
        .description("Rows that the last verification has found to differ")
        .tags(tags)
        .strongReference(true)
        .register(registry);
    Gauge.builder("hc.sync.verified", this, PipelineVerification::ageSeconds)
        .description("How long ago the last verification ended")
        .baseUnit("seconds")
        .tags(tags)
        .strongReference(true)
        .register(registry);
  }

  private double ageSeconds() {
    return last.map(
            result -> Duration.between(result.endedAt(), Instant.now()).toMillis() / 1_000.0)
        .orElse(Double.NaN);
  }

  /** Compares, see {@link Verification#run}. */
  VerifyResult run(Scope scope, Duration within) throws SQLException, InterruptedException {
    VerifyResult result = Verification.run(source, target, scope, within);
    synchronized (this) {
      if (last.isEmpty() || replaces(result, last.get())) {
        last = Optional.of(result);
      }
    }
    return result;
  }

  /** Pure: whether the newer result says more than the older one. */
  static boolean replaces(VerifyResult newer, VerifyResult older) {
    boolean complete =
        newer.tables().stream()
            .allMatch(table -> table.notCompared().isEmpty() && table.undecided() == 0);
    return newer.differing() > 0
        || older.differing() == 0
        || (newer.scope().covers(older.scope()) && (complete || newer.equal()));
  }

  /** What the last verification that counts has found; empty if there was none yet. */
  public Optional<Verified> last() {
    return last.map(result -> new Verified(result.endedAt(), result.differing(), result.equal()));
  }
}
