package io.homecell.coordinator.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.SlotRun;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology;
import io.homecell.local.TestTopology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What giving up a failover makes of the table. */
@Timeout(60)
class RouteStepsIT {
  @TempDir private Path folder;

  /**
   * The failover counts from the target's row, which is ahead of the table. Released with that
   * epoch, the old owner's rows would be behind the table and be opened beside the target's.
   */
  @Test
  void slotsOfAFailoverAreReleasedAsTheTableHadThem() throws Exception {
    try (TestingServer zookeeper = new TestingServer()) {
      Topology topology =
          TestTopology.create(folder, zookeeper.getConnectString(), Duration.ofSeconds(8))
              .topology();
      try (CuratorFramework client = Coordination.connect(topology.coordination())) {
        RouteStore store = new RouteStore(client);
        Slots slots = topology.slots();
        SlotRange all = new SlotRange(0, slots.count() - 1);
        SlotRoute north = SlotRoute.open("north-1", 3);
        store.createIfAbsent(RouteTable.ofRuns(7, slots, List.of(new RouteTable.Run(all, north))));
        RouteSteps steps = new RouteSteps(store, new AppliedEpochs(client), StepLimits.standard());
        Move move = new Move("north-1", "north", "south-1", "south", List.of(new SlotRun(all, 9)));
        steps.hold(new Action.Hold(List.of(move), 7, false), new Stop());
        assertThat(store.read().orElseThrow().table().of(0))
            .isEqualTo(new SlotRoute("north-1", 3, Optional.of("south-1")));
        Action.Release release = new Action.Release(List.of(move), 7, false);
        steps.release(release);
        steps.release(release);
        RouteTable table = store.read().orElseThrow().table();
        assertThat(table.of(0)).isEqualTo(north);
        assertThat(table.epoch()).isEqualTo(9);
        assertThatThrownBy(() -> steps.hold(new Action.Hold(List.of(move), 7, false), new Stop()))
            .as("an overtaken coordinator comes too late")
            .hasMessageContaining("the route table is at epoch 9 (expected: 7)");
      }
    }
  }
}
