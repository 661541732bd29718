package io.homecell.core.route;

import java.time.Duration;

/**
 * The route table as this process knows it now.
 *
 * <p>Implementations keep the last good table when the coordination service is gone. Safe for any
 * number of threads.
 */
public interface Routes {
  /** The newest table known; one volatile read. */
  RouteTable current();

  /**
   * Waits until the table says of a slot an ownership epoch of at least the one named, and the slot
   * is open.
   *
   * @return the table, or the current one unchanged if the wait ends without it: the caller looks
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost) throws InterruptedException;

  /**
   * How long ago the coordination service confirmed that no newer table is known. A table that
   * can't change is never old.
   */
  default Duration age() {
    return Duration.ZERO;
  }

  /** Calls back after each change, on a thread of the table's own; must not block. */
  AutoCloseable onChange(Listener listener);

  /** Told of each newer table. */
  @FunctionalInterface
  interface Listener {
    void changed(RouteTable newer);
  }
}
