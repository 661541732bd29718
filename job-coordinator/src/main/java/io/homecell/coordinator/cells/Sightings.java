package io.homecell.coordinator.cells;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a coordinator has seen of each cell lately: enough to say for how long one that is out of
 * sight may still write, and whether its database's clock was stepped. Bounded: a few facts and the
 * clock readings of ten seconds for each cell.
 *
 * <p>Why the bound of a lease holds: a lease runs at most for the lease's length from its proof,
 * and whoever proves has a session with the coordination service. So a cell none of whose processes
 * has one, or whose datacenter is declared lost, has no lease once that length has passed since it
 * was last seen to have. It is told to people; no step of an operation rests on it. Safe for any
 * number of threads; has no clock of its own.
 */
public final class Sightings {
  private static final Duration CLOCK_HORIZON = Duration.ofSeconds(10);

  /** As the lease keeper's: what a lease allows for. */
  private static final Duration CLOCK_MARGIN = Duration.ofMillis(500);

  /** Older knowledge of who has a session says nothing about now. */
  private static final Duration PROCESSES_KNOWN_FOR = Duration.ofSeconds(5);

  /**
   * A database's clock.
   *
   * @param database what it said
   * @param nanos the middle of question and answer, monotonic
   * @param uncertainty half of the time between them
   */
  public record Clock(Instant database, long nanos, Duration uncertainty) {
    private Duration partedSince(Clock earlier) {
      return Duration.between(earlier.database, database)
          .minus(Duration.ofNanos(nanos - earlier.nanos));
    }
  }

  /** A step of a clock that was seen. */
  public record Step(Instant at, Duration by) {}

  /** What is known of one cell; guarded by the map. */
  private static final class Seen {
    private final Deque<Clock> clocks = new ArrayDeque<>();
    private Optional<Step> step = Optional.empty();
    private long mayRenewUntilNanos;
    private boolean answered;
    private long answeredNanos;
    private boolean registered;
    private Optional<Long> lostSinceNanos = Optional.empty();
  }

  private final Duration lease;
  private final long beganNanos;
  private final Map<String, Seen> cells = new HashMap<>();
  private Optional<Long> processesAtNanos = Optional.empty();

  /**
   * @param lease how long a cell may write after a proof
   * @param nowNanos nothing was seen before
   */
  public Sightings(Duration lease, long nowNanos) {
    this.lease = lease;
    this.beganNanos = nowNanos;
  }

  private Seen seen(String cell) {
    return cells.computeIfAbsent(
        cell,
        name -> {
          Seen fresh = new Seen();
          fresh.mayRenewUntilNanos = beganNanos;
          return fresh;
        });
  }

  /** A database has answered. */
  public synchronized void answered(String cell, Clock clock, Instant now) {
    Seen seen = seen(cell);
    seen.answered = true;
    seen.answeredNanos = clock.nanos();
    seen.clocks.removeIf(earlier -> clock.nanos() - earlier.nanos() > CLOCK_HORIZON.toNanos());
    for (Clock earlier : seen.clocks) {
      Duration parted = clock.partedSince(earlier);
      Duration allowed = CLOCK_MARGIN.plus(earlier.uncertainty()).plus(clock.uncertainty());
      if (parted.abs().compareTo(allowed) > 0) {
        seen.step = Optional.of(new Step(now, parted));
        seen.clocks.clear();
        break;
      }
    }
    seen.clocks.add(clock);
  }

  /**
   * The coordination service has told who has a session.
   *
   * @param registered the cells that have a process with one
   * @param lost the cells whose datacenter is declared lost
   */
  public synchronized void told(Set<String> registered, Set<String> lost, long nowNanos) {
    processesAtNanos = Optional.of(nowNanos);
    registered.forEach(this::seen);
    lost.forEach(this::seen);
    cells.forEach(
        (cell, seen) -> {
          seen.registered = registered.contains(cell);
          if (seen.registered) {
            seen.mayRenewUntilNanos = nowNanos;
          }
          if (!lost.contains(cell)) {
            seen.lostSinceNanos = Optional.empty();
          } else if (seen.lostSinceNanos.isEmpty()) {
            seen.lostSinceNanos = Optional.of(nowNanos);
          }
        });
  }

  /** How long ago a database answered last; empty if it never did. */
  public synchronized Optional<Duration> answeredAgo(String cell, long nowNanos) {
    Seen seen = seen(cell);
    return seen.answered
        ? Optional.of(Duration.ofNanos(nowNanos - seen.answeredNanos))
        : Optional.empty();
  }

  /**
   * How much longer a cell that can't be asked may write at most: zero if no longer, empty if its
   * lease may be renewed, so that there is no end.
   */
  public synchronized Optional<Duration> leaseAtMost(String cell, long nowNanos) {
    Seen seen = seen(cell);
    boolean known =
        processesAtNanos.map(at -> nowNanos - at <= PROCESSES_KNOWN_FOR.toNanos()).orElse(false);
    long from;
    if (seen.lostSinceNanos.isPresent()) {
      from = seen.lostSinceNanos.get();
    } else if (known && !seen.registered) {
      from = seen.mayRenewUntilNanos;
    } else {
      return Optional.empty();
    }
    Duration left = lease.plus(CLOCK_MARGIN).minusNanos(nowNanos - from);
    return Optional.of(left.isNegative() ? Duration.ZERO : left);
  }

  /** Whether its datacenter was declared lost, as it was known last. */
  public synchronized boolean isLost(String cell) {
    return seen(cell).lostSinceNanos.isPresent();
  }

  /** The last step of a database's clock. */
  public synchronized Optional<Step> clockStep(String cell) {
    return seen(cell).step;
  }
}
