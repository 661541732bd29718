package io.homecell.tests.fence;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;

/** A route table that a test sets. */
final class SettableRoutes implements Routes {
  private volatile RouteTable table;

  SettableRoutes(RouteTable table) {
    this.table = table;
  }

  void set(RouteTable newer) {
    table = newer;
  }

  @Override
  public RouteTable current() {
    return table;
  }

  @Override
  public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost) {
    return table;
  }

  @Override
  public AutoCloseable onChange(Listener listener) {
    return () -> {};
  }
}
