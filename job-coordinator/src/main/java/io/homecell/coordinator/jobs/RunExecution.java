package io.homecell.coordinator.jobs;

import io.homecell.coordinator.jobs.JobStore.StoredRun;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs what is due of one unit, one after another.
 *
 * <p>Invariants upheld: at most one run of a unit at a time anywhere (the node {@code running} is
 * held in the session that the lease is bound to, and the lease is over before that session is);
 * each due moment has one record, and a record that is done is never run again.
 */
final class RunExecution {
  private static final Logger log = LoggerFactory.getLogger(RunExecution.class);

  /** The schedule triggers at the moment itself; this is for what it misses, and for retries. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

  /** A run under way: who has to end it when its lease is over. */
  private record UnderWay(Thread thread, long session, long epoch) {}

  private final CuratorFramework client;
  private final JobStore store;
  private final JobUnit unit;
  private final String instance;
  private final String datacenter;
  private final DueRuns dueRuns;
  private final JobWork work;
  private final JobLease lease;
  private final Clock clock;
  private final AtomicReference<@Nullable UnderWay> underWay = new AtomicReference<>();

  /** Not to be looked for due runs before, except when the schedule says so. */
  private volatile Instant nextLook = Instant.EPOCH;

  RunExecution(
      CuratorFramework client,
      JobUnit unit,
      String instance,
      String datacenter,
      JobWork work,
      JobLease lease,
      Clock clock) {
    this.client = client;
    this.store = new JobStore(client);
    this.unit = unit;
    this.instance = instance;
    this.datacenter = datacenter;
    this.dueRuns = DueRuns.of(unit.job().cron(), unit.catchesUp());
    this.work = work;
    this.lease = lease;
    this.clock = clock;
  }

  /** Whether it is time to look for runs that the schedule has not triggered. */
  boolean isLookDue() {
    return !clock.instant().isBefore(nextLook);
  }

  /** A new ownership: what came due elsewhere is not known here. */
  void lookSoon() {
    nextLook = Instant.EPOCH;
  }

  /** Whether something runs here, whatever its lease says. */
  boolean isRunning() {
    return underWay.get() != null;
  }

  /** Interrupts a run whose lease is over. */
  void interruptIfOver() {
    UnderWay run = underWay.get();
    if (run != null && !lease.isHeldFor(run.session(), run.epoch())) {
      log.warn("job {}: the lease is over, its run is interrupted", unit.name());
      run.thread().interrupt();
    }
  }

  /** Runs everything that is due; returns at once if something runs here already. */
  void runDue() {
    UnderWay mine = new UnderWay(Thread.currentThread(), lease.session(), lease.epoch());
    if (!lease.isAccepting() || !underWay.compareAndSet(null, mine)) {
      return;
    }
    try {
      boolean more = true;
      while (more && lease.isAccepting() && lease.isHeldFor(mine.session(), mine.epoch())) {
        more = runNext(mine);
      }
    } catch (Exception e) {
      log.warn("job {}: {}", unit.name(), e.toString());
    } finally {
      underWay.set(null);
      // An interruption was meant for the run, not for the thread's next task.
      if (Thread.interrupted()) {
        log.debug("job {}: interrupted", unit.name());
      }
    }
  }

  private boolean runNext(UnderWay mine) throws Exception {
    nextLook = clock.instant().plus(LOOK_AGAIN);
    if (nextDue().isEmpty() || !hold(mine)) {
      return false;
    }
    try {
      // Again, now that nobody else runs: the one before may have just done it.
      List<StoredRun> runs = store.runs(unit);
      Optional<Instant> due = nextDue(runs);
      if (due.isEmpty() || !lease.isHeldFor(mine.session(), mine.epoch())) {
        return false;
      }
      boolean done = run(due.get(), runs, mine);
      store.prune(unit, runs);
      return done;
    } finally {
      release(mine);
    }
  }

  private Optional<Instant> nextDue() {
    return nextDue(store.runs(unit));
  }

  private Optional<Instant> nextDue(List<StoredRun> runs) {
    Instant began = store.began(unit).orElseGet(clock::instant);
    return dueRuns.due(began, runs.stream().map(StoredRun::run).toList(), clock.instant()).stream()
        .findFirst();
  }

  /** Takes the node that says that something runs; in the lease's session or not at all. */
  private boolean hold(UnderWay mine) throws Exception {
    String path = JobStore.runningPath(unit);
    try {
      client
          .create()
          .creatingParentsIfNeeded()
          .withMode(CreateMode.EPHEMERAL)
          .forPath(path, JobStore.bytes(instance));
    } catch (KeeperException.NodeExistsException exists) {
      // Another's, or one of this session that could not be released: only this run is under way.
      log.debug("job {}: something runs", unit.name());
    }
    Stat stat = client.checkExists().forPath(path);
    if (stat != null && stat.getEphemeralOwner() == mine.session()) {
      return true;
    }
    release(mine);
    return false;
  }

  private void release(UnderWay mine) throws Exception {
    // The interruption of a run must not keep its node.
    boolean interrupted = Thread.interrupted();
    String path = JobStore.runningPath(unit);
    try {
      Stat stat = client.checkExists().forPath(path);
      long session = client.getZookeeperClient().getZooKeeper().getSessionId();
      boolean ours =
          stat != null
              && (stat.getEphemeralOwner() == mine.session()
                  || stat.getEphemeralOwner() == session);
      if (ours) {
        client.delete().withVersion(stat.getVersion()).forPath(path);
      }
    } catch (KeeperException.NoNodeException gone) {
      log.debug("job {}: its node is gone", unit.name());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Whether the next one may follow at once. */
  private boolean run(Instant due, List<StoredRun> runs, UnderWay mine) {
    Optional<StoredRun> before =
        runs.stream().filter(one -> one.run().dueAt().equals(due)).findFirst();
    Optional<Instant> lastDone =
        runs.stream()
            .map(StoredRun::run)
            .filter(run -> run.state() == JobRun.State.DONE)
            .map(JobRun::dueAt)
            .max(Instant::compareTo);
    JobRun run =
        new JobRun(
            due,
            clock.instant(),
            Optional.empty(),
            datacenter,
            unit.cell(),
            instance,
            mine.epoch(),
            before.map(one -> one.run().attempt()).orElse(0) + 1,
            JobRun.State.RUNNING,
            "");
    OptionalInt version =
        store.write(
            unit,
            run,
            before.map(one -> OptionalInt.of(one.version())).orElse(OptionalInt.empty()));
    if (version.isEmpty()) {
      return false;
    }
    try {
      String detail =
          work.run(new JobWork.Due(unit.job().name(), unit.cell(), due, mine.epoch(), lastDone));
      store.write(unit, run.ended(clock.instant(), JobRun.State.DONE, detail), version);
      log.info("job {}: due {} done, epoch {}: {}", unit.name(), due, mine.epoch(), detail);
      return true;
    } catch (Exception e) {
      boolean interrupted = Thread.interrupted() || e instanceof InterruptedException;
      String detail = interrupted ? "interrupted: the lease was over" : e.toString();
      log.warn("job {}: due {} failed, attempt {}: {}", unit.name(), due, run.attempt(), detail);
      store.write(unit, run.ended(clock.instant(), JobRun.State.FAILED, detail), version);
      return false;
    }
  }
}
