package io.homecell.sync.heartbeat;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Which beats are under way, and what lag they show. Times are readings of one monotonic clock in
 * nanoseconds, so that no two machines' clocks are ever compared.
 *
 * <p>It lives as long as its pipeline, over any number of runs of it: while none runs, and until a
 * beat of the next has arrived, the lag goes on to grow.
 *
 * <p>Safe for any number of threads.
 */
public final class BeatLedger {
  private static final int OUTSTANDING_MAX = 10_000;

  private final TreeMap<Long, Long> outstanding = new TreeMap<>();
  private long lastBeat;
  private Optional<Duration> measured = Optional.empty();

  /** When the run before ended, or what it left under way began: nothing is known of since. */
  private Optional<Long> unknownSince = Optional.empty();

  /**
   * @param firstBeat the number of the first beat; higher than any of an earlier pipeline
   */
  BeatLedger(long firstBeat) {
    this.lastBeat = firstBeat - 1;
  }

  /** Numbers beats by their microsecond, so that a later pipeline's are higher. */
  public static BeatLedger from(Instant now) {
    return new BeatLedger(now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000);
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
    unknownSince = Optional.empty();
    outstanding.headMap(beat, true).clear();
    return measured;
  }

  /**
   * How far the target is behind: the last measured lag, or the age of the oldest beat that has not
   * arrived if that is more, so that a stall shows as growing lag; between two runs the time since
   * one of these was last known. Empty before the first beat.
   */
  public synchronized Optional<Duration> lag(long nowNanos) {
    if (unknownSince.isPresent()) {
      return Optional.of(Duration.ofNanos(nowNanos - unknownSince.get()));
    }
    Optional<Duration> age = onItsWay(nowNanos);
    return measured.filter(lag -> age.isEmpty() || lag.compareTo(age.get()) > 0).or(() -> age);
  }

  /** The age of the oldest beat of this run that has not arrived. */
  public synchronized Optional<Duration> onItsWay(long nowNanos) {
    return Optional.ofNullable(outstanding.firstEntry())
        .map(oldest -> Duration.ofNanos(nowNanos - oldest.getValue()));
  }

  /** Whether any beat of this run has arrived: the target then has all that was before it. */
  public synchronized boolean caughtUp() {
    return measured.isPresent();
  }

  /** The run is over: none of its beats arrives any more. */
  public synchronized void runEnded(long nowNanos) {
    if (unknownSince.isEmpty() && (measured.isPresent() || !outstanding.isEmpty())) {
      unknownSince =
          Optional.ofNullable(outstanding.firstEntry())
              .map(Map.Entry::getValue)
              .or(() -> Optional.of(nowNanos));
    }
    outstanding.clear();
    measured = Optional.empty();
  }
}
