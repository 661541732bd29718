package io.homecell.coordinator.steps;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.coordinator.operation.Move;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.route.StaleRouteTableException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * HOLD, PUBLISH, RELEASE and VERIFY: the route table and those who apply it.
 *
 * <p>Invariant upheld: the table is changed only from the exact epoch that the operation expects,
 * so a coordinator that has been overtaken changes nothing; a change that was made already counts
 * as done.
 */
final class RouteSteps {
  private static final Duration POLL = Duration.ofMillis(5);
  private static final Duration VERIFY_POLL = Duration.ofMillis(50);

  private final RouteStore store;
  private final AppliedEpochs applied;
  private final StepLimits limits;

  RouteSteps(RouteStore store, AppliedEpochs applied, StepLimits limits) {
    this.store = store;
    this.applied = applied;
    this.limits = limits;
  }

  /** What came of holding; the warnings name instances that were not waited for any longer. */
  record Held(String detail, List<String> warnings) {}

  /**
   * Routers must have acknowledged: one that does not hold would answer its users with errors.
   * Instances are waited for at the same time and for a moment only: users wait with them, and what
   * one that is behind lets through is refused by the fence before any effect.
   */
  Held hold(Action.Hold action, Stop stop) {
    RouteTable table = read();
    boolean held =
        table.epoch() == action.fromEpoch() + 1
            && action.moves().stream()
                .allMatch(
                    move ->
                        move.slots().stream()
                            .allMatch(slot -> isMovingTo(table.of(slot), move.target())));
    if (!held) {
      RouteTable next = table;
      for (Move move : action.moves()) {
        next = next.withMoving(move.slots(), move.target());
      }
      update(action.fromEpoch(), table, next);
    }
    long heldEpoch = action.fromEpoch() + 1;
    if (!action.acknowledged()) {
      return new Held("table " + heldEpoch, List.of());
    }
    long began = System.nanoTime();
    String routers = awaitApplied(heldEpoch, RouteSteps::isRouter, limits.hold(), POLL, stop);
    List<Applied> behind = behind(heldEpoch, process -> !isRouter(process));
    while (!behind.isEmpty() && !Stop.left(began, limits.holdInstances()).isZero()) {
      stop.pause(POLL);
      behind = behind(heldEpoch, process -> !isRouter(process));
    }
    return new Held(
        routers + " routers",
        behind.isEmpty()
            ? List.of()
            : List.of(
                "HOLD: after "
                    + limits.holdInstances().toMillis()
                    + " ms not waited for any longer, the fence refuses them: "
                    + names(behind)));
  }

  private static boolean isRouter(Applied process) {
    return process.role().equals("router");
  }

  private List<Applied> behind(long epoch, Predicate<Applied> who) {
    return applied.list().stream().filter(who).filter(one -> one.epoch() < epoch).toList();
  }

  private static String names(List<Applied> processes) {
    return processes.stream()
        .map(one -> one.role() + " " + one.instance() + " (at " + one.epoch() + ")")
        .collect(Collectors.joining(", "));
  }

  String publish(Action.Publish action) {
    Map<Integer, SlotRoute> owned = new HashMap<>();
    action
        .moves()
        .forEach(
            move ->
                move.openEpochs()
                    .forEach(
                        (slot, epoch) -> owned.put(slot, SlotRoute.open(move.target(), epoch))));
    return put(action.fromEpoch(), owned);
  }

  String release(Action.Release action) {
    RouteTable table = read();
    long now = table.epoch();
    boolean neverHeld = now == action.plannedEpoch();
    if (neverHeld && action.reopened()) {
      throw new StepFailedException(
          Failure.CONFLICT, "the route table is at " + now + " though it was held");
    }
    if (now == action.plannedEpoch() + 1 && !isAnyMoving(action)) {
      return "table " + now;
    }
    Map<Integer, SlotRoute> owned = new HashMap<>();
    for (Move move : action.moves()) {
      if (action.reopened()) {
        move.openEpochs()
            .forEach((slot, epoch) -> owned.put(slot, SlotRoute.open(move.source(), epoch)));
      } else {
        // Not the epoch that the operation counts from: a failover may count from the target's row.
        move.slots()
            .forEach(
                slot ->
                    owned.put(
                        slot, SlotRoute.open(table.of(slot).owner(), table.of(slot).epoch())));
      }
    }
    return put(neverHeld ? action.plannedEpoch() : action.plannedEpoch() + 1, owned);
  }

  private boolean isAnyMoving(Action.Release action) {
    RouteTable table = read();
    return action.moves().stream()
        .anyMatch(move -> move.slots().stream().anyMatch(slot -> table.of(slot).isMoving()));
  }

  /** Everybody but dead ones, whose ephemeral records vanish with their sessions. */
  String verify(Action.Verify action, Stop stop) {
    return awaitApplied(action.routeEpoch(), process -> true, limits.verify(), VERIFY_POLL, stop);
  }

  /** Every router routes the wave to its new owner: from here on its figures are told by it. */
  String awaitRouters(long epoch, Stop stop) {
    return awaitApplied(
        epoch, process -> process.role().equals("router"), limits.verify(), VERIFY_POLL, stop);
  }

  private String put(long fromEpoch, Map<Integer, SlotRoute> owned) {
    RouteTable table = read();
    boolean done =
        table.epoch() == fromEpoch + 1
            && owned.entrySet().stream()
                .allMatch(entry -> table.of(entry.getKey()).equals(entry.getValue()));
    if (!done) {
      update(fromEpoch, table, table.withOwners(owned));
    }
    return "table " + (fromEpoch + 1);
  }

  private void update(long fromEpoch, RouteTable table, RouteTable changed) {
    if (table.epoch() != fromEpoch) {
      throw new StepFailedException(
          Failure.CONFLICT,
          "the route table is at epoch " + table.epoch() + " (expected: " + fromEpoch + ")");
    }
    // One change of the table, however many cells it moves.
    RouteTable next = RouteTable.ofRuns(fromEpoch + 1, changed.slots(), changed.runs());
    try {
      store.update(fromEpoch, next);
    } catch (StaleRouteTableException e) {
      throw new StepFailedException(Failure.CONFLICT, String.valueOf(e.getMessage()));
    }
  }

  private RouteTable read() {
    return store
        .read()
        .map(RouteStore.Versioned::table)
        .orElseThrow(() -> new CoordinationException("there is no route table"));
  }

  private static boolean isMovingTo(SlotRoute route, String target) {
    return route.movingTo().map(target::equals).orElse(false);
  }

  private String awaitApplied(
      long epoch, Predicate<Applied> who, Duration limit, Duration poll, Stop stop) {
    long began = System.nanoTime();
    while (true) {
      List<Applied> all = applied.list().stream().filter(who).toList();
      List<Applied> behind = all.stream().filter(one -> one.epoch() < epoch).toList();
      if (behind.isEmpty()) {
        return "table " + epoch + " applied by " + all.size();
      }
      if (Stop.left(began, limit).isZero()) {
        throw new StepFailedException(
            Failure.UNREACHABLE,
            "table "
                + epoch
                + " was not applied within "
                + limit.toMillis()
                + " ms by "
                + names(behind));
      }
      stop.pause(poll);
    }
  }
}
