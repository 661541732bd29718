package io.homecell.router.decide;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import java.util.HashSet;
import java.util.Set;

/** A table and what is worth knowing of it as a whole. Immutable; made once for each table. */
final class TableView {
  private final RouteTable table;
  private final Set<String> openOwners = new HashSet<>();
  private final boolean anyMoving;

  TableView(RouteTable table) {
    this.table = table;
    boolean moving = false;
    for (RouteTable.Run run : table.runs()) {
      if (run.route().isMoving()) {
        moving = true;
      } else {
        openOwners.add(run.route().owner());
      }
    }
    this.anyMoving = moving;
  }

  RouteTable table() {
    return table;
  }

  SlotRoute of(int slot) {
    return table.of(slot);
  }

  /** Whether a cell owns a slot that is not moving: only then can it draw ids. */
  boolean ownsOpenSlot(String cell) {
    return openOwners.contains(cell);
  }

  boolean anyMoving() {
    return anyMoving;
  }
}
