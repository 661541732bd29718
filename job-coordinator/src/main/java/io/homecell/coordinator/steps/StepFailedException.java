package io.homecell.coordinator.steps;

import io.homecell.coordinator.operation.Event.Failure;

/** A step could not be done within its limit; the machine decides what follows. */
final class StepFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Failure failure;

  StepFailedException(Failure failure, String message) {
    super(message);
    this.failure = failure;
  }

  Failure failure() {
    return failure;
  }

  String text() {
    return String.valueOf(getMessage());
  }
}
