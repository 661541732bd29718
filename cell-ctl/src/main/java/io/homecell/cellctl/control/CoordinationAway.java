package io.homecell.cellctl.control;

/** ZooKeeper or the coordinators can't be reached; the message says which and what to do. */
public final class CoordinationAway extends Exception {
  private static final long serialVersionUID = 1L;

  CoordinationAway(String message) {
    super(message);
  }
}
