package io.homecell.coordinator.switchover;

/** Another coordinator has gone on with the operation; this one must not. */
final class OvertakenException extends Exception {
  private static final long serialVersionUID = 1L;

  OvertakenException(String message) {
    super(message);
  }
}
