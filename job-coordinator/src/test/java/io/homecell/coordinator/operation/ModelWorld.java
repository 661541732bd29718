package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.core.fence.FenceRow;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A model of what the actions act on, for one slot and the cells n-1 and s-1: fence rows and data
 * that replicate in order, leases that are granted on an earlier proof, a route table and records
 * that change by compare-and-set. It says what the adapters must do, not how; it stands in for no
 * database in any other test.
 */
final class ModelWorld {
  static final long LEASE = 8;
  static final Instant AT = Instant.EPOCH;

  private record Shipped(Optional<FenceRow> row, int writes) {}

  final Map<String, FenceRow> rows = new HashMap<>();
  final Map<String, Long> leaseUntil = new HashMap<>();
  final Map<String, Boolean> lost = new HashMap<>();
  final Map<String, Integer> versions = new HashMap<>();
  final Map<String, Long> lostAt = new HashMap<>();
  private final Map<String, Deque<Shipped>> streams = new HashMap<>();
  private final Map<String, Integer> written = new HashMap<>();
  private final Map<String, Integer> applied = new HashMap<>();
  long time;
  long routeEpoch = 1;
  String routeOwner = "n-1";
  long routeSlotEpoch = 1;
  boolean moving;

  ModelWorld() {
    for (String cell : List.of("n-1", "s-1")) {
      rows.put(cell, FenceRow.open(0, "n-1", 1));
      leaseUntil.put(cell, LEASE);
      streams.put(cell, new ArrayDeque<>());
      written.put(cell, 0);
      applied.put(cell, 0);
      lost.put(cell.substring(0, 1), false);
      versions.put(cell.substring(0, 1), 0);
    }
  }

  static String other(String cell) {
    return cell.equals("n-1") ? "s-1" : "n-1";
  }

  boolean canWrite(String cell) {
    return rows.get(cell).isOpenFor(cell) && leaseUntil.get(cell) > time;
  }

  void write(String cell) {
    if (canWrite(cell)) {
      written.merge(cell, 1, Integer::sum);
      streams.get(cell).add(new Shipped(Optional.empty(), 1));
    }
  }

  void renewLease(String cell, long provenAt) {
    leaseUntil.merge(cell, provenAt + LEASE, Math::max);
  }

  /** Ships the oldest change of a cell to the other one; the higher epoch wins. */
  void ship(String source) {
    Shipped shipped = streams.get(source).poll();
    if (shipped != null) {
      applied.merge(source, shipped.writes(), Integer::sum);
      String target = other(source);
      shipped
          .row()
          .filter(row -> row.epoch() > rows.get(target).epoch())
          .ifPresent(row -> rows.put(target, row));
    }
  }

  boolean hasEverythingOf(String source) {
    return written.get(source).equals(applied.get(source));
  }

  private void setRow(String cell, FenceRow row) {
    rows.put(cell, row);
    streams.get(cell).add(new Shipped(Optional.of(row), 0));
  }

  boolean open(String cell, long epoch) {
    FenceRow wanted = FenceRow.open(0, cell, epoch);
    if (rows.get(cell).epoch() < epoch) {
      setRow(cell, wanted);
    }
    return rows.get(cell).equals(wanted);
  }

  private boolean close(String cell, long epochBefore) {
    if (rows.get(cell).equals(FenceRow.open(0, cell, epochBefore))) {
      setRow(cell, FenceRow.closed(0, cell, epochBefore + 1));
    }
    return rows.get(cell).equals(FenceRow.closed(0, cell, epochBefore + 1));
  }

  private boolean routes(long from, String owner, long slotEpoch, boolean toMoving) {
    if (routeEpoch == from) {
      routeEpoch++;
      routeOwner = owner;
      routeSlotEpoch = slotEpoch;
      moving = toMoving;
      return true;
    }
    return routeEpoch == from + 1
        && routeOwner.equals(owner)
        && routeSlotEpoch == slotEpoch
        && moving == toMoving;
  }

  private void mark(String datacenter, boolean isLost) {
    lost.put(datacenter, isLost);
    versions.merge(datacenter, 1, Integer::sum);
    if (isLost) {
      lostAt.put(datacenter, time);
    }
  }

  /** Does an action; empty while it still waits. */
  Optional<Event> act(Action action, Operation operation) {
    Move move = operation.moves().get(0);
    long before = move.epochsBefore().get(0);
    if (action instanceof Action.Check) {
      return Optional.of(check(operation, move, before));
    } else if (action instanceof Action.Hold hold) {
      return result(action, routes(hold.fromEpoch(), move.source(), before, true));
    } else if (action instanceof Action.CloseFence) {
      return result(action, close(move.source(), before));
    } else if (action instanceof Action.AwaitDrain) {
      boolean arrived =
          rows.get(move.target()).equals(FenceRow.closed(0, move.source(), before + 1));
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
    } else if (action instanceof Action.OpenFence) {
      return result(action, open(move.target(), before + 2));
    } else if (action instanceof Action.Publish publish) {
      return result(action, routes(publish.fromEpoch(), move.target(), before + 2, false));
    } else if (action instanceof Action.ReopenFence) {
      return result(action, open(move.source(), before + 2));
    } else if (action instanceof Action.Release release) {
      long slotEpoch = release.reopened() ? before + 2 : before;
      boolean held = routeEpoch == release.plannedEpoch() + 1 && moving;
      long from = held ? release.plannedEpoch() + 1 : release.plannedEpoch();
      boolean done =
          routes(from, move.source(), slotEpoch, false)
              || (routeEpoch == release.plannedEpoch() + 2 && !moving);
      return result(action, done);
    } else if (action instanceof Action.Undeclare undeclare) {
      mark(undeclare.datacenter(), false);
      return result(action, true);
    } else if (action instanceof Action.MarkActive markActive) {
      if (!markActive.datacenters().isEmpty()) {
        FenceRow row = rows.get(move.target());
        if (row.isOpenFor(move.target()) || row.epoch() < routeSlotEpoch) {
          return result(action, false);
        }
        mark(markActive.datacenters().get(0), false);
      }
      return result(action, true);
    }
    return result(action, true);
  }

  private Event check(Operation operation, Move move, long before) {
    FenceRow source = rows.get(move.source());
    boolean fine =
        operation.kind() == Kind.FAILOVER || source.equals(FenceRow.open(0, move.source(), before));
    return fine
        ? new Event.Done(Step.CHECK, AT, "")
        : new Event.Refused(
            AT, List.of(new Refusal(RefusalName.FENCE_NOT_AS_ROUTES, "" + source, "")));
  }

  private static Optional<Event> result(Action action, boolean fine) {
    return Optional.of(
        fine
            ? new Event.Done(action.step(), AT, "")
            : new Event.Failed(action.step(), AT, Failure.CONFLICT, "not as left"));
  }
}
