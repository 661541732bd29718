package io.homecell.cellctl.load;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * What a load does.
 *
 * @param edges the edges of every datacenter
 * @param ratePerSecond operations begun in a second, whatever the answers take (open loop)
 * @param readPercent how many of a hundred operations read
 * @param users how many are registered before the clock starts
 * @param settleWithin how long after the load transfers, projection and copies may take to end
 */
record LoadPlan(
    List<URI> edges,
    int slotBits,
    int ratePerSecond,
    Duration duration,
    int readPercent,
    int users,
    long seed,
    Duration giveUpAfter,
    Duration settleWithin) {
  LoadPlan {
    edges = List.copyOf(edges);
    require(ratePerSecond >= 1 && ratePerSecond <= 100_000, "--rate", ratePerSecond, "1 to 100000");
    require(readPercent >= 0 && readPercent < 100, "--reads", readPercent, "0 to 99");
    require(users >= 2 && users <= 1_000_000, "--users", users, "2 to 1000000");
    require(!duration.isNegative() && !duration.isZero(), "--duration", duration, "> 0");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: " + expected + ")");
    }
  }

  /** How many operations the load begins. */
  int operations() {
    return Math.toIntExact(ratePerSecond * duration.toMillis() / 1_000);
  }
}
