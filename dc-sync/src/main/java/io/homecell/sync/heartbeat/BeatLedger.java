package io.homecell.sync.heartbeat;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which beats are under way, and what lag they show. Times are readings of one monotonic clock in
 * nanoseconds, so that no two machines' clocks are ever compared.
 *
 * <p>Safe for any number of threads.
 */
public final class BeatLedger {
  private static final int OUTSTANDING_MAX = 10_000;

  private final TreeMap<Long, Long> outstanding = new TreeMap<>();
  private long lastBeat;
  private Optional<Duration> measured = Optional.empty();

  /**
   * @param firstBeat the number of the first beat; higher than any of an earlier run
   */
  public BeatLedger(long firstBeat) {
    this.lastBeat = firstBeat - 1;
  }

  /** The next beat, which is about to be written at the source. */
  public synchronized long send(long nowNanos) {
    lastBeat++;
    if (outstanding.size() < OUTSTANDING_MAX) {
      outstanding.put(lastBeat, nowNanos);
    }
    return lastBeat;
  }

  /**
   * A beat was applied at the target; those before it have arrived too, or never will.
   *
   * @return how long it took; empty if it is of another run, or a later one has arrived
   */
  public synchronized Optional<Duration> arrived(long beat, long nowNanos) {
    Long sent = outstanding.get(beat);
    if (sent == null) {
      return Optional.empty();
    }
    measured = Optional.of(Duration.ofNanos(nowNanos - sent));
    outstanding.headMap(beat, true).clear();
    return measured;
  }

  /**
   * How far the target is behind: the last measured lag, or the age of the oldest beat that has not
   * arrived if that is more, so that a stall shows as growing lag. Empty before the first beat.
   */
  public synchronized Optional<Duration> lag(long nowNanos) {
    Map.Entry<Long, Long> oldest = outstanding.firstEntry();
    if (oldest == null) {
      return measured;
    }
    Duration age = Duration.ofNanos(nowNanos - oldest.getValue());
    return measured.filter(lag -> lag.compareTo(age) > 0).or(() -> Optional.of(age));
  }

  /** Whether any beat of this run has arrived: the target then has all that was before it. */
  public synchronized boolean caughtUp() {
    return measured.isPresent();
  }
}
