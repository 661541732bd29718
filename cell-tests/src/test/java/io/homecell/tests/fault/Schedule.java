package io.homecell.tests.fault;

import io.homecell.local.PartRole;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/**
 * Draws one round after the other: a fault, an operation, or an operation with a fault in the
 * middle of it. The same seed draws the same rounds. No clock, no I/O.
 */
final class Schedule {
  /** What an operator does. */
  enum Operation {
    TO_SOUTH,
    TO_NORTH,
    HOME,
    /** A datacenter's power is cut; it is failed over, comes back, and is failed back to. */
    LOSE_NORTH,
    LOSE_SOUTH
  }

  /**
   * A round.
   *
   * @param faultAfter how long after the operation was asked for the fault begins
   */
  record Round(Optional<Operation> operation, Optional<Fault> fault, Duration faultAfter) {}

  private static final List<String> DATACENTERS = List.of("north", "south");
  private static final List<PartRole> OF_DATACENTER =
      List.of(PartRole.ROUTER, PartRole.DC_SYNC, PartRole.COORDINATOR);
  private static final List<PartRole> OF_CELL =
      List.of(PartRole.ACCOUNT, PartRole.TRADE, PartRole.CANAL, PartRole.MYSQL);
  private static final int SLOW_KILOBITS = 512;
  private static final int CLOCK_SECONDS_MAX = 1_200;

  private final Random random;
  private final boolean links;
  private final boolean clocks;

  /**
   * @param links whether links can be cut and slowed
   * @param clocks whether clocks can be stepped
   */
  Schedule(long seed, boolean links, boolean clocks) {
    this.random = new Random(seed);
    this.links = links;
    this.clocks = clocks;
  }

  Round next() {
    int kind = random.nextInt(10);
    Duration after = Duration.ofMillis(random.nextInt(3_000));
    if (kind < 4) {
      return new Round(Optional.empty(), Optional.of(fault()), Duration.ZERO);
    } else if (kind < 9) {
      Operation operation =
          List.of(Operation.TO_SOUTH, Operation.TO_NORTH, Operation.HOME).get(random.nextInt(3));
      Optional<Fault> fault = kind < 5 ? Optional.empty() : Optional.of(fault());
      return new Round(Optional.of(operation), fault, after);
    }
    Operation lost = random.nextBoolean() ? Operation.LOSE_NORTH : Operation.LOSE_SOUTH;
    return new Round(Optional.of(lost), Optional.empty(), Duration.ZERO);
  }

  private Fault fault() {
    int kind = random.nextInt(5 + (clocks ? 1 : 0) + (links ? 3 : 0)) - (clocks ? 1 : 0);
    if (kind < 0) {
      return clockStep();
    } else if (kind < 3) {
      return kill();
    } else if (kind < 5) {
      return pause();
    } else if (kind < 7) {
      return cut();
    }
    return new Fault.Slow(datacenter(), SLOW_KILOBITS, seconds(2, 6));
  }

  /** Not of a database: that closes its cell, and is looked at for a minute. */
  private Fault clockStep() {
    PartRole role = role();
    PartRole stepped = role == PartRole.MYSQL ? PartRole.ACCOUNT : role;
    Duration by = Duration.ofSeconds(random.nextInt(2 * CLOCK_SECONDS_MAX) - CLOCK_SECONDS_MAX);
    return new Fault.ClockStep(stepped, where(stepped), by, seconds(2, 10));
  }

  private Fault kill() {
    if (random.nextInt(8) == 0) {
      return new Fault.Kill(PartRole.ZOOKEEPER, "", seconds(1, 4));
    }
    PartRole role = role();
    return new Fault.Kill(role, where(role), seconds(0, 3));
  }

  private Fault pause() {
    PartRole role = role();
    return new Fault.Pause(role, where(role), seconds(1, 12));
  }

  private Fault cut() {
    String from = datacenter();
    String other = from.equals("north") ? "south" : "north";
    String to = random.nextBoolean() ? other : IsolatedSites.COORDINATION;
    boolean both = random.nextBoolean();
    boolean turned = random.nextBoolean();
    Duration lasts = seconds(1, 12);
    return turned ? new Fault.Cut(to, from, both, lasts) : new Fault.Cut(from, to, both, lasts);
  }

  private PartRole role() {
    List<PartRole> roles = random.nextInt(5) < 3 ? OF_DATACENTER : OF_CELL;
    return roles.get(random.nextInt(roles.size()));
  }

  private String where(PartRole role) {
    String datacenter = datacenter();
    return OF_CELL.contains(role) ? datacenter + "-1" : datacenter;
  }

  private String datacenter() {
    return DATACENTERS.get(random.nextInt(DATACENTERS.size()));
  }

  private Duration seconds(int from, int to) {
    return Duration.ofMillis(from * 1_000L + random.nextInt((to - from) * 1_000));
  }
}
