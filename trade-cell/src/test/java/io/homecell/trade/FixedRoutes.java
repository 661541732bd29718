package io.homecell.trade;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;

/** Routes that never change. */
record FixedRoutes(RouteTable current) implements Routes {
  @Override
  public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost) {
    return current;
  }

  @Override
  public AutoCloseable onChange(Listener listener) {
    return () -> {};
  }
}
