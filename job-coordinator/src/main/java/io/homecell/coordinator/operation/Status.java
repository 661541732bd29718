package io.homecell.coordinator.operation;

/** Where an operation stands as a whole. */
public enum Status {
  /** On its way forward. */
  RUNNING,
  /** Putting everything back. */
  ABORTING,
  /** The slots are at their new owner. */
  DONE,
  /** The slots are at their old owner; everything was put back. */
  ABORTED,
  /** A check refused it; nothing was changed. */
  REFUSED,
  /** Stopped where going on or back would not be safe: a person has to look. */
  FAILED;

  public boolean isOver() {
    return this != RUNNING && this != ABORTING;
  }
}
