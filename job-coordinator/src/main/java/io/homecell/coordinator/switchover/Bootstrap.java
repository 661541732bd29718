package io.homecell.coordinator.switchover;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellReport;
import io.homecell.coordinator.cells.Coordinated;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.FailsafeRecord;
import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.process.ConfigurationException;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a deployment needs in the coordination service before anything runs: the topology, the
 * datacenters' records, and the first route table.
 *
 * <p>Invariant upheld: the slot count never changes, and a first route table is only written while
 * every fence row of every cell is as provisioned; so a coordination service that has lost its
 * content does not hand slots back to cells that have given them away.
 */
final class Bootstrap {
  private static final Logger log = LoggerFactory.getLogger(Bootstrap.class);
  private static final String TOPOLOGY = "/homecell/topology";

  private final CuratorFramework client;
  private final Topology topology;
  private final String topologyText;
  private final CellReader reader;

  Bootstrap(CuratorFramework client, Topology topology, String topologyText, CellReader reader) {
    this.client = client;
    this.topology = topology;
    this.topologyText = topologyText;
    this.reader = reader;
  }

  /**
   * Refuses a topology that does not fit the deployment.
   *
   * @throws ConfigurationException if the slot count is another one
   */
  void checkTopology() {
    publishedText().ifPresent(this::checkSlots);
  }

  private void checkSlots(String published) {
    int slots = TopologyFile.parse(TOPOLOGY, published).slots().count();
    if (slots != topology.slots().count()) {
      throw new ConfigurationException(
          "slots: "
              + topology.slots().count()
              + " (expected: "
              + slots
              + ", the count is fixed for the life of a deployment)");
    }
  }

  /** Publishes the topology, if it differs from what is published. */
  void publishTopology() {
    checkTopology();
    if (publishedText().filter(topologyText::equals).isPresent()) {
      return;
    }
    try {
      client
          .create()
          .orSetData()
          .creatingParentsIfNeeded()
          .forPath(TOPOLOGY, topologyText.getBytes(StandardCharsets.UTF_8));
      log.info("topology published");
    } catch (Exception e) {
      throw Coordinated.failed("can't write " + TOPOLOGY, e);
    }
  }

  private Optional<String> publishedText() {
    try {
      return Optional.of(new String(client.getData().forPath(TOPOLOGY), StandardCharsets.UTF_8))
          .filter(text -> !text.isBlank());
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + TOPOLOGY, e);
    }
  }

  /** Gives each datacenter its record, so that its next change is a compare-and-set. */
  void recordDatacenters() {
    for (String name : topology.datacenters().keySet()) {
      try {
        client
            .create()
            .creatingParentsIfNeeded()
            .forPath(DatacenterStates.path(name), DatacenterStates.initialContent());
      } catch (KeeperException.NodeExistsException exists) {
        log.debug("datacenter {} has its record", name);
      } catch (Exception e) {
        throw Coordinated.failed("can't write " + DatacenterStates.path(name), e);
      }
    }
  }

  /**
   * Records whom lease keepers ask in failsafe mode, so that they may go into it.
   *
   * @return what differs from this coordinator's topology; empty if nothing
   */
  Optional<String> agreeOnFailsafe() {
    String own = FailsafeMembers.textOf(FailsafeMembers.of(topology));
    String recorded = new FailsafeRecord(client).agree(own).members();
    return recorded.equals(own)
        ? Optional.empty()
        : Optional.of(
            "FAILSAFE_MEMBERS_DIFFER: "
                + FailsafeRecord.PATH
                + " has '"
                + recorded
                + "' (expected: '"
                + own
                + "'): a failover will be refused; see docs/safety-failsafe.md");
  }

  /**
   * Writes the first route table if there is none.
   *
   * @return what it waits for; empty if there is a table
   */
  Optional<String> createRoutes() {
    RouteStore store = new RouteStore(client);
    if (store.read().isPresent()) {
      return Optional.empty();
    }
    Map<String, CellReport> reports = reader.reports(topology.cells().keySet());
    for (CellReport report : reports.values()) {
      if (!report.isReachable()) {
        return Optional.of(
            "there is no route table, and "
                + report.cell()
                + " can't be asked for its fence rows: "
                + report.unreachable().orElse(""));
      }
      List<FenceRow> changed =
          report.rows().values().stream()
              .filter(row -> !row.equals(asProvisioned(row.slot())))
              .toList();
      if (!changed.isEmpty() || report.rows().size() != topology.slots().count()) {
        return Optional.of(
            "there is no route table, but "
                + report.cell()
                + " has "
                + report.rows().size()
                + " fence rows of which "
                + changed.size()
                + " have changed since it was provisioned: restore /homecell/routes");
      }
    }
    if (store.createIfAbsent(RouteTable.initial(topology))) {
      log.info("first route table written: every slot at its home");
    }
    return Optional.empty();
  }

  private FenceRow asProvisioned(int slot) {
    return FenceRow.open(slot, topology.homeOf(slot).name(), 1);
  }
}
