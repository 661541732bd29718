package io.homecell.router.upstream;

import java.util.List;

/** What a balancer knows of one instance. Belongs to one thread. */
final class Standing {
  private static final double FIRST_SHARE = 0.1;

  private final UpstreamHealth health;
  private long warmSinceNanos;
  private long usedNanos;
  private int failuresInRow;
  private int rests;
  private boolean resting;
  private boolean unreachable;
  private long restUntilNanos;
  private int answers;
  private int failures;
  private long answersNanos;
  private List<Upstream> peers = List.of();

  Standing(UpstreamHealth health, long nowNanos) {
    this.health = health;
    this.warmSinceNanos = nowNanos;
    this.usedNanos = nowNanos;
  }

  void offered(List<Upstream> among, long nowNanos) {
    peers = among;
    usedNanos = nowNanos;
  }

  List<Upstream> peers() {
    return peers;
  }

  Figures window() {
    return new Figures(answers, failures, answersNanos);
  }

  void nextWindow() {
    answers = 0;
    failures = 0;
    answersNanos = 0;
  }

  /** Whether it has now failed so often in a row that it must rest. */
  boolean answered(boolean failure, long tookNanos, long nowNanos) {
    usedNanos = nowNanos;
    answers++;
    answersNanos += tookNanos;
    failures += failure ? 1 : 0;
    failuresInRow = failure ? failuresInRow + 1 : 0;
    return failuresInRow >= health.failuresInRow();
  }

  void rest(boolean unreachableNow, long nowNanos) {
    rests++;
    resting = true;
    unreachable = unreachableNow;
    restUntilNanos = nowNanos + health.restNanos(rests);
    warmSinceNanos = restUntilNanos;
    failuresInRow = 0;
    nextWindow();
  }

  /** Whether it was only the way to it that failed. */
  boolean isUnreachable() {
    return resting && unreachable;
  }

  void reached(long nowNanos) {
    resting = false;
    rests = 0;
    warmSinceNanos = nowNanos;
  }

  boolean isResting(long nowNanos) {
    if (resting && restUntilNanos - nowNanos <= 0) {
      resting = false;
    }
    return resting;
  }

  /** The later, the worse. */
  long restUntilNanos() {
    return restUntilNanos;
  }

  /** It is down: when it comes back it is as new. */
  void down(long nowNanos) {
    warmSinceNanos = nowNanos;
  }

  /** Which part of a full share it bears now. */
  double share(long nowNanos) {
    long warm = nowNanos - warmSinceNanos;
    long whole = health.slowStart().toNanos();
    return warm >= whole ? 1 : Math.max(FIRST_SHARE, (double) warm / whole);
  }

  void forgive(long nowNanos) {
    if (rests > 0 && nowNanos - restUntilNanos > 4 * health.longestRest().toNanos()) {
      rests = 0;
    }
  }

  boolean isUnusedFor(long nanos, long nowNanos) {
    return nowNanos - usedNanos > nanos;
  }
}
