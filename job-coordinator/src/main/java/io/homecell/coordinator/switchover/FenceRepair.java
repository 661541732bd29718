package io.homecell.coordinator.switchover;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.fence.FenceConflictException;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.fence.FenceRows;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens fence rows that are behind the route table: an operation ended while the database of the
 * owner could not be reached, so the table names an epoch that the owner's rows do not have yet.
 *
 * <p>Safe because the table names an owner only after the other side was shut out, and because an
 * epoch of the table is never above one that an operation has used: a repair that comes late meets
 * rows with a higher epoch and changes nothing. Runs while no operation is under way.
 */
final class FenceRepair {
  private static final Logger log = LoggerFactory.getLogger(FenceRepair.class);

  private final Topology topology;
  private final OperationStore operations;
  private final RouteStore routes;
  private final CellConnections connections;

  FenceRepair(
      Topology topology,
      OperationStore operations,
      RouteStore routes,
      CellConnections connections) {
    this.topology = topology;
    this.operations = operations;
    this.routes = routes;
    this.connections = connections;
  }

  /**
   * Looks at every cell once.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  void run() {
    if (operations.underWay().isPresent()) {
      return;
    }
    routes.read().ifPresent(versioned -> run(versioned.table()));
  }

  private void run(RouteTable table) {
    for (String cell : topology.cells().keySet()) {
      try {
        connections.with(
            cell,
            connection -> {
              FenceRows rows = FenceRows.over(connection);
              NavigableMap<Integer, Long> behind = behind(cell, table, rows);
              if (!behind.isEmpty() && operations.underWay().isEmpty()) {
                rows.open(cell, behind);
                log.warn(
                    "{}: opened {} fence rows that were behind the route table, first slot {}"
                        + " epoch {}",
                    cell,
                    behind.size(),
                    behind.firstKey(),
                    behind.firstEntry().getValue());
              }
              return true;
            });
      } catch (SQLException notReachable) {
        log.debug("{}: {}", cell, CellReader.reason(notReachable));
      } catch (FenceConflictException moved) {
        log.info("{}: fence rows have moved on: {}", cell, moved.getMessage());
      }
    }
  }

  private static NavigableMap<Integer, Long> behind(String cell, RouteTable table, FenceRows rows)
      throws SQLException {
    NavigableMap<Integer, Long> behind = new TreeMap<>();
    for (FenceRow row : rows.readAll().values()) {
      SlotRoute route = table.of(row.slot());
      if (route.owner().equals(cell) && !route.isMoving() && row.epoch() < route.epoch()) {
        behind.put(row.slot(), route.epoch());
      }
    }
    return behind;
  }
}
