package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;

/** A table that never changes, for the warm-up. */
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
