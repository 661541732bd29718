package io.homecell.coordinator.cells;

import io.homecell.coordinator.operation.Direction;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The status of each pipeline, at {@code /homecell/sync/<source>-<target>}; ephemeral. */
public final class Pipelines {
  private static final Logger log = LoggerFactory.getLogger(Pipelines.class);
  private static final String ROOT = "/homecell/sync";

  private final CuratorFramework client;

  public Pipelines(CuratorFramework client) {
    this.client = client;
  }

  /**
   * All that report now.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public List<PipelineStatus> list() {
    List<PipelineStatus> all = new ArrayList<>();
    try {
      for (String name : client.getChildren().forPath(ROOT)) {
        read(ROOT + "/" + name, all);
      }
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + ROOT, e);
    }
    return all;
  }

  /**
   * When the pipeline of a direction that runs now has begun, by the coordination service's clock;
   * empty if none reports.
   */
  public Optional<Instant> begun(Direction direction) {
    String path = ROOT + "/" + direction.source() + "-" + direction.target();
    try {
      return Optional.ofNullable(client.checkExists().forPath(path))
          .map(stat -> Instant.ofEpochMilli(stat.getCtime()));
    } catch (Exception e) {
      throw Coordinated.failed("can't look at " + path, e);
    }
  }

  private void read(String path, List<PipelineStatus> all) throws Exception {
    try {
      byte[] bytes = client.getData().forPath(path);
      all.add(Json.read(new String(bytes, StandardCharsets.UTF_8), PipelineStatus.class));
    } catch (KeeperException.NoNodeException gone) {
      // it stopped just now
    } catch (IllegalArgumentException e) {
      log.warn("pipelines: {} is not a status and is ignored: {}", path, e.getMessage());
    }
  }
}
