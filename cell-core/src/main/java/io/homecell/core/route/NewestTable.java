package io.homecell.core.route;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The newest route table that a process knows.
 *
 * <p>Invariant: the epoch never falls, whichever threads bring tables; and since a table is
 * replaced as a whole, nobody who reads sees a part of one and a part of another. A read is one
 * volatile read. Safe for any number of threads; shown by Lincheck over the interleavings of its
 * steps.
 */
final class NewestTable {
  private final AtomicReference<@Nullable RouteTable> table = new AtomicReference<>();

  /** The newest so far; null before the first. */
  @Nullable RouteTable get() {
    return table.get();
  }

  /** Takes a table if it is newer than all before; whether it did. */
  boolean offer(RouteTable offered) {
    RouteTable now = table.get();
    while (now == null || offered.epoch() > now.epoch()) {
      if (table.compareAndSet(now, offered)) {
        return true;
      }
      now = table.get();
    }
    return false;
  }
}
