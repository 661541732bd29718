package io.homecell.sync.apply;

import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Applies planned transactions over several connections at once, in an order that {@link
 * DependencyTracker} allows. Several commits under way let the target's log write them as a group,
 * which is what bounds durable speed.
 *
 * <p>A transaction that the target refuses for good is parked: what depends on it waits, everything
 * else goes on, and it is tried again from time to time. Any other failure stops all lanes: what is
 * under way ends, what waits is dropped, and the pipeline starts anew from what the target has
 * executed.
 */
final class Lanes implements AutoCloseable {
  private static final long CLOSE_SECONDS = 35;

  /** Applied in one packet at most; more gains little, and makes others wait. */
  private static final int GROUP_MAX = 8;

  private static final long GROUP_BYTES_MAX = 64 << 10;

  /**
   * Transactions that the target refuses.
   *
   * @param why the first one's refusal, which names it
   * @param transactions how many
   */
  record Parked(ReplicationHaltedException why, int transactions) {}

  /** Told of each transaction after it was committed, on the lane's thread. */
  @FunctionalInterface
  interface Done {
    void done(Plan plan, Outcome outcome);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final DependencyTracker<Plan> tracker = new DependencyTracker<>();
  private final ArrayDeque<DependencyTracker.Node<Plan>> ready = new ArrayDeque<>();
  private final List<Thread> threads = new ArrayList<>();
  private final List<TransactionApplier> appliers = new ArrayList<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Map<DependencyTracker.Node<Plan>, ReplicationHaltedException> parked =
      new LinkedHashMap<>();

  /** Those parked ones that are tried again just now. */
  private final Set<DependencyTracker.Node<Plan>> trying = new HashSet<>();

  private final Duration tryAgainEach;
  private final int pendingMax;
  private final long pendingBytesMax;
  private final Done done;
  private long pendingBytes;
  private long tryAgainAt;
  private boolean stopping;
  private int idle;
  private long barriers;
  private long barrierNanos;

  private Lanes(int pendingMax, long pendingBytesMax, Duration tryAgainEach, Done done) {
    this.tryAgainEach = tryAgainEach;
    this.pendingMax = pendingMax;
    this.pendingBytesMax = pendingBytesMax;
    this.done = done;
  }

  static Lanes start(
      String name,
      int count,
      int pendingMax,
      long pendingBytesMax,
      Duration tryAgainEach,
      CellDatabase target,
      TableShapes shapes,
      Origins origins,
      GtidSet window,
      Done done)
      throws SQLException {
    Lanes lanes = new Lanes(pendingMax, pendingBytesMax, tryAgainEach, done);
    try {
      for (int i = 0; i < count; i++) {
        TransactionApplier applier = TransactionApplier.open(target, shapes, origins, window);
        lanes.appliers.add(applier);
        Thread thread = new Thread(() -> lanes.run(applier), "apply-" + name + "-" + i);
        thread.setDaemon(true);
        lanes.threads.add(thread);
      }
    } catch (SQLException | RuntimeException e) {
      lanes.appliers.forEach(TransactionApplier::close);
      throw e;
    }
    lanes.threads.forEach(Thread::start);
    return lanes;
  }

  /** Completed, with the reason, when a lane has failed. */
  CompletableFuture<Void> ended() {
    return ended;
  }

