package io.homecell.core.rpc;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A route table that a test sets. */
final class SettableRoutes implements Routes {
  private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();

  /** How often somebody came to wait. */
  final AtomicInteger waits = new AtomicInteger();

  private RouteTable table;

  SettableRoutes(RouteTable table) {
    this.table = table;
  }

  synchronized void set(RouteTable newer) {
    table = newer;
    notifyAll();
    listeners.forEach(listener -> listener.changed(newer));
  }

  @Override
  public synchronized RouteTable current() {
    return table;
  }

  @Override
  public synchronized RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost)
      throws InterruptedException {
    waits.incrementAndGet();
    long deadline = System.nanoTime() + atMost.toNanos();
    while (table.of(slot).epoch() < slotEpoch || table.of(slot).isMoving()) {
      long left = (deadline - System.nanoTime()) / 1_000_000;
      if (left <= 0) {
        break;
      }
      wait(left);
    }
    return table;
  }

  @Override
  public AutoCloseable onChange(Listener listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
