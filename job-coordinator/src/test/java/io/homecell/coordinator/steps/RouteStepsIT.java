package io.homecell.coordinator.steps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.SlotRun;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HOLD on a real ZooKeeper, with processes that apply a table or do not. */
@Timeout(60)
class RouteStepsIT {
  private static final Duration SHORT = Duration.ofMillis(600);

  /** Longer than any wait that should end before it. */
  private static final Duration LONG = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final List<EphemeralNode> processes = new ArrayList<>();
  private CuratorFramework client;
  private RouteStore store;

  @BeforeEach
  void start() throws Exception {
    TestingServer zookeeper = new TestingServer();
    parts.push(zookeeper);
    Topology topology =
        TestTopology.create(folder, zookeeper.getConnectString(), Duration.ofSeconds(8)).topology();
    client = Coordination.connect(topology.coordination());
    parts.push(client);
    store = new RouteStore(client);
    store.createIfAbsent(RouteTable.initial(topology));
  }

  /** With limits of their own for routers and for instances; the others are not met here. */
  private RouteSteps steps(Duration hold, Duration holdInstances) {
    return new RouteSteps(
        store,
        new AppliedEpochs(client),
        new StepLimits(hold, holdInstances, hold, hold, hold, hold, hold, hold, hold));
  }

  @AfterEach
  void stop() throws Exception {
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
  }

  @Test
  void allHaveAcknowledgedSoNobodyIsWaitedFor() throws Exception {
    applied("router", "north.router", 2);
    applied("account", "north-1.account", 2);
    long began = System.nanoTime();
    RouteSteps.Held held = steps(LONG, LONG).hold(hold(), new Stop());
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(LONG);
    assertThat(held.warnings()).isEmpty();
  }

  @Test
  void anInstanceThatIsBehindIsWaitedForAMomentAndNamed() throws Exception {
    applied("router", "north.router", 2);
    applied("account", "north-1.account", 1);
    applied("trade", "north-1.trade", 2);
    long began = System.nanoTime();
    RouteSteps.Held held = steps(LONG, SHORT).hold(hold(), new Stop());
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(SHORT, LONG);
    assertThat(held.warnings())
        .containsExactly(
            "HOLD: after 600 ms not waited for any longer, the fence refuses them:"
                + " account north-1.account (at 1)");
  }

  @Test
  void anInstanceThatFollowsInTimeIsNoWarning() throws Exception {
    applied("router", "north.router", 2);
    applied("account", "north-1.account", 1);
    Thread late = new Thread(() -> processes.get(1).set(content(2)));
    late.start();
    assertThat(steps(LONG, LONG).hold(hold(), new Stop()).warnings()).isEmpty();
    late.join();
  }

  @Test
  void aRouterThatIsBehindGivesTheOperationUp() throws Exception {
    applied("router", "north.router", 1);
    applied("account", "north-1.account", 2);
    assertThatThrownBy(() -> steps(SHORT, LONG).hold(hold(), new Stop()))
        .isInstanceOf(StepFailedException.class)
        .hasMessageContaining("router north.router (at 1)");
  }

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
      try (CuratorFramework own = Coordination.connect(topology.coordination())) {
        RouteStore store = new RouteStore(own);
        Slots slots = topology.slots();
        SlotRange all = new SlotRange(0, slots.count() - 1);
        SlotRoute north = SlotRoute.open("north-1", 3);
        store.createIfAbsent(RouteTable.ofRuns(7, slots, List.of(new RouteTable.Run(all, north))));
        RouteSteps late = new RouteSteps(store, new AppliedEpochs(own), StepLimits.standard());
        Move move = new Move("north-1", "north", "south-1", "south", List.of(new SlotRun(all, 9)));
        late.hold(new Action.Hold(List.of(move), 7, false), new Stop());
        assertThat(store.read().orElseThrow().table().of(0))
            .isEqualTo(new SlotRoute("north-1", 3, Optional.of("south-1")));
        Action.Release release = new Action.Release(List.of(move), 7, false);
        late.release(release);
        late.release(release);
        RouteTable table = store.read().orElseThrow().table();
        assertThat(table.of(0)).isEqualTo(north);
        assertThat(table.epoch()).isEqualTo(9);
        assertThatThrownBy(() -> late.hold(new Action.Hold(List.of(move), 7, false), new Stop()))
            .as("an overtaken coordinator comes too late")
            .hasMessageContaining("the route table is at epoch 9 (expected: 7)");
      }
    }
  }

  private void applied(String role, String instance, long epoch) throws Exception {
    String path = "/homecell/applied/" + role + "/" + instance;
    EphemeralNode node = EphemeralNode.hold(client, path, content(epoch));
    parts.push(node);
    processes.add(node);
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (client.checkExists().forPath(path) == null) {
      assertThat(System.nanoTime()).as(path).isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private static String content(long epoch) {
    return Json.write(Map.of("datacenter", "north", "epoch", epoch));
  }

  private static Action.Hold hold() {
    return new Action.Hold(
        List.of(
            new Move(
                "north-1",
                "north",
                "south-1",
                "south",
                List.of(new SlotRun(new SlotRange(0, 9), 1)))),
        1,
        true);
  }
}
