package io.homecell.coordinator.jobs;

import io.homecell.coordinator.jobs.JobProof.Proof;
import io.homecell.core.topology.Topology;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's part in one unit: proves again and again that it may run it, schedules it while it
 * may, makes up for what was missed, and acknowledges when it runs nothing any more.
 *
 * <p>Invariant upheld: nothing begins without a lease, and what goes on when the lease is over is
 * interrupted; its transactions carry the epoch of the ownership, so what can't be interrupted is
 * refused by the databases.
 */
final class JobWorker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(JobWorker.class);
  private static final long WATCH_MILLIS = 50;

  private final Topology topology;
  private final JobUnit unit;
  private final String datacenter;
  private final JobLease lease;
  private final JobProof proof;
  private final RunExecution execution;
  private final Duration period;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;
  private final ExecutorService runs =
      Executors.newSingleThreadExecutor(task -> daemon(task, "run"));
  private final ScheduledExecutorService watch =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "lease"));
  private Optional<ElasticSchedule> schedule = Optional.empty();
  private long scheduledEpoch;

  private JobWorker(
      CuratorFramework client,
      Topology topology,
      JobUnit unit,
      String instance,
      String datacenter,
      JobWork work,
      Clock clock) {
    this.topology = topology;
    this.unit = unit;
    this.datacenter = datacenter;
    this.lease = new JobLease(JobLease.lengthFor(topology.coordination().sessionTimeout()));
    this.proof = new JobProof(client, topology, unit, instance, datacenter);
    this.execution = new RunExecution(client, unit, instance, datacenter, work, lease, clock);
    this.period = lease.length().dividedBy(8);
    this.thread = daemon(this::loop, "owner");
  }

  private Thread daemon(Runnable task, String what) {
    Thread started = new Thread(task, "job " + what);
    started.setDaemon(true);
    return started;
  }

  @SuppressWarnings("FutureReturnValueIgnored") // never throws
  static JobWorker start(
      CuratorFramework client,
      Topology topology,
      JobUnit unit,
      String instance,
      String datacenter,
      JobWork work,
      Clock clock) {
    JobWorker worker = new JobWorker(client, topology, unit, instance, datacenter, work, clock);
    worker.watch.scheduleWithFixedDelay(
        worker.execution::interruptIfOver, WATCH_MILLIS, WATCH_MILLIS, TimeUnit.MILLISECONDS);
    worker.thread.start();
    return worker;
  }

  private void loop() {
    try {
      while (!closing.await(period.toMillis(), TimeUnit.MILLISECONDS)) {
        step();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lease.stopAccepting();
      unschedule();
    }
  }

  private void step() throws InterruptedException {
    try {
      Optional<Proof> proven = proof.ask();
      if (proven.isPresent()) {
        judge(proven.get());
      }
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      // Without a proof the lease runs out by itself.
      log.debug("job {}: no proof: {}", unit.name(), e.toString());
      if (!lease.isAccepting()) {
        unschedule();
      }
    }
  }

  private void judge(Proof proven) throws Exception {
    JobOwner owner = proven.owner();
    if (owner.isActiveIn(datacenter) && proven.runnable()) {
      lease.extend(proven.askedNanos(), proven.session(), owner.epoch());
      if (schedule.isEmpty() || scheduledEpoch != owner.epoch()) {
        unschedule();
        execution.lookSoon();
        schedule(owner.epoch());
      }
      proof.acknowledge(owner.epoch(), false, proven.session());
      // What was missed: before this ownership, during a pause of the schedule, or after a failure.
      makeUp();
      return;
    }
    lease.stopAccepting();
    unschedule();
    // Asked after the lease has stopped accepting: what is idle now stays idle.
    if (!execution.isRunning()) {
      proof.acknowledge(owner.epoch(), true, proven.session());
    }
  }

  private void makeUp() {
    if (execution.isLookDue() && !execution.isRunning()) {
      runs.execute(execution::runDue);
    }
  }

  private void schedule(long epoch) {
    try {
      schedule =
          Optional.of(ElasticSchedule.start(topology, unit, datacenter, epoch, execution::runDue));
      scheduledEpoch = epoch;
      log.info("job {}: scheduled in {}, epoch {}", unit.name(), datacenter, epoch);
    } catch (RuntimeException e) {
      log.warn("job {}: can't be scheduled: {}", unit.name(), e.toString());
    }
  }

  private void unschedule() {
    schedule.ifPresent(
        running -> {
          try {
            running.close();
          } catch (RuntimeException e) {
            log.debug("job {}: schedule did not close cleanly: {}", unit.name(), e.toString());
          }
          log.info("job {}: not scheduled in {} any more", unit.name(), datacenter);
        });
    schedule = Optional.empty();
  }

  @Override
  public void close() {
    closing.countDown();
    lease.stopAccepting();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
      runs.shutdownNow();
      runs.awaitTermination(2, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    watch.shutdownNow();
  }
}
