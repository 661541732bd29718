package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.core.fence.FenceRow;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A model of what the actions act on, for two slots and the cells n-1 and s-1: fence rows and data
 * that replicate in order, leases that are granted on an earlier proof, a route table and records
 * that change by compare-and-set. It says what the adapters must do, not how; it stands in for no
 * database in any other test.
 */
final class ModelWorld {
  static final long LEASE = 8;
  static final int SLOTS = 2;
  static final Instant AT = Instant.EPOCH;

  /** What a slot's route is. */
  record Route(String owner, long epoch, boolean moving) {}

  /** A change on its way: a slot's row, or one write to the slot. */
  private record Shipped(int slot, Optional<FenceRow> row) {}

  final Map<String, FenceRow[]> rows = new HashMap<>();
  final Route[] routes = new Route[SLOTS];
  final Map<String, Long> leaseUntil = new HashMap<>();
  final Map<String, Boolean> lost = new HashMap<>();
  final Map<String, Integer> versions = new HashMap<>();
  final Map<String, Long> lostAt = new HashMap<>();
  private final Map<String, Deque<Shipped>> streams = new HashMap<>();
  private final Map<String, int[]> written = new HashMap<>();
  private final Map<String, int[]> applied = new HashMap<>();
  long time;
  long routeEpoch = 1;

  ModelWorld() {
    for (String cell : List.of("n-1", "s-1")) {
      rows.put(cell, new FenceRow[SLOTS]);
      for (int slot = 0; slot < SLOTS; slot++) {
        rows.get(cell)[slot] = FenceRow.open(slot, "n-1", 1);
        routes[slot] = new Route("n-1", 1, false);
      }
      leaseUntil.put(cell, LEASE);
      streams.put(cell, new ArrayDeque<>());
      written.put(cell, new int[SLOTS]);
      applied.put(cell, new int[SLOTS]);
      lost.put(cell.substring(0, 1), false);
      versions.put(cell.substring(0, 1), 0);
    }
  }

  static String other(String cell) {
    return cell.equals("n-1") ? "s-1" : "n-1";
  }

  FenceRow row(String cell, int slot) {
    return rows.get(cell)[slot];
  }

  boolean canWrite(String cell, int slot) {
    return row(cell, slot).isOpenFor(cell) && leaseUntil.get(cell) > time;
  }

  void write(String cell, int slot) {
    if (canWrite(cell, slot)) {
      written.get(cell)[slot]++;
      streams.get(cell).add(new Shipped(slot, Optional.empty()));
    }
  }

  void renewLease(String cell, long provenAt) {
    leaseUntil.merge(cell, provenAt + LEASE, Math::max);
  }

  /** Ships the oldest change of a cell to the other one; the higher epoch wins. */
  void ship(String source) {
    Shipped shipped = streams.get(source).poll();
    if (shipped == null) {
      return;
    }
    String target = other(source);
    shipped
        .row()
        .ifPresentOrElse(
            row -> {
              if (row.epoch() > row(target, row.slot()).epoch()) {
                rows.get(target)[row.slot()] = row;
              }
            },
            () -> applied.get(source)[shipped.slot()]++);
  }

  boolean hasEverythingOf(String source, Set<Integer> slots) {
    return slots.stream().allMatch(slot -> written.get(source)[slot] == applied.get(source)[slot]);
  }

  private void setRow(String cell, FenceRow row) {
    rows.get(cell)[row.slot()] = row;
    streams.get(cell).add(new Shipped(row.slot(), Optional.of(row)));
  }

  /** All rows or none. */
  boolean open(String cell, NavigableMap<Integer, Long> epochs) {
    List<FenceRow> changed = new ArrayList<>();
    for (Map.Entry<Integer, Long> slot : epochs.entrySet()) {
      FenceRow wanted = FenceRow.open(slot.getKey(), cell, slot.getValue());
      FenceRow now = row(cell, slot.getKey());
      if (now.epoch() < slot.getValue()) {
        changed.add(wanted);
      } else if (!now.equals(wanted)) {
        return false;
      }
    }
    changed.forEach(row -> setRow(cell, row));
    return true;
  }

  private boolean close(String cell, NavigableMap<Integer, Long> epochsBefore) {
    List<FenceRow> changed = new ArrayList<>();
    for (Map.Entry<Integer, Long> slot : epochsBefore.entrySet()) {
      FenceRow now = row(cell, slot.getKey());
      FenceRow wanted = FenceRow.closed(slot.getKey(), cell, slot.getValue() + 1);
      if (now.equals(FenceRow.open(slot.getKey(), cell, slot.getValue()))) {
        changed.add(wanted);
      } else if (!now.equals(wanted)) {
        return false;
      }
    }
    changed.forEach(row -> setRow(cell, row));
    return true;
  }

  private boolean areClosed(String cell, String owner, NavigableMap<Integer, Long> epochs) {
    return epochs.entrySet().stream()
        .allMatch(
            slot ->
                row(cell, slot.getKey())
                    .equals(FenceRow.closed(slot.getKey(), owner, slot.getValue())));
  }

