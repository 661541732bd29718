package io.homecell.router.proxy;

import io.homecell.core.topology.Topology.Priority;
import io.homecell.router.decide.Decision;
import io.homecell.router.overload.CellGates;
import io.homecell.router.upstream.Balancer;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.Pools;
import io.homecell.router.upstream.Upstream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Chooses the instance of this datacenter that a request goes to: of the cells that it may go to
 * those that bear one more, of their instances the one that the balancer picks. Belongs to one
 * event loop.
 */
final class InstanceChoice {
  /** What was chosen. */
  sealed interface Choice {
    /** This one. */
    record Instance(Upstream upstream) implements Choice {}

    /** None: the cell has as many requests as it bears. */
    record Overloaded(String cell) implements Choice {}

    /** None: no instance is known. */
    record Nobody() implements Choice {}
  }

  private static final Choice NOBODY = new Choice.Nobody();

  private final Instances instances;
  private final Balancer balancer;
  private final ToIntFunction<Upstream> load;
  private final CellGates gates;

  InstanceChoice(Instances instances, Balancer balancer, Pools pools, CellGates gates) {
    this.instances = instances;
    this.balancer = balancer;
    this.load = pools::underWay;
    this.gates = gates;
  }

  /**
   * @param tried the one that it has just failed at
   */
  Choice choose(Decision.Local local, Priority priority, Optional<Upstream> tried, long nowNanos) {
    List<String> cells = local.cells();
    List<Upstream> candidates;
    if (cells.size() == 1) {
      String only = cells.get(0);
      if (!gates.of(only).hasRoom(priority)) {
        return new Choice.Overloaded(only);
      }
      candidates = instances.of(local.service(), only);
    } else {
      List<String> bearing = new ArrayList<>(cells);
      bearing.removeIf(cell -> !gates.of(cell).hasRoom(priority));
      if (bearing.isEmpty()) {
        return new Choice.Overloaded(cells.get(0));
      }
      candidates = new ArrayList<>();
      bearing.forEach(cell -> candidates.addAll(instances.of(local.service(), cell)));
    }
    Optional<Upstream> picked = balancer.pick(candidates, tried, load, nowNanos);
    return picked.isPresent() ? new Choice.Instance(picked.get()) : NOBODY;
  }
}
