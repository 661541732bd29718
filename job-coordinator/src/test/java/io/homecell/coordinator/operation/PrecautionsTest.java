package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.CheckFacts.CellFact;
import io.homecell.coordinator.operation.CheckFacts.DatacenterFact;
import io.homecell.coordinator.operation.CheckFacts.PipelineFact;
import io.homecell.coordinator.operation.CheckFacts.VerifiedFact;
import io.homecell.coordinator.operation.Surroundings.CellPlace;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import io.homecell.coordinator.operation.Surroundings.EnsembleFact;
import io.homecell.coordinator.operation.Surroundings.LoadFact;
import io.homecell.coordinator.operation.Surroundings.PastMove;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteTable.Run;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Each reason that is about the moment: one thing unwise in a group of three that is fine
 * otherwise. North is home of slots 0-2, west of 3-4, south of 5-7.
 */
class PrecautionsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");
  private static final Direction THERE = new Direction("north-1", "south-1");

  private final Map<Direction, Instant> since = new HashMap<>(Map.of(THERE, NOW));
  private final Map<String, LoadFact> loads =
      new HashMap<>(
          Map.of(
              "north-1", new LoadFact(100, 400, Optional.of(72), 3),
              "south-1", new LoadFact(100, 400, Optional.of(72), 3)));
  private final Map<String, Map<String, Integer>> instances = new HashMap<>();
  private final List<PastMove> past = new ArrayList<>();
  private final Map<String, ClockStep> steps = new HashMap<>();
  private final Map<String, DatacenterFact> datacenters = new HashMap<>();
  private EnsembleFact ensemble = new EnsembleFact(3, List.of());
  private Optional<VerifiedFact> verified = Optional.empty();
  private List<Run> runs = homes();

  PrecautionsTest() {
    for (String cell : List.of("north-1", "south-1", "west-1")) {
      instances.put(cell, new HashMap<>(Map.of("account", 2, "trade", 2)));
      datacenters.put(cell.substring(0, cell.length() - 2), new DatacenterFact(false, 1));
    }
  }

  /** Nothing to say, as other tests need it. */
  static Surroundings calm() {
    return new Surroundings(
        NOW,
        Duration.ofMinutes(5),
        Map.of(),
        Map.of(),
        Map.of(),
        Map.of(),
        Set.of(),
        List.of(),
        Map.of(),
        new EnsembleFact(3, List.of()));
  }

  @Test
  void nothingAgainstIt() {
    assertThat(switchover()).isEmpty();
    assertThat(judge(Kind.FAILBACK, Set.of()).refusals()).isEmpty();
    assertThat(judge(Kind.FAILOVER, Set.of()).refusals()).isEmpty();
  }

  @Test
  void unverifiedOnlyAfterTheFirstComparisonCouldHaveRun() {
    since.put(THERE, NOW.minus(Duration.ofMinutes(60)));
    assertThat(switchover()).isEmpty();
    since.put(THERE, NOW.minus(Duration.ofMinutes(62)));
    assertThat(switchover()).containsExactly("UNVERIFIED");
    verified = Optional.of(new VerifiedFact(NOW.minus(Duration.ofMinutes(59)), 0));
    assertThat(switchover()).isEmpty();
    verified = Optional.of(new VerifiedFact(NOW.minus(Duration.ofMinutes(62)), 0));
    assertThat(switchover()).containsExactly("UNVERIFIED");
    // an old comparison from before a restart counts like none
    since.put(THERE, NOW.minus(Duration.ofMinutes(1)));
    assertThat(switchover()).isEmpty();
  }

  @Test
  void unverifiedIsForcedAndRecorded() {
    since.put(THERE, NOW.minus(Duration.ofMinutes(62)));
    Checks.Judgement judged = judge(Kind.SWITCHOVER, Set.of("UNVERIFIED"));
    assertThat(judged.refusals()).isEmpty();
    assertThat(judged.warnings()).hasSize(1).first().asString().startsWith("forced UNVERIFIED: ");
    assertThat(names(judge(Kind.FAILBACK, Set.of()))).containsExactly("UNVERIFIED");
    assertThat(judge(Kind.FAILOVER, Set.of()).refusals()).isEmpty();
  }

  @Test
  void aThirdDatacenterThatIsLostOrDrainedLeavesTheGroupOnOneLeg() {
    datacenters.put("west", new DatacenterFact(true, 1));
    assertThat(switchover()).containsExactly("GROUP_ON_ONE_LEG");
    datacenters.put("west", new DatacenterFact(false, 1));
    runs = List.of(run(0, 2, "north-1"), run(3, 7, "south-1"));
    assertThat(switchover()).containsExactly("GROUP_ON_ONE_LEG");
    // who is dead already is not kept waiting for it, and a part leaves the source at work
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).isEmpty();
    assertThat(names(judge(Kind.SWITCHOVER, Set.of(), 0, 1))).isEmpty();
  }

  @Test
  void aTargetThatSomebodyHasEmptied() {
    runs = List.of(run(0, 2, "north-1"), run(3, 4, "west-1"), run(5, 7, "north-1"));
    assertThat(switchover()).containsExactly("TARGET_DRAINED");
    // its own slots may come home
    assertThat(names(judge(Kind.SWITCHOVER, Set.of(), 5, 7))).isEmpty();
  }

  @Test
  void tooFewConnectionsAtTheTarget() {
    loads.put("south-1", new LoadFact(300, 400, Optional.of(72), 3));
    assertThat(switchover()).containsExactly("TARGET_CAPACITY");
    assertThat(judge(Kind.SWITCHOVER, Set.of()).refusals().get(0).detail())
        .isEqualTo("south-1: 72 connections may come to the 300 of 400 there (limit 90 %)");
    // a third of the slots brings a third of them
    assertThat(names(judge(Kind.SWITCHOVER, Set.of(), 0, 0))).isEmpty();
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).isEmpty();
    // all of them count where nobody can tell whose they are
    loads.put("south-1", new LoadFact(280, 400, Optional.empty(), 3));
    assertThat(switchover()).isEmpty();
    loads.put("north-1", new LoadFact(100, 400, Optional.empty(), 3));
    assertThat(switchover()).containsExactly("TARGET_CAPACITY");
  }

  @Test
  void theTargetIsBusyAlready() {
    loads.put("south-1", new LoadFact(100, 400, Optional.of(72), 126));
    assertThat(switchover()).containsExactly("TARGET_CAPACITY");
    loads.put("south-1", new LoadFact(100, 400, Optional.of(72), 125));
    assertThat(switchover()).isEmpty();
  }

  @Test
  void fewerInstancesThanTheUsersWhoComeHaveNow() {
    instances.get("south-1").put("trade", 1);
    assertThat(switchover()).containsExactly("TARGET_CAPACITY");
    assertThat(names(judge(Kind.SWITCHOVER, Set.of(), 0, 0))).isEmpty();
    instances.get("south-1").remove("trade");
    assertThat(switchover()).containsExactly("INSTANCES_MISSING");
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).containsExactly("INSTANCES_MISSING");
  }

  @Test
  void theSameSlotsMovedJustNow() {
    past.add(past(Kind.SWITCHOVER, "north", 299, 2));
    assertThat(switchover()).containsExactly("RECENTLY_MOVED");
    past.set(0, past(Kind.SWITCHOVER, "north", 300, 2));
    assertThat(switchover()).isEmpty();
    past.set(0, past(Kind.FAILBACK, "south", 1, 3));
    assertThat(switchover()).isEmpty();
  }

  @Test
  void aFailbackOrTheFailoverOfAnotherDatacenterIsNeverTooSoon() {
    past.add(past(Kind.SWITCHOVER, "south", 1, 2));
    assertThat(names(judge(Kind.FAILBACK, Set.of()))).isEmpty();
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).isEmpty();
    past.add(past(Kind.FAILOVER, "south", 1, 2));
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).isEmpty();
    past.add(past(Kind.FAILOVER, "north", 1, 2));
    assertThat(names(judge(Kind.FAILOVER, Set.of()))).containsExactly("RECENTLY_MOVED");
    assertThat(names(judge(Kind.FAILBACK, Set.of()))).isEmpty();
  }

  @Test
  void aClockThatWasStepped() {
    steps.put("north-1", new ClockStep(NOW.minusSeconds(59), -3_000));
    assertThat(switchover()).containsExactly("CLOCK_STEPPED");
    assertThat(names(judge(Kind.FAILOVER, Set.of("CLOCK_STEPPED"))))
        .containsExactly("CLOCK_STEPPED");
    steps.put("north-1", new ClockStep(NOW.minusSeconds(60), -3_000));
    assertThat(switchover()).isEmpty();
  }

  @Test
  void theCoordinationServiceHasNoSpare() {
    ensemble = new EnsembleFact(3, List.of("zk2:2181"));
    assertThat(switchover()).containsExactly("QUORUM_AT_RISK");
    Checks.Judgement failover = judge(Kind.FAILOVER, Set.of());
    assertThat(failover.refusals()).isEmpty();
    assertThat(failover.warnings()).hasSize(1);
    ensemble = new EnsembleFact(5, List.of("zk2:2181"));
    assertThat(switchover()).isEmpty();
    // one or two servers were decided by whoever made the deployment
    for (int servers : new int[] {1, 2}) {
      ensemble = new EnsembleFact(servers, List.of());
      Checks.Judgement small = judge(Kind.SWITCHOVER, Set.of());
      assertThat(small.refusals()).isEmpty();
      assertThat(small.warnings()).hasSize(1);
    }
  }

  private static PastMove past(Kind kind, String from, long secondsAgo, int slot) {
    return new PastMove("op-1", kind, from, NOW.minusSeconds(secondsAgo), Set.of(slot));
  }

  private static List<Run> homes() {
    return List.of(run(0, 2, "north-1"), run(3, 4, "west-1"), run(5, 7, "south-1"));
  }

  private static Run run(int first, int last, String owner) {
    return new Run(new SlotRange(first, last), SlotRoute.open(owner, 3));
  }

  private List<String> switchover() {
    return names(judge(Kind.SWITCHOVER, Set.of()));
  }

  private static List<String> names(Checks.Judgement judged) {
    assertThat(judged.refusals())
        .allMatch(one -> !one.detail().isBlank() && !one.wayOut().isBlank());
    return judged.refusals().stream().map(one -> one.name().name()).toList();
  }

  private Checks.Judgement judge(Kind kind, Set<String> force) {
    return judge(kind, force, 0, 2);
  }

  private Checks.Judgement judge(Kind kind, Set<String> force, int first, int last) {
    RouteTable routes = RouteTable.ofRuns(9, new Slots(8), runs);
    Map<Integer, FenceRow> rows = new TreeMap<>();
    for (int slot = 0; slot < 8; slot++) {
      rows.put(slot, FenceRow.open(slot, routes.of(slot).owner(), 3));
    }
    CellFact source =
        kind == Kind.FAILOVER
            ? new CellFact(Optional.of("refused"), -1, Map.of())
            : new CellFact(Optional.empty(), 7_000, rows);
    CheckFacts facts =
        new CheckFacts(
            Optional.empty(),
            routes,
            datacenters,
            Map.of("north-1", source, "south-1", new CellFact(Optional.empty(), 7_000, rows)),
            Map.of(THERE, new PipelineFact("STREAMING", 12, "", 500, verified)),
            Map.of(THERE, "", new Direction("south-1", "north-1"), ""),
            List.of(),
            new Surroundings(
                NOW,
                Duration.ofMinutes(5),
                since,
                Map.of(
                    "north-1", new CellPlace("north", "g1", Set.of(0, 1, 2)),
                    "west-1", new CellPlace("west", "g1", Set.of(3, 4)),
                    "south-1", new CellPlace("south", "g1", Set.of(5, 6, 7))),
                loads,
                instances,
                Set.of("account", "trade"),
                past,
                steps,
                ensemble));
    Move move =
        new Move(
            "north-1",
            "north",
            "south-1",
            "south",
            List.of(new SlotRun(new SlotRange(first, last), 3)));
    return Checks.judge(kind, List.of(move), facts, force);
  }
}
