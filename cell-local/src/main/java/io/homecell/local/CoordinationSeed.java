package io.homecell.local;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.curator.framework.CuratorFramework;

/**
 * What a new deployment needs in ZooKeeper: its topology, and a route table that has every slot at
 * its home. A table that is there already stays as it is.
 */
final class CoordinationSeed {
  private static final String TOPOLOGY = "/homecell/topology";

  private CoordinationSeed() {}

  static void write(Topology topology, Path topologyFile) {
    try (CuratorFramework client = Coordination.connect(topology.coordination())) {
      byte[] text = Files.readAllBytes(topologyFile);
      client.create().orSetData().creatingParentsIfNeeded().forPath(TOPOLOGY, text);
      new RouteStore(client).createIfAbsent(RouteTable.initial(topology));
    } catch (CoordinationException e) {
      throw new LocalStartException(String.valueOf(e.getMessage()), e);
    } catch (Exception e) { // Curator declares nothing narrower
      throw new LocalStartException("ZooKeeper can't be filled: " + e, e);
    }
  }
}
