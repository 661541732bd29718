package io.homecell.core.near;

import io.homecell.core.fence.WriteToken;
import io.homecell.core.near.NearVerdict.Answers;
import io.homecell.core.near.NearVerdict.Reason;
import io.homecell.core.near.NearVerdict.Refuses;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How old a cell's copies are, worked out from samples of its database. Pure, immutable.
 *
 * <p>What it upholds: if it says that a read is answered at age <i>a</i>, the database has every
 * transaction of the slot that its owner had committed <i>a</i> ago, and a reader who names a write
 * finds it.
 *
 * <p>Why. A beat is a transaction of the owner's that carries its clock; whatever the owner had
 * committed before it has a lower number. A sample that shows a beat notes the highest number that
 * is executed then, which is not below the beat's. Once <em>each</em> number up to it is executed,
 * nothing from before the beat is missing: the beat is proven. (The beat alone would not do: it
 * overtakes a transaction that is refused here.) In a quiet cell one sample proves its own beat, in
 * a busy one the next sample does.
 *
 * <p>Whose copy it is, the fence rows say that were read behind the proof. A slot's row that is
 * open and names an owner at that moment did so at the owner at the time of the beat: the row that
 * closes the slot is a transaction of the owner's like every other, so if it had been there before
 * the beat, it would be here. No route table is asked, here or at the edge; an old one costs a hop.
 *
 * <p>Clocks. The age is the difference of two databases' clocks. If the owner's is behind, the age
 * is too large, which does no harm. If it is ahead, beats arrive from the future sooner or later:
 * the largest lead seen in the last minutes is added to every age. What is not seen that way is at
 * most the shortest time that a beat took to be seen. Ages grow by a monotonic clock after a
 * sample.
 */
record CopyState(String cell, Optional<CopySample> newest, Map<String, Beats> beats, Lead lead) {
  static final Duration LEAD_KEPT = Duration.ofMinutes(5);

  /**
   * The beats of one owner.
   *
   * @param proven the newest that is proven, by the owner's clock in microseconds; 0 if none is
   * @param waiting the next, if it is not proven
   */
  record Beats(long proven, Optional<Waiting> waiting) {
    static final Beats NONE = new Beats(0, Optional.empty());
  }

  /**
   * A beat that is here, but perhaps not all that was before it.
   *
   * @param upTo the numbers that must be executed, by server
   */
  record Waiting(long beat, Map<String, Long> upTo) {
    boolean isProvenBy(ExecutedGtids executed) {
      return upTo.entrySet().stream()
          .allMatch(each -> executed.hasAllUpTo(each.getKey(), each.getValue()));
    }
  }

  /** By how much beats came from the future: in this period, and in the one before. */
  record Lead(long sinceNanos, long micros, long beforeMicros) {
    Lead with(long seen, long nowNanos) {
      if (nowNanos - sinceNanos > LEAD_KEPT.toNanos()) {
        return new Lead(nowNanos, seen, micros);
      }
      return new Lead(sinceNanos, Math.max(micros, seen), beforeMicros);
    }

    long most() {
      return Math.max(micros, beforeMicros);
    }
  }

  /** Before the first sample: nothing is known. */
  static CopyState of(String cell, long nowNanos) {
    return new CopyState(cell, Optional.empty(), Map.of(), new Lead(nowNanos, 0, 0));
  }

  /** With one more sample. */
  CopyState with(CopySample sample) {
    Map<String, Beats> next = new HashMap<>();
    long ahead = 0;
    for (Map.Entry<String, Long> beat : sample.beatMicros().entrySet()) {
      String owner = beat.getKey();
      if (!owner.equals(cell)) {
        Beats before = beats.getOrDefault(owner, Beats.NONE);
        next.put(owner, next(before, owner, beat.getValue(), sample));
        ahead = Math.max(ahead, beat.getValue() - sample.clockMicros());
      }
    }
    return new CopyState(
        cell, Optional.of(sample), Map.copyOf(next), lead.with(ahead, sample.startedNanos()));
  }

  private static Beats next(Beats before, String owner, long beat, CopySample sample) {
    Set<String> servers = sample.servers().getOrDefault(owner, Set.of());
    if (servers.isEmpty()) {
      return Beats.NONE;
    }
    Map<String, Long> upTo = new HashMap<>();
    servers.forEach(server -> upTo.put(server, sample.after().last(server)));
    Waiting now = new Waiting(beat, Map.copyOf(upTo));
    if (now.isProvenBy(sample.before())) {
      return new Beats(beat, Optional.empty());
    }
    Optional<Waiting> waited = before.waiting();
    if (waited.isPresent() && !waited.get().isProvenBy(sample.before())) {
      return before;
    }
    return new Beats(waited.map(Waiting::beat).orElse(before.proven()), Optional.of(now));
  }

  /** Whether a beat has come that is not proven yet. */
  boolean isWaiting() {
    return beats.values().stream().anyMatch(each -> each.waiting().isPresent());
  }

  boolean wasSeenSince(long nanos) {
    return newest.isPresent() && newest.get().startedNanos() - nanos >= 0;
  }

  /**
   * Whether a read of a slot is answered, by the newest sample.
   *
   * @param readAfter the token of what the reader has written; empty if it asks for no write. What
   *     is no token is a write that nobody has
   */
  NearVerdict judge(int slot, Duration lagMax, Optional<String> readAfter, long nowNanos) {
    if (newest.isEmpty() || !newest.get().usable()) {
      return new Refuses(Reason.UNKNOWN);
    }
    CopySample sample = newest.get();
    Optional<Duration> age = age(slot, sample, nowNanos);
    if (age.isEmpty()) {
      return new Refuses(Reason.UNKNOWN);
    }
    if (age.get().compareTo(lagMax) > 0) {
      return new Refuses(Reason.BEHIND);
    }
    boolean lacking =
        readAfter.isPresent()
            && readAfter.flatMap(WriteToken::parse).filter(sample.after()::has).isEmpty();
    return lacking ? new Refuses(Reason.LACKS_WRITE) : new Answers(age.get());
  }

  private Optional<Duration> age(int slot, CopySample sample, long nowNanos) {
    String owner = sample.openOwners().get(slot);
    if (owner == null) {
      return Optional.empty();
    }
    Duration since = Duration.ofNanos(nowNanos - sample.startedNanos());
    if (owner.equals(cell)) {
      return Optional.of(since);
    }
    long proven = beats.getOrDefault(owner, Beats.NONE).proven();
    if (proven == 0) {
      return Optional.empty();
    }
    long micros = Math.max(0, sample.clockMicros() - proven) + lead.most();
    return Optional.of(since.plus(micros, ChronoUnit.MICROS));
  }
}
