package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A table that a test replaces. */
final class OneTable implements Routes {
  private final List<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Duration age;
  private volatile RouteTable table;

  OneTable(RouteTable first) {
    this(first, Duration.ZERO);
  }

  /**
   * @param age how old it says that it is
   */
  OneTable(RouteTable first, Duration age) {
    this.table = first;
    this.age = age;
  }

  @Override
  public Duration age() {
    return age;
  }

  void publish(RouteTable next) {
    table = next;
    listeners.forEach(listener -> listener.changed(next));
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
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
