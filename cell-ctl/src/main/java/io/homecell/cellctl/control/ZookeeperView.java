package io.homecell.cellctl.control;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.Participant;
import org.apache.zookeeper.KeeperException;

/** What a command reads from the coordination service itself: who leads, and the route table. */
public final class ZookeeperView implements AutoCloseable {
  private static final String COORDINATORS = "/homecell/coordinators";
  private static final int CONNECT_SECONDS = 5;

  private final CuratorFramework client;

  private ZookeeperView(CuratorFramework client) {
    this.client = client;
  }

  /**
   * Connects.
   *
   * @throws CoordinationAway if it does not answer in a few seconds
   */
  public static ZookeeperView connect(Topology.Coordination coordination) throws CoordinationAway {
    if (!anyListens(coordination.zookeeper())) {
      throw away(coordination);
    }
    CuratorFramework client = Coordination.start(coordination);
    try {
      if (client.blockUntilConnected(CONNECT_SECONDS, TimeUnit.SECONDS)) {
        return new ZookeeperView(client);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
    throw away(coordination);
  }

  private static CoordinationAway away(Topology.Coordination coordination) {
    return CoordinationAway.lasting(
        "ZooKeeper at "
            + coordination.zookeeper()
            + " does not answer; a local deployment is started with `cellctl up`");
  }

  /** Spares the wait for a session where nothing listens at all. */
  private static boolean anyListens(String connectString) {
    for (String server : connectString.split("/", 2)[0].split(",", -1)) {
      int colon = server.lastIndexOf(':');
      try (Socket socket = new Socket()) {
        socket.connect(
            new InetSocketAddress(
                server.substring(0, colon), Integer.parseInt(server.substring(colon + 1))),
            CONNECT_SECONDS * 1_000);
        return true;
      } catch (IOException refused) {
        // the next one may answer
      }
    }
    return false;
  }

  /** The admin API of the coordinator that leads; empty if none does. */
  public Optional<String> leader() throws CoordinationAway {
    try {
      // Never started, so there is nothing to close: it only reads.
      Participant leader = new LeaderLatch(client, COORDINATORS, "cellctl").getLeader();
      return Optional.of(leader.getId()).filter(id -> !id.isBlank());
    } catch (KeeperException.NoNodeException neverLed) {
      return Optional.empty();
    } catch (Exception e) { // Curator declares nothing narrower
      throw CoordinationAway.lasting("ZooKeeper does not tell who leads: " + e);
    }
  }

  /** The route table; empty if the deployment was never started. */
  public Optional<RouteTable> routes() {
    return new RouteStore(client).read().map(RouteStore.Versioned::table);
  }

  /** Of some datacenters, those that are declared lost. */
  public Set<String> lost(Collection<String> datacenters) {
    DatacenterStates states = new DatacenterStates(client);
    return datacenters.stream()
        .filter(name -> states.read(name).isLost())
        .collect(Collectors.toSet());
  }

  /** The processes that have a session and apply routes. */
  public List<AppliedEpochs.Applied> processes() {
    return new AppliedEpochs(client).list();
  }

  @Override
  public void close() {
    client.close();
  }
}
