package io.homecell.coordinator.epochs;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Slot 0 has moved from north-1 to south-1 and back and on; ZooKeeper may have forgotten it. */
class KnownEpochsTest {
  private static final Topology TOPOLOGY = TopologyFile.read(Path.of("../topology.yaml"));

  private final RouteTable initial = RouteTable.initial(TOPOLOGY);
  private final Map<String, DatacenterState> states = new TreeMap<>();
  private final Map<String, KnownEpochs.Seen> cells = new TreeMap<>();

  KnownEpochsTest() {
    for (String datacenter : List.of("north", "south")) {
      states.put(datacenter, new DatacenterState(State.ACTIVE, 0, 7));
    }
    cells.put("north-1", new KnownEpochs.Seen(rows(), new HashMap<>()));
    cells.put("south-1", new KnownEpochs.Seen(rows(), new HashMap<>()));
  }

  private static Map<Integer, FenceRow> rows() {
    Map<Integer, FenceRow> rows = new HashMap<>();
    IntStream.range(0, TOPOLOGY.slots().count())
        .forEach(slot -> rows.put(slot, FenceRow.open(slot, TOPOLOGY.homeOf(slot).name(), 1)));
    return rows;
  }

  private void row(String cell, FenceRow row) {
    cells.get(cell).rows().put(row.slot(), row);
  }

  private void seen(String cell, String subject, long epoch) {
    cells.get(cell).highest().put(subject, epoch);
  }

  private KnownEpochs known(RouteTable table, Map<Integer, Long> underWay, long applied) {
    return new KnownEpochs(TOPOLOGY, table, states, cells, underWay, applied);
  }

  private KnownEpochs known() {
    return known(initial, Map.of(), 1);
  }

  @Test
  void nothingIsFoundWhereNothingIsBehind() {
    assertThat(known().findings()).isEmpty();
    // A table ahead of rows is the ordinary case of a database that was away.
    RouteTable ahead = initial.withOwners(Map.of(0, SlotRoute.open("north-1", 5)));
    assertThat(known(ahead, Map.of(), 2).findings()).isEmpty();
  }

  @Test
  void anOperationUnderWayMayBeAheadAsFarAsItGoes() {
    row("north-1", FenceRow.closed(0, "north-1", 2));
    row("south-1", FenceRow.open(0, "south-1", 3));
    assertThat(known(initial, Map.of(0, 3L), 1).findings()).isEmpty();
    assertThat(known(initial, Map.of(0, 2L), 1).findings())
        .singleElement()
        .asString()
        .startsWith("south-1 has 1 fence rows ahead of the route table");
  }

  @Test
  void everyEpochThatWasSeenCounts() {
    seen("south-1", "routes", 4);
    seen("north-1", "datacenter north", 2);
    assertThat(known(initial, Map.of(), 6).findings())
        .containsExactly(
            "the route table has epoch 1, 6 was seen",
            "the state of north has epoch 0, 2 was seen");
    KnownEpochs.Raise raise = known(initial, Map.of(), 6).raise(Set.of());
    assertThat(raise.table().epoch()).isEqualTo(7);
    assertThat(raise.states())
        .containsExactlyEntriesOf(Map.of("north", new DatacenterState(State.ACTIVE, 3, 7)));
  }

  @Test
  void theHighestRowIsTheTruth() {
    row("north-1", FenceRow.open(0, "south-1", 3));
    row("south-1", FenceRow.open(0, "south-1", 3));
    // Closed by an operation that is forgotten: opened where it was.
    row("north-1", FenceRow.closed(1, "north-1", 2));
    KnownEpochs.Raise raise = known().raise(Set.of());
    assertThat(raise.table().of(0)).isEqualTo(SlotRoute.open("south-1", 3));
    assertThat(raise.table().of(1)).isEqualTo(SlotRoute.open("north-1", 3));
    assertThat(raise.table().of(2)).isEqualTo(SlotRoute.open("north-1", 1));
    assertThat(raise.states()).isEmpty();
  }

  @Test
  void aDatacenterThatStillClaimsWhatAnotherOwnsBecomesLost() {
    row("south-1", FenceRow.open(0, "south-1", 3));
    assertThat(known().raise(Set.of()).states())
        .containsExactlyEntriesOf(Map.of("north", new DatacenterState(State.LOST, 1, 7)));
  }

  @Test
  void soDoesOneWhoseCellIsGivenUp() {
    cells.remove("north-1");
    row("south-1", FenceRow.open(0, "south-1", 3));
    assertThat(known().raise(Set.of("north-1")).states().get("north").state())
        .isEqualTo(State.LOST);
  }
}
