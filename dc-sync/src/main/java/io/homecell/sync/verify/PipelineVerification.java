package io.homecell.sync.verify;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttle;
import io.homecell.sync.throttle.Throttles;
import io.homecell.sync.throttle.Throttling;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The verifications of the two cells of one pipeline, and what is known by them: differences stay
 * known until a verification that covers them finds none, also over a restart. Safe for any number
 * of threads.
 */
public final class PipelineVerification {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineVerification.class);

  /** While the record can't be reached for long; nothing is lost that is looked for again. */
  private static final int UNKEPT_MAX = 16;

  private final CellDatabase source;
  private final CellDatabase target;
  private final CarriedTables carried;
  private final VerificationRecord record;
  private final Throttles throttles;
  private volatile Optional<Found> known = Optional.empty();

  /** Found here, and not in the record yet, since it could not be reached. */
  private final Deque<VerifyResult> unkept = new ArrayDeque<>();

  PipelineVerification(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      VerificationRecord record,
      Throttling throttling,
      MeterRegistry registry) {
    this.source = source;
    this.target = target;
    this.carried = carried;
    this.record = record;
    this.throttles = new Throttles(throttling, source, target, registry);
    Tags tags = Tags.of("source", source.cell(), "target", target.cell());
    Gauge.builder(
            "hc.sync.differences",
            this,
            one ->
                one.known.map(found -> (double) found.verified().differences()).orElse(Double.NaN))
        .description("Rows that are known to differ by the verifications so far")
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

  /** With what is known kept in ZooKeeper. */
  public static PipelineVerification of(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      CuratorFramework zookeeper,
      Throttling throttling,
      MeterRegistry registry) {
    return new PipelineVerification(
        source,
        target,
        carried,
        new ZookeeperRecord(zookeeper, source.cell(), target.cell()),
        throttling,
        registry);
  }

  private double ageSeconds() {
    return known
        .map(found -> Duration.between(found.endedAt(), Instant.now()).toMillis() / 1_000.0)
        .orElse(Double.NaN);
  }

  /** Compares, see {@link Verification#run}. */
  VerifyResult run(Scope scope, Duration within, Pace pace)
      throws SQLException, InterruptedException {
    VerifyResult result;
    try (Throttle throttle = throttles.verification()) {
      result = Verification.run(source, target, carried, scope, within, pace, throttle);
    }
    synchronized (this) {
      known = Optional.of(known.orElseGet(Found::nothing).with(result));
      unkept.add(result);
      if (unkept.size() > UNKEPT_MAX) {
        unkept.remove();
      }
      refresh();
    }
    return result;
  }

  /** Takes over what others have found, and writes what they have not been told yet. */
  public synchronized void refresh() {
    try {
      while (!unkept.isEmpty()) {
        record.add(unkept.element());
        unkept.remove();
      }
      Optional<Found> kept = record.read();
      if (kept.isPresent()) {
        known = kept;
      }
    } catch (IOException e) {
      LOG.debug("what was verified is not kept or read: {}", e.getMessage());
    }
  }

  /** What a repair waits for between rows. */
  Throttle repairing(CellDatabase right, CellDatabase mended) {
    return throttles.repair(right, mended);
  }

  /** Which tables are compared. */
  CarriedTables carried() {
    return carried;
  }

  /** Why a verification or a repair waits; empty if none does. */
  public Optional<String> throttled() {
    return throttles.reason();
  }

  /** What is known; empty if nothing was verified yet. */
  public Optional<Verified> last() {
    return known.map(Found::verified);
  }
}