  private boolean routes(
      long from, String owner, NavigableMap<Integer, Long> epochs, boolean moving) {
    if (routeEpoch == from) {
      routeEpoch++;
      epochs.forEach((slot, epoch) -> routes[slot] = new Route(owner, epoch, moving));
      return true;
    }
    return routeEpoch == from + 1
        && epochs.entrySet().stream()
            .allMatch(
                slot -> routes[slot.getKey()].equals(new Route(owner, slot.getValue(), moving)));
  }

  private NavigableMap<Integer, Long> asRouted(Move move) {
    NavigableMap<Integer, Long> epochs = move.epochsBefore();
    epochs.replaceAll((slot, epoch) -> routes[slot].epoch());
    return epochs;
  }

  private boolean anyMoving(Move move) {
    return move.slots().stream().anyMatch(slot -> routes[slot].moving());
  }

  private void mark(String datacenter, boolean isLost) {
    lost.put(datacenter, isLost);
    versions.merge(datacenter, 1, Integer::sum);
    if (isLost) {
      lostAt.put(datacenter, time);
    }
  }

  /** The slots that the table gives to a cell, with the epochs of their routes. */
  NavigableMap<Integer, Long> ownedBy(String cell) {
    NavigableMap<Integer, Long> owned = new TreeMap<>();
    for (int slot = 0; slot < SLOTS; slot++) {
      if (routes[slot].owner().equals(cell)) {
        owned.put(slot, routes[slot].epoch());
      }
    }
    return owned;
  }

  /** Does an action; empty while it still waits. */
  Optional<Event> act(Action action, Operation operation) {
    if (action instanceof Action.Check) {
      return Optional.of(check(operation, operation.movesToCheck().get(0)));
    } else if (action instanceof Action.Hold hold) {
      Move move = hold.moves().get(0);
      return result(action, routes(hold.fromEpoch(), move.source(), asRouted(move), true));
    } else if (action instanceof Action.CloseFence close) {
      Move move = close.moves().get(0);
      return result(action, close(move.source(), move.epochsBefore()));
    } else if (action instanceof Action.AwaitDrain drain) {
      Move move = drain.moves().get(0);
      boolean arrived = areClosed(move.target(), move.source(), move.closedEpochs());
      return arrived ? result(action, true) : Optional.empty();
    } else if (action instanceof Action.DeclareLost declare) {
      String name = declare.datacenter();
      if (versions.get(name) == declare.fromVersion()) {
        mark(name, true);
      }
      return result(action, lost.get(name) && versions.get(name) == declare.fromVersion() + 1);
    } else if (action instanceof Action.AwaitLease lease) {
      boolean over = time > lostAt.getOrDefault(lease.datacenter(), time) + LEASE;
      return over ? result(action, true) : Optional.empty();
    } else if (action instanceof Action.OpenFence open) {
      Move move = open.moves().get(0);
      return result(action, open(move.target(), move.openEpochs()));
    } else if (action instanceof Action.Publish publish) {
      Move move = publish.moves().get(0);
      return result(action, routes(publish.fromEpoch(), move.target(), move.openEpochs(), false));
    } else if (action instanceof Action.ReopenFence reopen) {
      Move move = reopen.moves().get(0);
      return result(action, open(move.source(), move.openEpochs()));
    } else if (action instanceof Action.Release release) {
      return result(action, release(release, release.moves().get(0)));
    } else if (action instanceof Action.Undeclare undeclare) {
      mark(undeclare.datacenter(), false);
      return result(action, true);
    } else if (action instanceof Action.MarkActive markActive) {
      return result(action, markActive(markActive, operation.moves().get(0).target()));
    }
    return result(action, true);
  }

  private boolean release(Action.Release release, Move move) {
    NavigableMap<Integer, Long> epochs = release.reopened() ? move.openEpochs() : asRouted(move);
    boolean held = routeEpoch == release.plannedEpoch() + 1 && anyMoving(move);
    long from = held ? release.plannedEpoch() + 1 : release.plannedEpoch();
    return routes(from, move.source(), epochs, false)
        || (routeEpoch == release.plannedEpoch() + 2 && !anyMoving(move));
  }

  private boolean markActive(Action.MarkActive action, String target) {
    if (action.datacenters().isEmpty()) {
      return true;
    }
    Set<Integer> elsewhere = new TreeSet<>(ownedBy(other(target)).keySet());
    for (int slot : elsewhere) {
      FenceRow row = row(target, slot);
      if (row.isOpenFor(target) || row.epoch() < routes[slot].epoch()) {
        return false;
      }
    }
    mark(action.datacenters().get(0), false);
    return true;
  }

  private Event check(Operation operation, Move move) {
    boolean fine =
        operation.kind() == Kind.FAILOVER
            || move.epochsBefore().entrySet().stream()
                .allMatch(
                    slot ->
                        row(move.source(), slot.getKey())
                            .equals(FenceRow.open(slot.getKey(), move.source(), slot.getValue())));
    return fine
        ? new Event.Done(Step.CHECK, AT, "")
        : new Event.Refused(AT, List.of(new Refusal(RefusalName.FENCE_NOT_AS_ROUTES, "", "")));
  }

  private static Optional<Event> result(Action action, boolean fine) {
    return Optional.of(
        fine
            ? new Event.Done(action.step(), AT, "")
            : new Event.Failed(action.step(), AT, Failure.CONFLICT, "not as left"));
  }
}
