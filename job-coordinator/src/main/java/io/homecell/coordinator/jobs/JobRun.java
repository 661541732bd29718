package io.homecell.coordinator.jobs;

import java.time.Instant;
import java.util.Optional;

/**
 * The record of one due run.
 *
 * @param dueAt the moment of the schedule that it is for
 * @param attempt counts from 1
 * @param detail what it did, or why it failed
 */
record JobRun(
    Instant dueAt,
    Instant startedAt,
    Optional<Instant> endedAt,
    String datacenter,
    Optional<String> cell,
    String instance,
    long epoch,
    int attempt,
    State state,
    String detail) {
  /** How it stands. */
  enum State {
    RUNNING,
    DONE,
    FAILED
  }

  JobRun ended(Instant at, State how, String what) {
    return new JobRun(
        dueAt, startedAt, Optional.of(at), datacenter, cell, instance, epoch, attempt, how, what);
  }
}
