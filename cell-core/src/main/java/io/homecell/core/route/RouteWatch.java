package io.homecell.core.route;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.slot.Slots;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The route table of ZooKeeper, followed.
 *
 * <p>A watch tells of a change at once; the table is read again after each reconnect and every few
 * seconds besides, so a lost event delays it but can't lose it. Such a read comes after a {@code
 * sync}, since a server that lags behind its leader would confirm an old table for as long as it
 * lags (ZooKeeper Programmer's Guide, "Consistency Guarantees"); only it makes the table's {@link
 * #age} young again. The table never goes to a lower epoch, whichever server is read. While
 * ZooKeeper is away the last table stays, also over a restart (a copy on disk). {@link #current()}
 * is one volatile read. Safe for any number of threads.
 */
public final class RouteWatch implements Routes, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RouteWatch.class);

  /** How often the table is read without being told to. */
  private static final Duration READ_EACH = Duration.ofSeconds(5);

  /** How soon a failed read is tried again. */
  private static final Duration READ_AGAIN_AFTER = Duration.ofMillis(500);

  /** With a copy on disk, how long a start waits for the table of ZooKeeper. */
  private static final Duration PREFER_COPY_AFTER = Duration.ofSeconds(3);

  private final CuratorFramework client;
  private final LastGoodCopy copy;
  private final Slots slots;
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService thread;
  private final CuratorWatcher watcher = event -> read(Optional.empty());
  private final ConnectionStateListener reconnected = this::connectionChanged;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final AtomicBoolean againPending = new AtomicBoolean();
  private final NewestTable newest = new NewestTable();
  private volatile long confirmedAtNanos = System.nanoTime();

  /** How far behind what is known the last table of ZooKeeper was; 0 if it was not. */
  private volatile long wentBackBy;

  private volatile boolean closed;

  private RouteWatch(CuratorFramework client, Path lastGoodCopy, Slots slots) {
    this.client = client;
    this.slots = slots;
    this.copy = new LastGoodCopy(lastGoodCopy, slots);
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread routes = new Thread(task, "routes");
              routes.setDaemon(true);
              return routes;
            });
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.thread = executor;
  }

  /**
   * Follows the table; returns when the first one is known. Works with a client that is not
   * connected, if there is a copy on disk.
   *
   * @param lastGoodCopy the file of this process that keeps the newest table
   * @param slots of the deployment: a table of another count is ignored
   * @param firstTableWithin how long to wait for the first table if there is no copy
   * @throws CoordinationException if no table is known by then
   */
  @SuppressWarnings("FutureReturnValueIgnored") // confirm() never throws
  public static RouteWatch start(
      CuratorFramework client, Path lastGoodCopy, Slots slots, Duration firstTableWithin) {
    RouteWatch watch = new RouteWatch(client, lastGoodCopy, slots);
    client.getConnectionStateListenable().addListener(watch.reconnected);
    watch.thread.scheduleWithFixedDelay(
        watch::confirm, 0, READ_EACH.toMillis(), TimeUnit.MILLISECONDS);
    try {
      watch.awaitFirst(firstTableWithin);
      return watch;
    } catch (RuntimeException e) {
      watch.close();
      throw e;
    }
  }

  /**
   * Adds {@code hc_route_epoch}, {@code hc_route_age_seconds} and {@code hc_route_epoch_went_back}
   * to a registry.
   */
  public RouteWatch metered(MeterRegistry metrics) {
    metrics.gauge("hc.route.epoch", this, watch -> watch.current().epoch());
    metrics.gauge("hc.route.epoch.went.back", this, watch -> watch.wentBackBy);
    metrics.gauge("hc.route.age.seconds", this, watch -> watch.age().toMillis() / 1000.0);
    return this;
  }

  /**
   * How long ago ZooKeeper confirmed for the last time that nothing newer is known, counted from
   * the question; since the start if it never did.
   */
  @Override
  public Duration age() {
    return Duration.ofNanos(System.nanoTime() - confirmedAtNanos);
  }

  @Override
  public RouteTable current() {
    RouteTable now = newest.get();
    if (now == null) {
      throw new IllegalStateException("no route table yet");
    }
    return now;
  }

  @Override
  public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost)
      throws InterruptedException {
    RouteTable now = current();
    if (reached(now, slot, slotEpoch)) {
      return now;
    }
    long nanos = atMost.toNanos();
    lock.lockInterruptibly();
    try {
      while (!reached(current(), slot, slotEpoch) && nanos > 0 && !closed) {
        nanos = changed.awaitNanos(nanos);
      }
      return current();
    } finally {
      lock.unlock();
    }
  }

  private static boolean reached(RouteTable now, int slot, long slotEpoch) {
    SlotRoute route = now.of(slot);
    return route.epoch() >= slotEpoch && !route.isMoving();
  }

  @Override
  public AutoCloseable onChange(Listener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  private void awaitFirst(Duration within) {
    Optional<RouteTable> copied = copy.read();
    Duration patience =
        copied.isPresent() && within.compareTo(PREFER_COPY_AFTER) > 0 ? PREFER_COPY_AFTER : within;
    long nanos = patience.toNanos();
    lock.lock();
    try {
      while (newest.get() == null && nanos > 0) {
        nanos = changed.awaitNanos(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CoordinationException("interrupted while waiting for the first route table", e);
    } finally {
      lock.unlock();
    }
    copied.ifPresent(this::applyCopy);
    if (newest.get() == null) {
      throw new CoordinationException(
          "no route table at "
              + RouteStore.PATH
              + " within "
              + within.toMillis()
              + " ms, and no copy on disk");
    }
  }

  private void applyCopy(RouteTable copied) {
    RouteTable now = newest.get();
    if (now == null) {
      log.warn("routes: ZooKeeper does not answer, epoch {} of the copy is used", copied.epoch());
      apply(copied);
    } else if (now.epoch() < copied.epoch()) {
      // A table of ZooKeeper that is older than what this process has already obeyed.
      log.error(
          "routes: EPOCH_WENT_BACK, ZooKeeper holds epoch {}, this process knew {}: the copy is used"
              + " until ZooKeeper catches up",
          now.epoch(),
          copied.epoch());
      apply(copied);
    }
  }

  private void connectionChanged(CuratorFramework ignored, ConnectionState state) {
    if (state == ConnectionState.CONNECTED || state == ConnectionState.RECONNECTED) {
      confirm();
    } else if (state == ConnectionState.LOST) {
      log.warn("routes: no session with ZooKeeper, the table is kept as it is");
    }
  }

  /** Reads what no server can lag behind of, in the background; never throws. */
  private void confirm() {
    if (closed) {
      return;
    }
    long askedAtNanos = System.nanoTime();
    try {
      client
          .sync()
          .inBackground((c, event) -> execute(() -> synced(event, askedAtNanos)))
          .forPath(RouteStore.PATH);
    } catch (Exception e) {
      readFailed(e.toString());
    }
  }

  private void synced(CuratorEvent event, long askedAtNanos) {
    KeeperException.Code code = KeeperException.Code.get(event.getResultCode());
    if (code == KeeperException.Code.OK) {
      read(Optional.of(askedAtNanos));
    } else {
      readFailed("sync: " + code);
    }
  }

  /**
   * Reads the table and sets the watch again, in the background; never throws.
   *
   * @param syncedAtNanos up to when the server that is asked has caught up; empty if not known
   */
  private void read(Optional<Long> syncedAtNanos) {
    if (closed) {
      return;
    }
    try {
      client
          .getData()
          .usingWatcher(watcher)
          .inBackground((c, event) -> execute(() -> answered(event, syncedAtNanos)))
          .forPath(RouteStore.PATH);
    } catch (Exception e) {
      readFailed(e.toString());
    }
  }

  private void answered(CuratorEvent event, Optional<Long> syncedAtNanos) {
    KeeperException.Code code = KeeperException.Code.get(event.getResultCode());
    if (code == KeeperException.Code.OK) {
      received(event.getData(), syncedAtNanos);
    } else if (code == KeeperException.Code.NONODE) {
      watchForCreation();
    } else {
      readFailed(String.valueOf(code));
    }
  }

  private void watchForCreation() {
    try {
      client.checkExists().usingWatcher(watcher).inBackground().forPath(RouteStore.PATH);
    } catch (Exception e) {
      readFailed(e.toString());
    }
    // The node may have come between the read and the watch.
    again();
  }

  private void readFailed(String why) {
    if (!closed) {
      log.debug("routes: not read: {}", why);
      again();
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // confirm() never throws
  private void again() {
    // One at a time: else each regular read of a long outage would start a chain of its own.
    if (!againPending.compareAndSet(false, true)) {
      return;
    }
    try {
      thread.schedule(
          () -> {
            againPending.set(false);
            confirm();
          },
          READ_AGAIN_AFTER.toMillis(),
          TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException isClosed) {
      // nothing is read after close
    }
  }

  private void execute(Runnable task) {
    try {
      thread.execute(task);
    } catch (RejectedExecutionException isClosed) {
      // nothing is applied after close
    }
  }

  private void received(byte[] bytes, Optional<Long> syncedAtNanos) {
    RouteTable newer;
    try {
      newer = RouteTableJson.read(new String(bytes, StandardCharsets.UTF_8));
      if (!newer.slots().equals(slots)) {
        throw new IllegalArgumentException(
            "slots: " + newer.slots().count() + " (expected: " + slots.count() + ")");
      }
    } catch (IllegalArgumentException e) {
      log.error("routes: what ZooKeeper holds is ignored: {}", e.getMessage());
      return;
    }
    RouteTable now = newest.get();
    if (now != null && newer.epoch() < now.epoch()) {
      wentBack(newer.epoch(), now.epoch());
      return;
    }
    wentBackBy = 0;
    syncedAtNanos.ifPresent(nanos -> confirmedAtNanos = Math.max(confirmedAtNanos, nanos));
    if (now == null || newer.epoch() > now.epoch()) {
      apply(newer);
      copy.write(newer);
    } else if (!newer.equals(now)) {
      log.error("routes: two tables of epoch {}; the first is kept", now.epoch());
    }
  }

  /** The first time it may be a server that lags; it will have caught up by the next read. */
  private void wentBack(long theirs, long known) {
    boolean again = wentBackBy > 0;
    wentBackBy = known - theirs;
    if (again) {
      log.error(
          "routes: EPOCH_WENT_BACK, ZooKeeper holds epoch {}, {} is known: it was restored from an"
              + " old copy; the known table stays; see `cellctl routes raise`",
          theirs,
          known);
    } else {
      log.warn("routes: epoch {} is ignored, {} is known already", theirs, known);
    }
  }

  /** Makes a table the current one, unless a newer one came first. */
  private void apply(RouteTable newer) {
    lock.lock();
    try {
      if (!newest.offer(newer)) {
        return;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    log.info("routes: epoch {}, slots by owner {}", newer.epoch(), newer.slotCountByOwner());
    for (Listener listener : listeners) {
      try {
        listener.changed(newer);
      } catch (RuntimeException e) {
        log.error("routes: a listener failed at epoch {}", newer.epoch(), e);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    client.getConnectionStateListenable().removeListener(reconnected);
    // Not interrupted: it may be writing the copy.
    thread.shutdown();
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
