package io.homecell.core.lease;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.StateProof;
import io.homecell.core.failsafe.FailsafeMode;
import io.homecell.core.lease.LeaseRules.Close;
import io.homecell.core.lease.LeaseRules.Decision;
import io.homecell.core.lease.LeaseRules.Extend;
import io.homecell.core.process.Secrets;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a cell's lease alive as long as it can prove that the cell may write.
 *
 * <p>Invariant upheld: a lease never outlives its proof by more than the lease. Each renewal reads
 * the database's clock, then proves that the datacenter is not declared lost, then extends the
 * lease to <em>that clock reading</em> plus the lease; a renewal that is delayed anywhere in
 * between extends to a moment that is near or past already. So whoever has declared a datacenter
 * lost and waited for the lease, knows that no cell of it writes any more. In {@link FailsafeMode}
 * the proof may come from all other datacenters instead of ZooKeeper.
 *
 * <p>Assumed: no database's clock is stepped back by more than {@link #CLOCK_MARGIN} while all
 * keepers of its cell are silent. A step that a keeper sees ends the lease at once, and no renewal
 * follows until the clock has run evenly for some readings.
 *
 * <p>Several processes of a cell may each run a keeper: a renewal never lowers the lease. Every
 * wait is shorter than the lease. Safe for any number of threads.
 */
