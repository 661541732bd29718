package io.homecell.account.transfer;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How long to leave a cell alone that could not be reached: longer each time, up to a bound. Time
 * is given by the caller, in nanoseconds. Thread-safe.
 */
final class Backoff {
  static final Duration FIRST = Duration.ofMillis(200);
  static final Duration LONGEST = Duration.ofSeconds(5);

  private record Pause(Duration length, long endsAtNanos) {}

  private final Map<String, Pause> pauses = new HashMap<>();

  synchronized boolean isPaused(String cell, long nowNanos) {
    Pause pause = pauses.get(cell);
    return pause != null && nowNanos - pause.endsAtNanos() < 0;
  }

  /** A failure starts a pause; one that arrives while a pause runs belongs to it. */
  synchronized void failed(String cell, long nowNanos) {
    if (isPaused(cell, nowNanos)) {
      return;
    }
    Pause before = pauses.get(cell);
    Duration length = before == null ? FIRST : before.length().multipliedBy(2);
    if (length.compareTo(LONGEST) > 0) {
      length = LONGEST;
    }
    pauses.put(cell, new Pause(length, nowNanos + length.toNanos()));
  }

  synchronized void succeeded(String cell) {
    pauses.remove(cell);
  }
}