  /** Hands over the next transaction in source order; waits for room. */
  void submit(Plan plan) throws InterruptedException {
    long bytes = plan.transaction().bytes();
    lock.lockInterruptibly();
    try {
      while (!stopping
          && (tracker.unfinished() >= pendingMax
              || (pendingBytes > 0 && pendingBytes + bytes > pendingBytesMax))) {
        room.await();
      }
      if (stopping) {
        throw new InterruptedException("the lanes are stopping");
      }
      pendingBytes += bytes;
      DependencyTracker.Node<Plan> node = tracker.admit(plan, plan.keys());
      if (node.ready()) {
        ready.add(node);
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all that was handed over is done: a barrier for what is done besides the lanes. */
  void awaitIdle() throws InterruptedException {
    lock.lockInterruptibly();
    long began = System.nanoTime();
    barriers++;
    try {
      while (!stopping && tracker.unfinished() > 0) {
        room.await();
      }
      if (stopping) {
        throw new InterruptedException("the lanes are stopping");
      }
    } finally {
      barrierNanos += System.nanoTime() - began;
      lock.unlock();
    }
  }

  /** How many transactions are handed over and not yet done. */
  int pending() {
    lock.lock();
    try {
      return tracker.unfinished();
    } finally {
      lock.unlock();
    }
  }

  /** What is under way now, and what was waited for since the start. */
  ApplyLoad load() {
    long retries = appliers.stream().mapToLong(TransactionApplier::retries).sum();
    lock.lock();
    try {
      return new ApplyLoad(
          tracker.unfinished(),
          pendingBytes,
          Math.max(0, threads.size() - idle),
          retries,
          barriers,
          barrierNanos);
    } finally {
      lock.unlock();
    }
  }

  private void run(TransactionApplier applier) {
    try {
      List<DependencyTracker.Node<Plan>> group = next();
      while (!group.isEmpty()) {
        int applied = group.size() == 1 ? 0 : applier.applyTogether(plans(group), done);
        if (applied < group.size()) {
          DependencyTracker.Node<Plan> alone = group.get(applied);
          split(group, applied);
          group = applied(applier, alone) ? List.of(alone) : List.of();
        }
        group = completeAndNext(group);
      }
    } catch (InterruptedException e) {
      stop();
    } catch (SQLException | RuntimeException e) {
      stop();
      ended.completeExceptionally(e);
    }
  }

  /** Whether it is applied; else it is parked. */
  private boolean applied(TransactionApplier applier, DependencyTracker.Node<Plan> node)
      throws SQLException, InterruptedException {
    Outcome outcome;
    try {
      outcome = applier.apply(node.item());
    } catch (ReplicationHaltedException e) {
      if (e.reason() != Reason.TRANSACTION_REFUSED) {
        throw e; // it says something about more than this transaction
      }
      park(node, e);
      return false;
    }
    done.done(node.item(), outcome);
    return true;
  }

  private void park(DependencyTracker.Node<Plan> node, ReplicationHaltedException why) {
    lock.lock();
    try {
      if (parked.isEmpty()) {
        tryAgainAt = System.nanoTime() + tryAgainEach.toNanos();
      }
      parked.put(node, why);
      trying.remove(node);
      ready.addAll(tracker.park(node));
      work.signalAll(); // also those that wait without end: one of them has to try it again
    } finally {
      lock.unlock();
    }
  }

  /** What the target refuses now; empty if there is nothing. */
  Optional<Parked> parked() {
    lock.lock();
    try {
      return parked.values().stream().findFirst().map(why -> new Parked(why, parked.size()));
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. A refusal stays named until its transaction is applied. */
  private void tryParkedAgain() {
    long now = System.nanoTime();
    if (!parked.isEmpty() && now - tryAgainAt >= 0) {
      tryAgainAt = now + tryAgainEach.toNanos();
      parked.keySet().stream().filter(trying::add).forEach(ready::addFirst);
      work.signalAll();
    }
  }

  private static List<Plan> plans(List<DependencyTracker.Node<Plan>> group) {
    List<Plan> plans = new ArrayList<>(group.size());
    group.forEach(node -> plans.add(node.item()));
    return plans;
  }

  /** Completes those before an index, and gives those behind it to whoever is free. */
  private void split(List<DependencyTracker.Node<Plan>> group, int index) {
    if (group.size() == 1) {
      return;
    }
    lock.lock();
    try {
      group.subList(0, index).forEach(this::complete);
      for (int i = group.size() - 1; i > index; i--) {
        ready.addFirst(group.get(i));
      }
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private void complete(DependencyTracker.Node<Plan> node) {
    parked.remove(node);
    trying.remove(node);
    ready.addAll(tracker.complete(node));
    pendingBytes -= node.item().transaction().bytes();
    room.signal();
  }

  private List<DependencyTracker.Node<Plan>> completeAndNext(
      List<DependencyTracker.Node<Plan>> group) throws InterruptedException {
    lock.lock();
    try {
      int before = ready.size();
      group.forEach(this::complete);
      for (int i = before + 1; i < ready.size(); i++) {
        work.signal(); // this lane takes one itself
      }
      return next();
    } finally {
      lock.unlock();
    }
  }

  /** What a lane does next: one transaction, or several if there are more than lanes; or none. */
  private List<DependencyTracker.Node<Plan>> next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      idle++;
      tryParkedAgain();
      while (ready.isEmpty() && !stopping) {
        if (parked.isEmpty()) {
          work.await();
        } else if (work.awaitNanos(tryAgainAt - System.nanoTime()) <= 0) {
          tryParkedAgain();
        }
      }
      idle--;
      if (stopping) {
        return List.of();
      }
      List<DependencyTracker.Node<Plan>> group = new ArrayList<>();
      int most = Math.min(GROUP_MAX, ready.size() / threads.size());
      long bytes = 0;
      do {
        DependencyTracker.Node<Plan> node = ready.remove();
        bytes += node.item().transaction().bytes();
        group.add(node);
      } while (group.size() < most && bytes < GROUP_BYTES_MAX);
      return group;
    } finally {
      lock.unlock();
    }
  }

  private void stop() {
    lock.lock();
    try {
      stopping = true;
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets the transactions under way end, and drops those that wait. */
  @Override
  public void close() {
    stop();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    try {
      for (Thread thread : threads) {
        long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        thread.join(Math.max(1, left));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    appliers.forEach(TransactionApplier::close);
    ended.complete(null);
  }
}
