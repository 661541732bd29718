package io.homecell.coordinator.operation;

/** Where an operation stands as a whole. */
public enum Status {
  /** On its way forward. */
  RUNNING,
  /** Putting everything back. */
  ABORTING,
  /** Taking back the wave that failed its check. */
  RETURNING,
  /** The slots are at their new owner. */
  DONE,
  /** The slots are at their old owner; everything was put back. */
  ABORTED,
  /** A wave failed its check and is at its old owner again; the waves before it stay moved. */
  RETURNED,
  /** Given up between or within waves: the waves before stay moved, the others are as before. */
  STOPPED,
  /** A check refused it; nothing was changed. */
  REFUSED,
  /** Stopped where going on or back would not be safe: a person has to look. */
  FAILED;

  public boolean isOver() {
    return this != RUNNING && this != ABORTING && this != RETURNING;
  }
}
