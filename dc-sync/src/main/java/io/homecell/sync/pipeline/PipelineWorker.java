package io.homecell.sync.pipeline;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.Participant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One worker's part in a pipeline: of all that could run it one is elected, the others stand by and
 * take over when its session ends, which is the coordination service's session timeout after it was
 * killed or cut off.
 *
 * <p>Nothing of what is applied depends on there being one (see {@link Duty}); it spares the source
 * a second reader and the target a second writer. Safe for any number of threads.
 */
final class PipelineWorker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PipelineWorker.class);
  private static final Duration LOOK_EACH = Duration.ofMillis(250);

  /** For the first answer of the coordination service. */
  private static final Duration PATIENCE = Duration.ofSeconds(3);

  private final PipelineSettings settings;
  private final String worker;
  private final CuratorFramework zookeeper;
  private final MeterRegistry registry;
  private final LeaderLatch latch;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Thread thread;
  private volatile Optional<Pipeline> running = Optional.empty();

  private PipelineWorker(
      PipelineSettings settings,
      String worker,
      CuratorFramework zookeeper,
      MeterRegistry registry) {
    this.settings = settings;
    this.worker = worker;
    this.zookeeper = zookeeper;
    this.registry = registry;
    this.latch = new LeaderLatch(zookeeper, Pipelines.LEADERS + settings.name(), worker);
    this.thread = new Thread(this::run, "worker-" + settings.name());
    this.thread.setDaemon(true);
    Gauge.builder("hc_sync_leader", this, self -> self.running.isPresent() ? 1 : 0)
        .description("1 if this worker runs the pipeline, 0 if it stands by")
        .tag("pipeline", settings.name())
        .register(registry);
  }

  /**
   * Takes part.
   *
   * @param worker its name, which no other worker of the deployment has
   */
  static PipelineWorker start(
      PipelineSettings settings,
      String worker,
      CuratorFramework zookeeper,
      MeterRegistry registry) {
    PipelineWorker started = new PipelineWorker(settings, worker, zookeeper, registry);
    try {
      started.latch.start();
    } catch (Exception e) {
      throw new IllegalStateException(settings.name() + ": can't take part in the election", e);
    }
    started.thread.start();
    return started;
  }

  String name() {
    return settings.name();
  }

  /** The pipeline, while this worker runs it. */
  Optional<Pipeline> running() {
    return running;
  }

  /** What this worker does about it. */
  PipelineStatus status() {
    return running.map(Pipeline::status).orElseGet(() -> PipelineStatus.standby(settings));
  }

  private void run() {
    long startedAt = System.nanoTime();
    boolean reached = false;
    try {
      do {
        Optional<String> leader = leader();
        reached |= leader.isPresent();
        boolean patienceOver = System.nanoTime() - startedAt > PATIENCE.toNanos();
        follow(Duty.of(leader, worker, reached, patienceOver));
      } while (!stopped.await(LOOK_EACH.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Empty while nobody is elected, or the coordination service is away. */
  private Optional<String> leader() throws InterruptedException {
    if (!zookeeper.getZookeeperClient().isConnected()) {
      return Optional.empty();
    }
    try {
      Participant leader = latch.getLeader();
      return leader.isLeader() ? Optional.of(leader.getId()) : Optional.empty();
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      LOG.debug("{}: the leader is not known: {}", settings.name(), e.toString());
      return Optional.empty();
    }
  }

  private void follow(Duty duty) {
    if (duty == Duty.RUN && running.isEmpty()) {
      LOG.info("{}: {} runs it", settings.name(), worker);
      running = Optional.of(Pipeline.start(settings, registry));
    } else if (duty == Duty.STAND_BY && running.isPresent()) {
      LOG.info("{}: {} stands by, another worker runs it", settings.name(), worker);
      stopPipeline();
    }
  }

  private void stopPipeline() {
    Optional<Pipeline> was = running;
    running = Optional.empty();
    was.ifPresent(Pipeline::close);
  }

  /** Begins to stop, without waiting. */
  void stop() {
    stopped.countDown();
    running.ifPresent(Pipeline::stop);
  }

  @Override
  public void close() {
    stop();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stopPipeline();
    try {
      latch.close(); // only now: whoever takes over finds nobody at work
    } catch (IOException | RuntimeException e) {
      LOG.debug("{}: leaving the election: {}", settings.name(), e.toString());
    }
  }
}
