package io.homecell.coordinator.operation;

import java.time.Instant;
import java.util.Optional;

/**
 * One step of an operation's record.
 *
 * @param endedAt empty while it is under way
 * @param detail what it did, or why it failed
 */
public record StepRecord(Step step, Instant startedAt, Optional<Instant> endedAt, String detail) {
  StepRecord ended(Instant at, String what) {
    String all = detail.isEmpty() ? what : what.isEmpty() ? detail : detail + "; " + what;
    return new StepRecord(step, startedAt, Optional.of(at), all);
  }

  StepRecord noted(String what) {
    return new StepRecord(step, startedAt, endedAt, detail.isEmpty() ? what : detail + "; " + what);
  }
}
