package io.homecell.trade;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** Routes on which something happens just before they are looked at for the second time. */
public final class MeddlingRoutes implements Routes {
  private final Routes routes;
  private final Runnable meddling;
  private final AtomicInteger looks = new AtomicInteger();

  public MeddlingRoutes(Routes routes, Runnable meddling) {
    this.routes = routes;
    this.meddling = meddling;
  }

  @Override
  public RouteTable current() {
    if (looks.incrementAndGet() == 2) {
      meddling.run();
    }
    return routes.current();
  }

  @Override
  public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost)
      throws InterruptedException {
    return routes.awaitSlotEpoch(slot, slotEpoch, atMost);
  }

  @Override
  public AutoCloseable onChange(Listener listener) {
    return routes.onChange(listener);
  }
}
