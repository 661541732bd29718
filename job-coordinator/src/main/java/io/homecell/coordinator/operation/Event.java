package io.homecell.coordinator.operation;

import java.time.Instant;
import java.util.List;

/** What happens to an operation. Times come from outside: the machine has no clock. */
public sealed interface Event {
  Instant at();

  /** A coordinator that leads takes it up: for the first time, or after another one. */
  record TakenUp(Instant at, String coordinator) implements Event {}

  /** A step has done what it was to do. */
  record Done(Step step, Instant at, String detail, List<String> warnings, List<Loss> loss)
      implements Event {
    public Done {
      warnings = List.copyOf(warnings);
      loss = List.copyOf(loss);
    }

    public Done(Step step, Instant at, String detail) {
      this(step, at, detail, List.of(), List.of());
    }
  }

  /** CHECK found reasons not to begin. */
  record Refused(Instant at, List<Refusal> refusals) implements Event {
    public Refused {
      refusals = List.copyOf(refusals);
    }
  }

  /** CHECK_WAVE found reasons to take the wave back. */
  record WaveFailed(Instant at, List<String> findings, String figures) implements Event {
    public WaveFailed {
      findings = List.copyOf(findings);
    }
  }

  /** A step could not do it, and has tried as long as its deadline allows. */
  record Failed(Step step, Instant at, Failure failure, String error) implements Event {}

  /** An operator wants it given up. */
  record AbortRequested(Instant at, String why) implements Event {}

  /** Why a step failed: decides whether going on is safe. */
  enum Failure {
    /** A part could not be reached or did not answer in time. */
    UNREACHABLE,
    /** Rows or tables are not as this operation left them: somebody else has changed them. */
    CONFLICT
  }
}
