package io.homecell.core.route;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Slot to owner, at one epoch.
 *
 * <p>Invariant: a table is never changed, only replaced by one with a higher epoch; so a reader
 * that holds a table sees one state of the whole deployment. A lookup is an array read: no lock, no
 * allocation. Immutable and safe for any number of threads.
 */
public final class RouteTable {
  private final long epoch;
  private final Slots slots;
  private final SlotRoute[] routes;

  private RouteTable(long epoch, Slots slots, SlotRoute[] routes) {
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch: " + epoch + " (expected: >= 1)");
    }
    this.epoch = epoch;
    this.slots = slots;
    this.routes = routes;
  }

  /** The table of a deployment that has just been made: every slot open at its home, epoch 1. */
  public static RouteTable initial(Topology topology) {
    SlotRoute[] routes = new SlotRoute[topology.slots().count()];
    for (Topology.Cell cell : topology.cells().values()) {
      SlotRoute route = SlotRoute.open(cell.name(), 1);
      cell.slots().forEach(range -> range.stream().forEach(slot -> routes[slot] = route));
    }
    for (int slot = 0; slot < routes.length; slot++) {
      if (routes[slot] == null) {
        throw new IllegalArgumentException("slot " + slot + " has no home cell");
      }
    }
    return new RouteTable(1, topology.slots(), routes);
  }

  /**
   * A table made of runs.
   *
   * @throws IllegalArgumentException if the runs do not cover every slot exactly once, in order
   */
  public static RouteTable ofRuns(long epoch, Slots slots, List<Run> runs) {
    SlotRoute[] routes = new SlotRoute[slots.count()];
    int next = 0;
    for (Run run : runs) {
      if (run.slots().first() != next || run.slots().last() >= slots.count()) {
        throw new IllegalArgumentException(
            "run "
                + run.slots()
                + " (expected: first = "
                + next
                + ", last < "
                + slots.count()
                + ")");
      }
      Arrays.fill(routes, next, run.slots().last() + 1, run.route());
      next = run.slots().last() + 1;
    }
    if (next != slots.count()) {
      throw new IllegalArgumentException(
          "runs end at slot " + (next - 1) + " (expected: " + (slots.count() - 1) + ")");
    }
    return new RouteTable(epoch, slots, routes);
  }

  /** Neighbouring slots that share a route. */
  public record Run(SlotRange slots, SlotRoute route) {}

  /** The table's version: higher is newer. Not the ownership epoch of a slot. */
  public long epoch() {
    return epoch;
  }

  public Slots slots() {
    return slots;
  }

  /**
   * The route of a slot.
   *
   * @throws ArrayIndexOutOfBoundsException if the deployment has no such slot
   */
  public SlotRoute of(int slot) {
    return routes[slot];
  }

  /** The route of the slot that an id carries. */
  public SlotRoute ofId(long id) {
    return routes[slots.of(id)];
  }

  /** The slots that a cell owns, moving ones included, in order. */
  public IntStream ownedBy(String cell) {
    return IntStream.range(0, routes.length).filter(slot -> routes[slot].owner().equals(cell));
  }

  /** The table as runs of neighbouring slots with equal routes, in order. */
  public List<Run> runs() {
    List<Run> runs = new ArrayList<>();
    int first = 0;
    for (int slot = 1; slot <= routes.length; slot++) {
      if (slot == routes.length || !routes[slot].equals(routes[first])) {
        runs.add(new Run(new SlotRange(first, slot - 1), routes[first]));
        first = slot;
      }
    }
    return List.copyOf(runs);
  }

  /** How many slots each cell owns. */
  public Map<String, Integer> slotCountByOwner() {
    Map<String, Integer> counts = new TreeMap<>();
    for (SlotRoute route : routes) {
      counts.merge(route.owner(), 1, Integer::sum);
    }
    return counts;
  }

  /** The next table: these slots moving to a cell, each keeping owner and epoch. */
  public RouteTable withMoving(Iterable<Integer> moving, String target) {
    return with(moving, route -> new SlotRoute(route.owner(), route.epoch(), Optional.of(target)));
  }

  /** The next table: these slots open where they are (a move that was given up). */
  public RouteTable withOpen(Iterable<Integer> slotsToOpen) {
    return with(slotsToOpen, route -> SlotRoute.open(route.owner(), route.epoch()));
  }

  /**
   * The next table: one slot after another open at a new owner.
   *
   * @param owned the new route by slot
   * @throws IllegalArgumentException if an ownership epoch would fall
   */
  public RouteTable withOwners(Map<Integer, SlotRoute> owned) {
    SlotRoute[] next = routes.clone();
    owned.forEach(
        (slot, route) -> {
          if (route.epoch() < next[slot].epoch()) {
            throw new IllegalArgumentException(
                "slot "
                    + slot
                    + " epoch: "
                    + route.epoch()
                    + " (expected: >= "
                    + next[slot].epoch()
                    + ")");
          }
          next[slot] = route;
        });
    return new RouteTable(epoch + 1, slots, next);
  }

  private RouteTable with(Iterable<Integer> changed, UnaryOperator<SlotRoute> change) {
    SlotRoute[] next = routes.clone();
    for (int slot : changed) {
      next[slot] = change.apply(next[slot]);
    }
    return new RouteTable(epoch + 1, slots, next);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RouteTable table
        && epoch == table.epoch
        && Arrays.equals(routes, table.routes);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(epoch) * 31 + Arrays.hashCode(routes);
  }

  @Override
  public String toString() {
    return "RouteTable(epoch=" + epoch + ", " + runs() + ")";
  }
}
