package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.coordinator.operation.CheckFacts.CellFact;
import io.homecell.coordinator.operation.CheckFacts.DatacenterFact;
import io.homecell.coordinator.operation.CheckFacts.PipelineFact;
import io.homecell.coordinator.operation.CheckFacts.StrandedFact;
import io.homecell.coordinator.operation.CheckFacts.VerifiedFact;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Each refusal by name: one thing wrong in a deployment that is fine otherwise. */
class ChecksTest {
  private static final Direction THERE = new Direction("north-1", "south-1");
  private static final Direction BACK = new Direction("south-1", "north-1");

  private Optional<String> other = Optional.empty();
  private final Map<String, DatacenterFact> datacenters = new HashMap<>();
  private final Map<String, CellFact> cells = new HashMap<>();
  private final Map<Direction, PipelineFact> pipelines = new HashMap<>();
  private final Map<Direction, String> missing = new HashMap<>();
  private final List<StrandedFact> stranded = new ArrayList<>();
  private String owner = "north-1";
  private long epoch = 3;

  ChecksTest() {
    datacenters.put("north", new DatacenterFact(false, 1));
    datacenters.put("south", new DatacenterFact(false, 1));
    cells.put("north-1", cell("north-1", 3));
    cells.put("south-1", cell("north-1", 3));
    pipelines.put(THERE, pipeline("STREAMING", 12, "", 500));
    pipelines.put(BACK, pipeline("STREAMING", 12, "", 500));
    missing.put(THERE, "");
    missing.put(BACK, "");
  }

  @Test
  void nothingAgainstASwitchover() {
    assertThat(switchover()).isEmpty();
  }

  @Test
  void anotherOperation() {
    other = Optional.of("op-7");
    assertThat(switchover()).containsExactly("OPERATION_RUNNING");
  }

  private static PipelineFact pipeline(String state, long lag, String detail, long age) {
    return new PipelineFact(state, lag, detail, age, Optional.empty());
  }

  private static PipelineFact verified(String at, long differences) {
    return new PipelineFact(
        "STREAMING", 1, "", 1, Optional.of(new VerifiedFact(Instant.parse(at), differences)));
  }

  @Test
  void rowsThatAreKnownToDifferStopAPlannedSwitchUntilANewerLookFindsNone() {
    pipelines.put(BACK, verified("2026-01-01T10:00:00Z", 2));
    assertThat(switchover()).containsExactly("VERIFY_DIFFERS");
    pipelines.put(THERE, verified("2026-01-01T10:00:01Z", 0));
    assertThat(switchover()).isEmpty();
    pipelines.put(BACK, verified("2026-01-01T10:00:02Z", 1));
    assertThat(switchover()).containsExactly("VERIFY_DIFFERS");
  }

  @Test
  void pipelines() {
    pipelines.put(THERE, pipeline("STREAMING", 2_001, "", 500));
    assertThat(switchover()).containsExactly("PIPELINE_LAG");
    pipelines.put(THERE, pipeline("CATCHING_UP", 0, "", 500));
    assertThat(switchover()).containsExactly("PIPELINE_NOT_STREAMING");
    pipelines.put(THERE, pipeline("STREAMING", 1, "", 10_001));
    assertThat(switchover()).containsExactly("PIPELINE_SILENT");
    pipelines.remove(THERE);
    assertThat(switchover()).containsExactly("PIPELINE_MISSING");
  }

  @Test
  void lostOrUnreachableTarget() {
    datacenters.put("south", new DatacenterFact(true, 1));
    assertThat(switchover()).containsExactly("TARGET_LOST");
    datacenters.put("south", new DatacenterFact(false, 1));
    cells.put("south-1", new CellFact(Optional.of("refused"), -1, Map.of()));
    assertThat(switchover()).containsExactly("TARGET_UNREACHABLE");
    cells.put("south-1", new CellFact(Optional.empty(), -5, Map.of()));
    assertThat(switchover()).containsExactly("TARGET_FENCED");
  }

  @Test
  void noRouter() {
    datacenters.put("north", new DatacenterFact(false, 0));
    assertThat(switchover()).containsExactly("NO_ROUTER");
    assertThat(failover(Set.of("SOURCE_REACHABLE"))).isEmpty();
    datacenters.put("south", new DatacenterFact(false, 0));
    assertThat(failover(Set.of("SOURCE_REACHABLE"))).containsExactly("NO_ROUTER");
  }

  @Test
  void sourceOfASwitchover() {
    cells.put("north-1", new CellFact(Optional.of("refused"), -1, Map.of()));
    assertThat(switchover()).containsExactly("SOURCE_UNREACHABLE");
    cells.put("north-1", cell("north-1", 4));
    assertThat(switchover()).containsExactly("FENCE_NOT_AS_ROUTES");
  }

  @Test
  void nothingMovesToACellThatIsBeingLoaded() {
    pipelines.put(THERE, pipeline("LOADING", 0, "loads from north-1: 1 of 9 rows", 1));
    assertThat(failover(Set.of("SOURCE_REACHABLE"))).containsExactly("TARGET_LOADING");
    assertThat(switchover()).containsExactly("PIPELINE_NOT_STREAMING");
    pipelines.put(THERE, pipeline("BROKEN", 0, "loading: LOAD_DISTURBED: a table is gone", 1));
    assertThat(failover(Set.of("SOURCE_REACHABLE"))).containsExactly("TARGET_LOADING");
  }

  @Test
  void failoverOfAReachableSourceOnlyByForce() {
    assertThat(failover(Set.of())).containsExactly("SOURCE_REACHABLE");
    assertThat(failover(Set.of("SOURCE_REACHABLE"))).isEmpty();
    cells.put("north-1", new CellFact(Optional.of("refused"), -1, Map.of()));
    assertThat(failover(Set.of())).isEmpty();
  }

