package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology;
import io.homecell.local.TestTopology;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests to moves: north-1 is home of 0-511, south-1 of 512-1023. */
class PlannerTest {
  @TempDir Path folder;
  private Topology topology;
  private RouteTable routes;
  private Set<String> lost = Set.of();
  private Map<String, Map<Integer, Long>> targetEpochs = Map.of();

  @BeforeEach
  void start() {
    topology = TestTopology.create(folder, "127.0.0.1:1", Duration.ofSeconds(8)).topology();
    routes = RouteTable.initial(topology);
  }

  @Test
  void wholeDatacenterGoesToTheOnlyOtherOne() {
    assertThat(plan(request(Kind.SWITCHOVER, "north", null))).isEqualTo("north-1->south-1:0-511@1");
  }

  @Test
  void partsOfIt() {
    assertThat(plan(part(Optional.of(new SlotRange(500, 600)), Optional.empty())))
        .isEqualTo("north-1->south-1:500-511@1");
    assertThat(plan(part(Optional.empty(), Optional.of(10)))).isEqualTo("north-1->south-1:0-51@1");
    assertThat(plan(part(Optional.of(new SlotRange(600, 700)), Optional.empty())))
        .isEqualTo("NOTHING_TO_MOVE");
  }

  @Test
  void failbackTakesEverySlotHomeWithItsOwnEpoch() {
    move(0, 9, "south-1", 3);
    move(10, 19, "south-1", 7);
    move(1_000, 1_001, "north-1", 3);
    assertThat(plan(request(Kind.FAILBACK, null, null)))
        .isEqualTo("south-1->north-1:0-9@3,10-19@7 north-1->south-1:1000-1001@3");
    assertThat(plan(request(Kind.FAILBACK, null, "north")))
        .isEqualTo("south-1->north-1:0-9@3,10-19@7");
  }

  @Test
  void failbackMarksALostHomeActive() {
    move(0, 511, "south-1", 3);
    lost = Set.of("north");
    Planner.Result result = Planner.plan(request(Kind.FAILBACK, null, null), world());
    assertThat(result.plan().orElseThrow().markActive()).containsExactly("north");
  }

  @Test
  void failoverCountsOnFromTheHighestEpochKnown() {
    targetEpochs = Map.of("south-1", Map.of(0, 4L, 1, 4L));
    assertThat(plan(request(Kind.FAILOVER, "north", null)))
        .isEqualTo("north-1->south-1:0-1@4,2-511@1");
    assertThat(plan(request(Kind.SWITCHOVER, "north", null))).isEqualTo("north-1->south-1:0-511@1");
  }

  @Test
  void whatCanNotBePlannedIsNamed() {
    assertThat(plan(request(Kind.SWITCHOVER, "west", null))).isEqualTo("UNKNOWN_DATACENTER");
    assertThat(plan(request(Kind.SWITCHOVER, "north", "west"))).isEqualTo("UNKNOWN_DATACENTER");
    assertThat(plan(request(Kind.SWITCHOVER, "north", "north"))).isEqualTo("SAME_DATACENTER");
    assertThat(plan(request(Kind.FAILBACK, null, null))).isEqualTo("NOTHING_TO_MOVE");
    lost = Set.of("south");
    assertThat(plan(request(Kind.SWITCHOVER, "north", null))).isEqualTo("TARGET_NOT_NAMED");
  }

  @Test
  void aGroupThatHasNoCellInTheTarget() {
    topology = TestTopology.createOfTwoGroups(folder.resolve("two")).topology();
    routes = RouteTable.initial(topology);
    assertThat(plan(request(Kind.SWITCHOVER, "north", "south"))).isEqualTo("NO_PEER");
  }

  @Test
  void requestsThatMakeNoSenseAreRefusedAtOnce() {
    assertThatThrownBy(() -> request(Kind.SWITCHOVER, null, "south")).hasMessageContaining("from");
    assertThatThrownBy(() -> part(Optional.of(new SlotRange(0, 1)), Optional.of(5)))
        .hasMessageContaining("expected: one of them");
    assertThatThrownBy(() -> part(Optional.empty(), Optional.of(101)))
        .hasMessageContaining("101 (expected: 1 to 100)");
    assertThatThrownBy(
            () ->
                new OperationRequest(
                    Kind.FAILOVER,
                    Optional.of("north"),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Set.of("SOURCE_REACHABLE")))
        .hasMessageContaining("reason: missing");
  }

  @Test
  void wavesAreWavesOfWhatIsAskedFor() {
    Plan plan = Planner.plan(waves("1,50%,100%"), world()).plan().orElseThrow();
    assertThat(plan.waves().orElseThrow().planned().toString())
        .isEqualTo("[[north-1->south-1:0@1], [north-1->south-1:1-4@1], [north-1->south-1:5-9@1]]");
    assertThat(Planner.plan(waves("1,2,3"), world()).refusals().get(0).name())
        .isEqualTo(RefusalName.WAVES_NOT_WHOLE);
    assertThat(Planner.plan(waves("5,10%,100%"), world()).refusals().get(0).name())
        .isEqualTo(RefusalName.WAVES_NOT_GROWING);
  }

  private static OperationRequest waves(String sizes) {
    return new OperationRequest(
        Kind.SWITCHOVER,
        Optional.of("north"),
        Optional.of("south"),
        Optional.of(new SlotRange(0, 9)),
        Optional.empty(),
        Optional.of(WaveSizes.parse(sizes, Duration.ofSeconds(5))),
        Optional.empty(),
        Optional.empty(),
        Set.of());
  }

  private void move(int first, int last, String owner, long epoch) {
    Map<Integer, SlotRoute> owned = new TreeMap<>();
    new SlotRange(first, last)
        .stream().forEach(slot -> owned.put(slot, SlotRoute.open(owner, epoch)));
    routes = routes.withOwners(owned);
  }

  private String plan(OperationRequest request) {
    Planner.Result result = Planner.plan(request, world());
    return result.plan().map(Plan::summary).orElseGet(() -> result.refusals().get(0).name().name());
  }

  private Planner.World world() {
    return new Planner.World(topology, routes, lost, Map.of("north", 2), targetEpochs);
  }

  private static OperationRequest request(Kind kind, String from, String to) {
    return new OperationRequest(
        kind,
        Optional.ofNullable(from),
        Optional.ofNullable(to),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Set.of());
  }

  private static OperationRequest part(Optional<SlotRange> slots, Optional<Integer> percent) {
    return new OperationRequest(
        Kind.SWITCHOVER,
        Optional.of("north"),
        Optional.empty(),
        slots,
        percent,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Set.of());
  }
}