public final class LeaseKeeper implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(LeaseKeeper.class);

  /** By how much a database's clock may part from the keeper's monotonic clock in one lease. */
  public static final Duration CLOCK_MARGIN = Duration.ofMillis(500);

  private static final int SETTLING_READINGS = 4;

  private final Topology.Cell cell;
  private final LeaseRow row;
  private final StateProof proof;
  private final LeaseRules rules;
  private final ClockWatch clock;
  private final Duration lease;
  private final Optional<FailsafeMode> failsafe;
  private final HighestEpochs epochs;
  private final LongSupplier routeEpoch;
  private final MeterRegistry metrics;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private volatile long endsAtNanos;
  private volatile boolean inFailsafe;
  private String lastOutcome = "";

  private LeaseKeeper(
      CuratorFramework client,
      Topology topology,
      Topology.Cell cell,
      Secrets.Credentials keeper,
      Optional<FailsafeMode> failsafe,
      LongSupplier routeEpoch,
      MeterRegistry metrics) {
    this.cell = cell;
    this.failsafe = failsafe;
    this.routeEpoch = routeEpoch;
    this.lease = topology.coordination().lease();
    this.metrics = metrics;
    this.row = new LeaseRow(cell, keeper, lease.dividedBy(4));
    this.epochs = new HighestEpochs(row, cell.datacenter());
    this.proof = new StateProof(client, cell.datacenter());
    this.rules = new LeaseRules(lease, CLOCK_MARGIN);
    this.clock = new ClockWatch(lease, CLOCK_MARGIN, SETTLING_READINGS);
    this.endsAtNanos = System.nanoTime();
    this.thread = new Thread(this::run, "lease " + cell.name());
    thread.setDaemon(true);
    metrics.gauge(
        "hc.lease.remaining.seconds", this, keeper1 -> keeper1.remaining().toMillis() / 1000.0);
    metrics.gauge("hc.lease.failsafe", this, keeper1 -> keeper1.inFailsafe ? 1 : 0);
  }

  /**
   * Starts to renew, each eighth of the lease; needs neither ZooKeeper nor the database to start.
   *
   * @param client of the global ensemble
   * @param cell the cell's name
   * @param keeper the credentials of the keeper role
   */
  public static LeaseKeeper start(
      CuratorFramework client,
      Topology topology,
      String cell,
      Secrets.Credentials keeper,
      MeterRegistry metrics) {
    return start(client, topology, cell, keeper, Optional.empty(), () -> 0, metrics);
  }

  /**
   * As {@link #start(CuratorFramework, Topology, String, Secrets.Credentials, MeterRegistry)}.
   *
   * @param failsafe the other proof, if failsafe mode is on
   * @param routeEpoch of the route table that this process has applied; the highest is kept in the
   *     cell's database
   */
  public static LeaseKeeper start(
      CuratorFramework client,
      Topology topology,
      String cell,
      Secrets.Credentials keeper,
      Optional<FailsafeMode> failsafe,
      LongSupplier routeEpoch,
      MeterRegistry metrics) {
    LeaseKeeper started =
        new LeaseKeeper(
            client, topology, topology.cell(cell), keeper, failsafe, routeEpoch, metrics);
    started.thread.start();
    return started;
  }

  /** Whether the lease was last extended without ZooKeeper. For metrics and health only. */
  public boolean inFailsafe() {
    return inFailsafe;
  }

  /**
   * How long the lease still runs as far as this keeper knows; zero if it is over. For metrics and
   * health only: who may write is decided in the database.
   */
  public Duration remaining() {
    Duration left = Duration.ofNanos(endsAtNanos - System.nanoTime());
    return left.isNegative() ? Duration.ZERO : left;
  }

  private void run() {
    long periodNanos = lease.toNanos() / 8;
    try {
      long wait = 0;
      while (!closing.await(wait, TimeUnit.NANOSECONDS)) {
        long from = System.nanoTime();
        renew();
        wait = Math.max(periodNanos / 4, periodNanos - (System.nanoTime() - from));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      row.close();
    }
  }

  private void renew() throws InterruptedException {
    try {
      LeaseRow.Content content = row.read();
      ClockWatch.Verdict verdict = clock.observe(content.now());
      Optional<Close> close = rules.mustClose(verdict, content.now(), content.expiresAt());
      if (close.isPresent()) {
        clock.distrust();
        row.end();
        endsAtNanos = System.nanoTime();
        told(close.get());
        return;
      }
      know(content.now(), content.expiresAt());
      Decision decision = decide(verdict, content.now());
      if (decision instanceof Extend extend) {
        row.extend(extend.until());
        know(content.now(), extend.until());
      }
      told(decision);
    } catch (SQLException e) {
      told(
          new LeaseRules.Hold(
              "database_unavailable", "the database can't be reached: " + e.getMessage()));
    } catch (RuntimeException e) {
      log.error("{} lease: a renewal failed", cell.name(), e);
      told(new LeaseRules.Hold("failed", e.toString()));
    }
  }

  /** Asks ZooKeeper, and the other datacenters if it does not answer; each later than the clock. */
  private Decision decide(ClockWatch.Verdict verdict, ClockReading now)
      throws InterruptedException, SQLException {
    epochs.sawRoutes(routeEpoch.getAsLong());
    // While it is away, what it is waited for is lost to the lease that the others allow.
    Optional<StateProof.Proof> proved = proof.within(lease.dividedBy(inFailsafe ? 8 : 4));
    Optional<DatacenterState> state = proved.map(StateProof.Proof::state);
    long highest = state.isPresent() ? epochs.sawState(state.get().epoch()) : 0;
    boolean usable = state.isPresent() && state.get().epoch() >= highest;
    if (usable) {
      failsafe.ifPresent(mode -> mode.proved(proved.orElseThrow()));
    } else if (verdict == ClockWatch.Verdict.TRUSTED && failsafe.isPresent()) {
      List<String> missing = failsafe.get().ask(lease.dividedBy(8));
      if (missing.isEmpty() || proved.isEmpty()) {
        return rules.decideInFailsafe(now, missing);
      }
    }
    return rules.decide(verdict, now, state, highest);
  }

  private void know(ClockReading now, Instant expiresAt) {
    endsAtNanos = now.monotonicNanos() + Duration.between(now.database(), expiresAt).toNanos();
  }

  /** Counts every outcome, logs each change of it. */
  private void told(Decision decision) {
    String outcome = decision.outcome();
    metrics.counter("hc.lease.renewals", "outcome", outcome).increment();
    boolean news = !outcome.equals(lastOutcome);
    lastOutcome = outcome;
    tellFailsafe(decision);
    if (decision instanceof Extend extend) {
      if (news && !extend.inFailsafe()) {
        log.info("{} lease: renewed", cell.name());
      }
    } else if (decision instanceof Close close) {
      log.error("{} lease: CLOSED, {}", cell.name(), close.reason());
    } else if (decision instanceof LeaseRules.Hold hold && news) {
      log.warn(
          "{} lease: not renewed, {}; it runs for another {} ms",
          cell.name(),
          hold.reason(),
          remaining().toMillis());
    }
  }

  private void tellFailsafe(Decision decision) {
    boolean before = inFailsafe;
    inFailsafe = decision instanceof Extend extend && extend.inFailsafe();
    if (inFailsafe && !before) {
      log.warn(
          "{} lease: FAILSAFE MODE begins: ZooKeeper gives no proof, every other datacenter confirms"
              + " that nobody fails this one over",
          cell.name());
    } else if (before && !inFailsafe) {
      log.warn("{} lease: failsafe mode ends: {}", cell.name(), decision.outcome());
    }
  }

  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
    try {
      thread.join(lease.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
