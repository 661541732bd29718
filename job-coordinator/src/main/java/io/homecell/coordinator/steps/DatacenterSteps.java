package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellReport;
import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.coordinator.operation.Move;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.StaleStateException;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** DECLARE_LOST, WAIT_LEASE, MARK_ACTIVE and UNDECLARE: who gets leases. */
final class DatacenterSteps {
  private static final Duration POLL = Duration.ofMillis(50);

  private final Topology topology;
  private final DatacenterStates states;
  private final LossDeclaration declaration;
  private final RouteStore routes;
  private final CellReader reader;
  private final StepLimits limits;

  /** When this process knows that a declaration had been made; another process waits anew. */
  private final Map<String, Long> declaredAtNanos = new ConcurrentHashMap<>();

  DatacenterSteps(
      Topology topology,
      DatacenterStates states,
      LossDeclaration declaration,
      RouteStore routes,
      CellReader reader,
      StepLimits limits) {
    this.topology = topology;
    this.states = states;
    this.declaration = declaration;
    this.routes = routes;
    this.reader = reader;
    this.limits = limits;
  }

  String declareLost(Action.DeclareLost action, Stop stop) {
    String name = action.datacenter();
    DatacenterState state = states.read(name);
    if (state.version() == action.fromVersion() && !state.isLost()) {
      state = declare(name, state.version());
    }
    boolean declared =
        state.isLost()
            && (state.version() == action.fromVersion()
                || state.version() == action.fromVersion() + 1);
    if (!declared) {
      throw new StepFailedException(
          Failure.CONFLICT,
          "datacenter "
              + name
              + " is "
              + state
              + " (planned: version "
              + action.fromVersion()
              + ")");
    }
    declaration.tellWitnesses(name, state.epoch(), stop);
    declaredAtNanos.put(name, System.nanoTime());
    return name + " is lost, epoch " + state.epoch();
  }

  /**
   * A lease was granted, at the latest, on a proof from just before the declaration, and runs for
   * the lease from that proof on. The margin covers clocks that run at different speeds.
   */
  String awaitLease(Action.AwaitLease action, Stop stop) {
    if (!declaredAtNanos.containsKey(action.datacenter())) {
      // Another coordinator has declared it, and a witness; telling one more is never wrong.
      DatacenterState state = states.read(action.datacenter());
      if (state.isLost()) {
        declaration.tellWitnesses(action.datacenter(), state.epoch(), stop);
      }
    }
    Duration whole = topology.coordination().lease().plus(limits.leaseMargin());
    long began = declaredAtNanos.getOrDefault(action.datacenter(), System.nanoTime());
    stop.pause(Stop.left(began, whole));
    return "no lease of " + action.datacenter() + " runs any more";
  }

  String undeclare(Action.Undeclare action) {
    String name = action.datacenter();
    declaredAtNanos.remove(name);
    DatacenterState state = states.read(name);
    boolean lostBefore = state.isLost() && state.version() == action.plannedVersion();
    boolean ours = state.isLost() && state.version() == action.plannedVersion() + 1;
    boolean untouched = !state.isLost() && state.version() == action.plannedVersion();
    if (ours || untouched) {
      state = activate(name, state.version());
    } else if (state.isLost() && !lostBefore) {
      throw new StepFailedException(
          Failure.CONFLICT, "datacenter " + name + " was declared lost by somebody else: " + state);
    }
    return name + " is " + state.state() + ", epoch " + state.epoch();
  }

  String markActive(Action.MarkActive action, List<Move> moves, Stop stop) {
    for (String name : action.datacenters()) {
      proveNoClaims(name);
      DatacenterState state = states.read(name);
      if (state.isLost()) {
        activate(name, state.version());
      }
    }
    for (Move move : moves) {
      awaitLeaseOf(move.target(), stop);
    }
    return action.datacenters().isEmpty()
        ? "every target has its lease"
        : String.join(", ", action.datacenters()) + " active, every target has its lease";
  }

  /** With a lease, a cell may write whatever its own rows let it. */
  private void proveNoClaims(String datacenter) {
    RouteTable table =
        routes
            .read()
            .map(RouteStore.Versioned::table)
            .orElseThrow(() -> new CoordinationException("there is no route table"));
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      CellReport report = reader.report(cell.name());
      report
          .unreachable()
          .ifPresent(
              why -> {
                throw new StepFailedException(
                    Failure.UNREACHABLE, cell.name() + " can't be asked for its rows: " + why);
              });
      List<FenceRow> claims =
          report.rows().values().stream()
              .filter(row -> row.isOpenFor(cell.name()))
              .filter(row -> !table.of(row.slot()).owner().equals(cell.name()))
              .toList();
      if (!claims.isEmpty()) {
        throw new StepFailedException(
            Failure.CONFLICT,
            cell.name() + " still claims " + claims.size() + " slots, first: " + claims.get(0));
      }
    }
  }

  private void awaitLeaseOf(String cell, Stop stop) {
    long began = System.nanoTime();
    while (true) {
      String why = "over";
      try {
        if (reader.leaseMillis(cell) > 0) {
          return;
        }
      } catch (SQLException e) {
        why = CellReader.reason(e);
      }
      if (Stop.left(began, limits.activate()).isZero()) {
        throw new StepFailedException(
            Failure.UNREACHABLE,
            cell + " got no lease within " + limits.activate().toSeconds() + " s: " + why);
      }
      stop.pause(POLL);
    }
  }

  private DatacenterState declare(String name, int version) {
    try {
      return declaration.declare(name, version);
    } catch (StaleStateException e) {
      throw new StepFailedException(Failure.CONFLICT, String.valueOf(e.getMessage()));
    }
  }

  private DatacenterState activate(String name, int version) {
    try {
      return states.markActive(name, version);
    } catch (StaleStateException e) {
      throw new StepFailedException(Failure.CONFLICT, String.valueOf(e.getMessage()));
    }
  }
}
