package io.homecell.router.overload;

import io.homecell.core.topology.Topology;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * A gate for each cell of the topology, wherever it is: the cells of another datacenter share the
 * connections to its router, and each may take its part of them only. Belongs to one event loop.
 */
public final class CellGates {
  private final Map<String, CellGate> gates = new HashMap<>();

  /**
   * @param datacenter the one that the router stands in
   * @param connectionsMax to one upstream
   */
  public CellGates(
      Topology topology,
      String datacenter,
      OverloadSettings settings,
      int connectionsMax,
      long nowNanos) {
    for (Topology.Cell cell : topology.cells().values()) {
      int sharing = topology.cellsIn(cell.datacenter()).size();
      int open =
          cell.datacenter().equals(datacenter)
              ? settings.openMax()
              : Math.min(settings.openMax(), Math.max(1, connectionsMax / sharing));
      gates.put(cell.name(), new CellGate(cell.name(), settings, open, nowNanos));
    }
  }

  public CellGate of(String cell) {
    return Objects.requireNonNull(gates.get(cell), cell);
  }

  public Collection<CellGate> all() {
    return gates.values();
  }

  /** Called a few times a second. */
  public void tick(long nowNanos) {
    gates.values().forEach(gate -> gate.tick(nowNanos));
  }
}
