package io.homecell.sync.pipeline;

import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.load.LoadRequests;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling;
import io.homecell.sync.verify.PipelineVerification;
import io.homecell.sync.verify.RepairApi;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This worker's part in every pipeline whose target is in its datacenter: from each other cell of
 * the target's group, and from the center cells of other groups' copy services. Publishes what each
 * that it runs does to ZooKeeper, each second, under {@value #ROOT}.
 */
public final class Pipelines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

  /** Where the pipelines' states are. */
  public static final String ROOT = "/homecell/sync/";

  /** Where the workers of each pipeline elect the one that runs it. */
  static final String LEADERS = "/homecell/sync-leaders/";

  private static final int FIRST_SERVER_ID = 1_000_000;

  /** Two workers that run the same pipeline for a moment must not end each other's reading. */
  private static final int SERVER_IDS_OF_A_CELL = 4_096;

  private final List<PipelineWorker> workers;
  private final Map<String, PipelineVerification> verifications;
  private final Map<String, LoadRequests> loads;
  private final List<RepairApi.Pair> pairs;
  private final String adminUrl;
  private final Map<String, EphemeralNode> nodes = new HashMap<>();
  private final ScheduledExecutorService publisher;

  private Pipelines(
      List<PipelineWorker> workers,
      Map<String, PipelineVerification> verifications,
      Map<String, LoadRequests> loads,
      List<RepairApi.Pair> pairs,
      String adminUrl) {
    this.pairs = List.copyOf(pairs);
    this.workers = List.copyOf(workers);
    this.verifications = Map.copyOf(verifications);
    this.loads = Map.copyOf(loads);
    this.adminUrl = adminUrl;
    this.publisher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "sync-status");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Takes part in them; each comes up in its own time.
   *
   * @param worker the name of this process, which no other of the deployment has
   * @param adminUrl where this process answers operators
   */
  public static Pipelines start(
      Topology topology,
      String datacenter,
      String worker,
      Credentials replication,
      CuratorFramework zookeeper,
      MeterRegistry registry,
      String adminUrl) {
    List<PipelineWorker> started = new ArrayList<>();
    Map<String, PipelineVerification> verifications = new HashMap<>();
    Map<String, LoadRequests> loads = new HashMap<>();
    List<RepairApi.Pair> pairs = new ArrayList<>();
    Throttling throttling = throttling(topology, replication);
    for (PipelineSettings plain : of(topology, datacenter, worker, replication)) {
      PipelineSettings settings = plain.withThrottling(throttling);
      started.add(PipelineWorker.start(settings, worker, zookeeper, registry));
      PipelineVerification verification =
          PipelineVerification.of(
              settings.source(),
              settings.target(),
              settings.carried(),
              zookeeper,
              throttling,
              registry);
      verifications.put(settings.name(), verification);
      if (settings.carried() instanceof CarriedTables.AllBut) {
        loads.put(settings.name(), new LoadRequests(settings.source(), settings.target()));
      }
      pairs.add(
          new RepairApi.Pair(
              settings.source(),
              settings.target(),
              verification,
              group(topology, settings.target().cell(), replication),
              settings.carried() instanceof CarriedTables.Copies
                  ? centersByService(topology)
                  : Map.of()));
    }
    Pipelines pipelines = new Pipelines(started, verifications, loads, pairs, adminUrl);
    // its task throws nothing, and ends with the executor
    ScheduledFuture<?> unused =
        pipelines.publisher.scheduleWithFixedDelay(
            () -> pipelines.publish(zookeeper), 0, 1, TimeUnit.SECONDS);
    return pipelines;
  }

  private static Map<String, String> centersByService(Topology topology) {
    return topology.copies().stream()
        .collect(Collectors.toMap(Service::name, copy -> topology.centerOf(copy).name()));
  }

  /** Every pipeline of the deployment, whoever runs it. */
  static Throttling throttling(Topology topology, Credentials replication) {
    return new Throttling(
        topology.replication().throttleLag(),
        topology.datacenters().keySet().stream()
            .flatMap(datacenter -> of(topology, datacenter, "", replication).stream())
            .map(each -> new Throttling.Link(each.source(), each.target()))
            .toList());
  }

  private static List<CellDatabase> group(Topology topology, String cell, Credentials replication) {
    return topology.cellsOfGroup(topology.cell(cell).group()).stream()
        .map(of -> new CellDatabase(of.name(), of.mysql(), replication))
        .toList();
  }

  /** The pipelines of a datacenter. */
  static List<PipelineSettings> of(
      Topology topology, String datacenter, String worker, Credentials replication) {
    int offset = Math.floorMod(worker.hashCode(), SERVER_IDS_OF_A_CELL);
    List<String> order = List.copyOf(topology.cells().keySet());
    List<PipelineSettings> all = new ArrayList<>();
    for (Topology.Cell target : topology.cellsIn(datacenter)) {
      int serverId = FIRST_SERVER_ID + order.indexOf(target.name()) * SERVER_IDS_OF_A_CELL + offset;
      for (Topology.Cell source : topology.cellsOfGroup(target.group())) {
        if (!source.equals(target)) {
          all.add(between(topology, source, target, serverId, replication));
        }
      }
      for (Topology.Cell center : centers(topology)) {
        if (!center.group().equals(target.group())) {
          all.add(
              between(topology, center, target, serverId, replication)
                  .withCopiesOf(copiesOf(topology, center.group())));
        }
      }
    }
    return all;
  }

  private static PipelineSettings between(
      Topology topology,
      Topology.Cell source,
      Topology.Cell target,
      int serverId,
      Credentials replication) {
    return PipelineSettings.of(
            new CellDatabase(source.name(), source.mysql(), replication),
            new CellDatabase(target.name(), target.mysql(), replication),
            serverId)
        .withCapture(topology.replication().capture());
  }

  private static List<Topology.Cell> centers(Topology topology) {
    return topology.copies().stream().map(topology::centerOf).distinct().toList();
  }

  /**
   * Of the whole group, whichever of its cells is the center: a transaction comes to another group
   * by the first of several ways, and must be the same on each.
   */
  private static SortedSet<String> copiesOf(Topology topology, String group) {
    return topology.copies().stream()
        .filter(copy -> topology.centerOf(copy).group().equals(group))
        .map(Service::name)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** What this worker does about each now. */
  public List<PipelineStatus> statuses() {
    return workers.stream().map(worker -> known(worker.name(), worker.status())).toList();
  }

  /** The verifications of each pipeline, by its name. */
  public Map<String, PipelineVerification> verifications() {
    return verifications;
  }

  /** The cells of each pipeline, for repairs. */
  public List<RepairApi.Pair> pairs() {
    return pairs;
  }

  /**
   * Whether this worker is the one to look after what a cell of this datacenter has kept: the one
   * that runs the first of the pipelines into it.
   */
  public boolean looksAfter(String cell) {
    return pairs.stream()
        .filter(pair -> pair.target().cell().equals(cell))
        .findFirst()
        .flatMap(pair -> find(pair.name()))
        .isPresent();
  }

  /** Whether this worker runs the pipeline of a name, and it is up with the source. */
  public boolean isStreaming(String name) {
    return find(name)
        .filter(pipeline -> pipeline.status().state() == PipelineStatus.State.STREAMING)
        .isPresent();
  }

  /** What begins the load of each pipeline's target, by the pipeline's name. */
  public Map<String, LoadRequests> loads() {
    return loads;
  }

  /** The pipeline of a name, while this worker runs it. */
  Optional<Pipeline> find(String name) {
    return workers.stream()
        .filter(worker -> worker.name().equals(name))
        .findFirst()
        .flatMap(PipelineWorker::running);
  }

  private PipelineStatus known(String pipeline, PipelineStatus status) {
    Optional<PipelineVerification> verification = Optional.ofNullable(verifications.get(pipeline));
    return status.with(
        adminUrl,
        verification.flatMap(PipelineVerification::last),
        verification.flatMap(PipelineVerification::throttled));
  }

  private void publish(CuratorFramework zookeeper) {
    for (PipelineWorker worker : workers) {
      try {
        Optional.ofNullable(verifications.get(worker.name()))
            .ifPresent(PipelineVerification::refresh);
        Optional<String> status =
            worker.running().map(pipeline -> Json.write(known(worker.name(), pipeline.status())));
        EphemeralNode node = nodes.get(worker.name());
        if (status.isEmpty()) {
          if (node != null) {
            nodes.remove(worker.name()).close();
          }
        } else if (node == null) {
          nodes.put(
              worker.name(), EphemeralNode.hold(zookeeper, ROOT + worker.name(), status.get()));
        } else {
          node.set(status.get());
        }
      } catch (RuntimeException e) {
        LOG.debug("{}: status not published: {}", worker.name(), e.toString());
      }
    }
  }

  @Override
  public void close() {
    publisher.shutdownNow();
    workers.forEach(PipelineWorker::stop);
    workers.forEach(PipelineWorker::close);
    nodes.values().forEach(EphemeralNode::close);
  }
}
