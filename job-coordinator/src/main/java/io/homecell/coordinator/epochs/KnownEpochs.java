package io.homecell.coordinator.epochs;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What ZooKeeper says, beside what the cells' databases have seen. Pure: whether ZooKeeper has gone
 * back to an older state, and what would put it right. The fence rows are the truth, since they are
 * what writers are held to.
 *
 * @param table of ZooKeeper
 * @param states of the datacenters, of ZooKeeper
 * @param cells what each cell that answers has
 * @param underWay for the slots of an operation under way, the epoch that its rows may have reached
 * @param appliedEpoch the highest epoch of a table that a live process has applied
 */
record KnownEpochs(
    Topology topology,
    RouteTable table,
    Map<String, DatacenterState> states,
    Map<String, Seen> cells,
    Map<Integer, Long> underWay,
    long appliedEpoch) {
  /** What a cell's database has: its fence rows, and the highest epochs its keepers have seen. */
  record Seen(Map<Integer, FenceRow> rows, Map<String, Long> highest) {
    long routes() {
      return highest.getOrDefault("routes", 0L);
    }

    long datacenter(String name) {
      return highest.getOrDefault("datacenter " + name, 0L);
    }
  }

  /** What to write: the table, and the states that change. */
  record Raise(RouteTable table, Map<String, DatacenterState> states, List<String> sentences) {}

  /** Where ZooKeeper is behind what was seen; empty if nowhere. */
  List<String> findings() {
    List<String> findings = new ArrayList<>();
    if (table.epoch() < highestTable()) {
      findings.add(
          "the route table has epoch " + table.epoch() + ", " + highestTable() + " was seen");
    }
    states.forEach(
        (name, state) -> {
          if (state.epoch() < highestState(name)) {
            findings.add(
                "the state of "
                    + name
                    + " has epoch "
                    + state.epoch()
                    + ", "
                    + highestState(name)
                    + " was seen");
          }
        });
    cells.forEach((cell, seen) -> ahead(cell, seen).ifPresent(findings::add));
    return findings;
  }

  private Optional<String> ahead(String cell, Seen seen) {
    List<FenceRow> ahead =
        seen.rows().values().stream().filter(row -> row.epoch() > allowed(row.slot())).toList();
    return ahead.isEmpty()
        ? Optional.empty()
        : Optional.of(
            cell
                + " has "
                + ahead.size()
                + " fence rows ahead of the route table, first: "
                + ahead.get(0)
                + " (table: epoch "
                + table.of(ahead.get(0).slot()).epoch()
                + ")");
  }

  private long allowed(int slot) {
    return Math.max(table.of(slot).epoch(), underWay.getOrDefault(slot, 0L));
  }

  private long highestTable() {
    return cells.values().stream().mapToLong(Seen::routes).reduce(appliedEpoch, Math::max);
  }

  private long highestState(String datacenter) {
    return cells.values().stream().mapToLong(seen -> seen.datacenter(datacenter)).max().orElse(0);
  }

  /**
   * What puts ZooKeeper right.
   *
   * @param without cells that do not answer and that a person vouches to be dead: their datacenters
   *     become lost
   */
  Raise raise(Set<String> without) {
    List<RouteTable.Run> runs = new ArrayList<>();
    int changed = 0;
    for (int slot = 0; slot < table.slots().count(); slot++) {
      SlotRoute route = truth(slot);
      changed += route.equals(table.of(slot)) ? 0 : 1;
      runs.add(new RouteTable.Run(new SlotRange(slot, slot), route));
    }
    long epoch = Math.max(table.epoch(), highestTable()) + 1;
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "route table: epoch "
            + table.epoch()
            + " -> "
            + epoch
            + ", "
            + changed
            + " slots as their fence rows have them");
    Map<String, DatacenterState> changes = new TreeMap<>();
    states.forEach(
        (name, state) -> {
          boolean lost = state.isLost() || mustBeLost(name, without);
          boolean behind = state.epoch() < highestState(name);
          if (behind || lost != state.isLost()) {
            long next = Math.max(state.epoch(), highestState(name)) + 1;
            State becomes = lost ? State.LOST : State.ACTIVE;
            changes.put(name, new DatacenterState(becomes, next, state.version()));
            sentences.add(
                "datacenter "
                    + name
                    + ": "
                    + state.state()
                    + " epoch "
                    + state.epoch()
                    + " -> "
                    + becomes
                    + " epoch "
                    + next);
          }
        });
    return new Raise(RouteTable.ofRuns(epoch, table.slots(), runs), changes, sentences);
  }

  /** The owner by the highest row; the table, if no row is higher. */
  private SlotRoute truth(int slot) {
    FenceRow highest = highestRow(slot);
    SlotRoute route = table.of(slot);
    if (highest.epoch() <= route.epoch()) {
      return SlotRoute.open(route.owner(), route.epoch());
    }
    // A row that was closed by an operation that ZooKeeper has forgotten is opened where it was.
    return highest.state() == FenceRow.State.OPEN
        ? SlotRoute.open(highest.owner(), highest.epoch())
        : SlotRoute.open(highest.owner(), highest.epoch() + 1);
  }

  private FenceRow highestRow(int slot) {
    FenceRow highest = FenceRow.closed(slot, table.of(slot).owner(), 0);
    for (Seen seen : cells.values()) {
      FenceRow row = seen.rows().get(slot);
      if (row != null && row.epoch() > highest.epoch()) {
        highest = row;
      }
    }
    return highest;
  }

  /** One whose cell still claims what another cell owns by a higher epoch was failed over. */
  private boolean mustBeLost(String datacenter, Set<String> without) {
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      Seen seen = cells.get(cell.name());
      boolean stale =
          seen != null
              && seen.rows().values().stream()
                  .filter(row -> row.isOpenFor(cell.name()))
                  .anyMatch(row -> highestRow(row.slot()).epoch() > row.epoch());
      if (stale || without.contains(cell.name())) {
        return true;
      }
    }
    return false;
  }
}