  @Test
  void onlyTheOverridableIsForced() {
    datacenters.put("south", new DatacenterFact(true, 1));
    assertThat(failover(Set.of("SOURCE_REACHABLE", "TARGET_LOST"))).containsExactly("TARGET_LOST");
  }

  @Test
  void whatMayBeForcedIsSaidOnceAndIsNeverWhatWouldBreakSafety() {
    assertThat(RefusalName.overridable())
        .containsExactly(
            "GROUP_ON_ONE_LEG",
            "INSTANCES_MISSING",
            "QUORUM_AT_RISK",
            "RECENTLY_MOVED",
            "SOURCE_REACHABLE",
            "TARGET_CAPACITY",
            "TARGET_DRAINED",
            "UNVERIFIED");
    assertThatThrownBy(() -> RefusalName.checkForced(Set.of("UNVERIFIED", "TARGET_LOST")))
        .hasMessageContaining("'TARGET_LOST' (expected: one of GROUP_ON_ONE_LEG, ");
  }

  @Test
  void failbackOfAReturnedDatacenter() {
    returned();
    assertThat(failback()).isEmpty();
  }

  @Test
  void failbackWaitsForWhatTheHomeLacks() {
    returned();
    missing.put(BACK, "uuid:7-9");
    assertThat(failback()).containsExactly("NOT_CAUGHT_UP");
    missing.remove(BACK);
    assertThat(failback()).containsExactly("NOT_CAUGHT_UP");
  }

  @Test
  void failbackWaitsUntilTheReturnedOneHasBeenRead() {
    returned();
    missing.put(THERE, "uuid:7-9");
    assertThat(failback()).containsExactly("RETURN_NOT_READ");
    missing.put(THERE, "");
    pipelines.put(THERE, pipeline("STARTING", 0, "", 100));
    assertThat(failback()).containsExactly("PIPELINE_NOT_STREAMING");
  }

  @Test
  void failbackWaitsForTheFenceRows() {
    returned();
    cells.put("north-1", new CellFact(Optional.empty(), -1, rows("north-1", 3)));
    assertThat(failback()).containsExactly("FENCE_ROWS_NOT_ARRIVED");
    cells.put("north-1", new CellFact(Optional.empty(), -1, rows("south-1", 4)));
    assertThat(failback()).containsExactly("FENCE_ROWS_NOT_ARRIVED");
  }

  @Test
  void failbackListsStrandedTransactions() {
    returned();
    stranded.add(new StrandedFact("uuid:7", "north-1", "south-1", Set.of(3)));
    assertThat(failback()).containsExactly("STRANDED_OPEN");
    assertThat(refusals(Kind.FAILBACK, back(), Set.of()).get(0).detail())
        .contains("1 stranded", "uuid:7", "north-1", "[3]");
    // rows that are known to differ after a decision are not handed over
    stranded.clear();
    pipelines.put(BACK, verified("2026-01-01T10:00:00Z", 1));
    assertThat(failback()).containsExactly("VERIFY_DIFFERS");
    pipelines.put(BACK, verified("2026-01-01T10:00:01Z", 0));
    // all decided, and none of a cell that nothing returns to
    assertThat(failback()).isEmpty();
    stranded.add(new StrandedFact("uuid:7", "west-1", "south-1", Set.of(3)));
    assertThat(failback()).isEmpty();
  }

  /** North was failed over and is back: fenced, with the rows of the new owner. */
  private void returned() {
    owner = "south-1";
    epoch = 5;
    datacenters.put("north", new DatacenterFact(true, 1));
    cells.put("north-1", new CellFact(Optional.empty(), -9_000, rows("south-1", 5)));
    cells.put("south-1", new CellFact(Optional.empty(), 7_000, rows("south-1", 5)));
  }

  private List<String> switchover() {
    return names(refusals(Kind.SWITCHOVER, there(), Set.of()));
  }

  private List<String> failover(Set<String> force) {
    return names(refusals(Kind.FAILOVER, there(), force));
  }

  private List<String> failback() {
    return names(refusals(Kind.FAILBACK, back(), Set.of()));
  }

  private List<Refusal> refusals(Kind kind, Move move, Set<String> force) {
    RouteTable routes =
        RouteTable.ofRuns(
            9,
            new Slots(8),
            List.of(new RouteTable.Run(new SlotRange(0, 7), SlotRoute.open(owner, epoch))));
    CheckFacts facts =
        new CheckFacts(
            other,
            routes,
            datacenters,
            cells,
            pipelines,
            missing,
            stranded,
            PrecautionsTest.calm());
    return Checks.judge(kind, List.of(move), facts, force).refusals();
  }

  private Move there() {
    return new Move(
        "north-1", "north", "south-1", "south", List.of(new SlotRun(new SlotRange(0, 7), epoch)));
  }

  private Move back() {
    return new Move(
        "south-1", "south", "north-1", "north", List.of(new SlotRun(new SlotRange(0, 7), epoch)));
  }

  private static List<String> names(List<Refusal> refusals) {
    assertThat(refusals).allMatch(one -> !one.detail().isBlank() && !one.wayOut().isBlank());
    return refusals.stream().map(refusal -> refusal.name().name()).toList();
  }

  private static CellFact cell(String owner, long epoch) {
    return new CellFact(Optional.empty(), 7_000, rows(owner, epoch));
  }

  private static Map<Integer, FenceRow> rows(String owner, long epoch) {
    Map<Integer, FenceRow> rows = new TreeMap<>();
    for (int slot = 0; slot < 8; slot++) {
      rows.put(slot, FenceRow.open(slot, owner, epoch));
    }
    return rows;
  }
}
