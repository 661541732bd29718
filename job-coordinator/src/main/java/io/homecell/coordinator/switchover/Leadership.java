package io.homecell.coordinator.switchover;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.Coordinated;
import io.homecell.coordinator.epochs.EpochGuard;
import io.homecell.core.route.RouteStore;
import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderLatchListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which coordinator leads, at {@code /homecell/coordinators}; a participant's id is the address of
 * its admin API. Leading means: the deployment's first records are written, the operation under way
 * is driven, rows that are behind are opened.
 *
 * <p>Two may believe to lead for a moment; nothing here relies on the contrary. Safe for any number
 * of threads.
 */
public final class Leadership implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Leadership.class);
  private static final String PATH = "/homecell/coordinators";
  private static final Duration LOOK_EACH = Duration.ofMillis(500);
  private static final Duration GUARD_EACH = Duration.ofSeconds(3);

  private final CuratorFramework client;
  private final String adminUrl;
  private final LeaderProbe probe;
  private volatile LeaderLatch latch;
  private final Bootstrap bootstrap;
  private final FenceRepair repair;
  private final Operations operations;
  private final Runnable idleDuty;
  private final EpochGuard guard;
  private final ScheduledExecutorService duties =
      Executors.newSingleThreadScheduledExecutor(task -> daemon(task, "leader duties"));

  /** Of its own: a cell that does not answer must not delay a change of leader. */
  private final ExecutorService elections =
      Executors.newSingleThreadExecutor(task -> daemon(task, "leader election"));

  private volatile Optional<String> waitsFor = Optional.empty();
  private boolean prepared;
  private long guardedAtNanos = System.nanoTime();

  /**
   * @param adminUrl the address of this coordinator's admin API
   * @param topologyText the text of the topology file
   * @param guard says whether ZooKeeper is to be trusted; as long as it does not, this coordinator
   *     operates nothing
   * @param idleDuty done again and again while this coordinator leads and no operation is under way
   */
  public Leadership(
      CuratorFramework client,
      String adminUrl,
      Topology topology,
      String topologyText,
      CellConnections connections,
      CellReader reader,
      Operations operations,
      EpochGuard guard,
      Runnable idleDuty) {
    this.client = client;
    this.adminUrl = adminUrl;
    this.probe = new LeaderProbe(client, PATH, adminUrl);
    this.latch = new LeaderLatch(client, PATH, adminUrl);
    this.bootstrap = new Bootstrap(client, topology, topologyText, reader);
    this.repair =
        new FenceRepair(topology, new OperationStore(client), new RouteStore(client), connections);
    this.operations = operations;
    this.guard = guard;
    this.idleDuty = idleDuty;
  }

  /**
   * Takes part in the election.
   *
   * @throws io.homecell.core.process.ConfigurationException if the topology does not fit the
   *     deployment
   */
  public void start() {
    bootstrap.checkTopology();
    ScheduledFuture<?> duty =
        duties.scheduleWithFixedDelay(
            this::lookAfter, 0, LOOK_EACH.toMillis(), TimeUnit.MILLISECONDS);
    try {
      takePart();
    } catch (RuntimeException e) {
      duty.cancel(true);
      throw e;
    }
  }

  private void takePart() {
    latch.addListener(
        new LeaderLatchListener() {
          @Override
          public void isLeader() {
            log.info("this coordinator leads");
            operations.lead(Leadership.this::mayLead);
          }

          @Override
          public void notLeader() {
            log.info("this coordinator does not lead any more");
            operations.follow();
          }
        },
        elections);
    try {
      latch.start();
    } catch (Exception e) {
      throw Coordinated.failed("can't take part in " + PATH, e);
    }
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private void lookAfter() {
    try {
      if (!latch.hasLeadership()) {
        prepared = false;
        guard.forget();
        probe.look();
        return;
      }
      if (isDeposed()) {
        stepDown();
        return;
      }
      if (!prepared) {
        bootstrap.publishTopology();
        bootstrap.recordDatacenters();
        bootstrap.agreeOnFailsafe().ifPresent(log::error);
        Optional<String> before = waitsFor;
        waitsFor = bootstrap.createRoutes();
        if (waitsFor.isPresent() && !waitsFor.equals(before)) {
          log.warn("waiting: {}", waitsFor.get());
        }
        guard.look();
        prepared = waitsFor.isEmpty();
      } else {
        lookAround();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      log.warn("leader duties: {}", e.toString());
    }
  }

  private void lookAround() {
    if (System.nanoTime() - guardedAtNanos > GUARD_EACH.toNanos() || !guard.isClean()) {
      guard.look();
      guardedAtNanos = System.nanoTime();
    }
    if (!guard.isClean()) {
      return;
    }
    repair.run();
    if (operations.underWay().isEmpty()) {
      idleDuty.run();
    }
  }

  /** Another coordinator has found this one's port closed. */
  private boolean isDeposed() throws Exception {
    String own = latch.getOurPath();
    return own != null && client.checkExists().forPath(own) == null;
  }

  private boolean mayLead() {
    try {
      return guard.isClean() && latch.hasLeadership() && !isDeposed();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (Exception e) {
      throw Coordinated.failed("can't tell whether this coordinator leads", e);
    }
  }

  private void stepDown() throws IOException {
    log.warn("this coordinator was deposed: its admin port did not answer");
    operations.follow();
    latch.close(LeaderLatch.CloseMode.SILENT);
    latch = new LeaderLatch(client, PATH, adminUrl);
    takePart();
  }

  /** What the deployment waits for before its first route table. */
  public Optional<String> waitsFor() {
    return waitsFor;
  }

  public boolean isLeader() {
    return latch.hasLeadership();
  }

  /** The address of the leader's admin API, if there is a leader. */
  public Optional<String> leaderUrl() {
    try {
      return Optional.of(latch.getLeader().getId()).filter(id -> !id.isEmpty());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    } catch (Exception e) {
      log.debug("leader not known: {}", e.toString());
      return Optional.empty();
    }
  }

  /** By what this leader sees that ZooKeeper was restored from an old copy; empty if it was not. */
  public List<String> epochsWentBack() {
    return guard.findings();
  }

  @Override
  public void close() throws IOException {
    operations.close();
    latch.close(LeaderLatch.CloseMode.SILENT);
    duties.shutdownNow();
    elections.shutdownNow();
  }
}
