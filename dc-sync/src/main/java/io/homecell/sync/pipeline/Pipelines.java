package io.homecell.sync.pipeline;

import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import io.homecell.sync.position.CellDatabase;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every pipeline whose target is in this datacenter, from each other cell of the target's group.
 * Publishes what each does to ZooKeeper, each second, under {@value #ROOT}.
 */
public final class Pipelines implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipelines.class);

  /** Where the pipelines' states are. */
  public static final String ROOT = "/homecell/sync/";

  private static final int FIRST_SERVER_ID = 1_000_000;

  private final List<Pipeline> pipelines;
  private final Map<String, EphemeralNode> nodes = new HashMap<>();
  private final ScheduledExecutorService publisher;

  private Pipelines(List<Pipeline> pipelines) {
    this.pipelines = List.copyOf(pipelines);
    this.publisher =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "sync-status");
              thread.setDaemon(true);
              return thread;
            });
  }

  /** Starts them; each comes up in its own time. */
  public static Pipelines start(
      Topology topology,
      String datacenter,
      Credentials replication,
      CuratorFramework zookeeper,
      MeterRegistry registry) {
    List<Pipeline> started = new ArrayList<>();
    for (PipelineSettings settings : of(topology, datacenter, replication)) {
      started.add(Pipeline.start(settings, registry));
    }
    Pipelines pipelines = new Pipelines(started);
    // its task throws nothing, and ends with the executor
    ScheduledFuture<?> unused =
        pipelines.publisher.scheduleWithFixedDelay(
            () -> pipelines.publish(zookeeper), 0, 1, TimeUnit.SECONDS);
    return pipelines;
  }

  /** The pipelines of a datacenter. */
  static List<PipelineSettings> of(Topology topology, String datacenter, Credentials replication) {
    List<String> order = List.copyOf(topology.cells().keySet());
    List<PipelineSettings> all = new ArrayList<>();
    for (Topology.Cell target : topology.cellsIn(datacenter)) {
      for (Topology.Cell source : topology.cellsOfGroup(target.group())) {
        if (!source.equals(target)) {
          all.add(
              PipelineSettings.of(
                  new CellDatabase(source.name(), source.mysql(), replication),
                  new CellDatabase(target.name(), target.mysql(), replication),
                  FIRST_SERVER_ID + order.indexOf(target.name())));
        }
      }
    }
    return all;
  }

  /** What each does now. */
  public List<PipelineStatus> statuses() {
    return pipelines.stream().map(Pipeline::status).toList();
  }

  private void publish(CuratorFramework zookeeper) {
    for (Pipeline pipeline : pipelines) {
      try {
        String json = Json.write(pipeline.status());
        EphemeralNode node = nodes.get(pipeline.name());
        if (node == null) {
          nodes.put(pipeline.name(), EphemeralNode.hold(zookeeper, ROOT + pipeline.name(), json));
        } else {
          node.set(json);
        }
      } catch (RuntimeException e) {
        LOG.debug("{}: status not published: {}", pipeline.name(), e.toString());
      }
    }
  }

  @Override
  public void close() {
    publisher.shutdownNow();
    pipelines.forEach(Pipeline::stop);
    pipelines.forEach(Pipeline::close);
    nodes.values().forEach(EphemeralNode::close);
  }
}
