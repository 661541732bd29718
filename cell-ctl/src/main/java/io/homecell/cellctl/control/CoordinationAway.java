package io.homecell.cellctl.control;

/** ZooKeeper or the coordinators can't be reached; the message says which and what to do. */
public final class CoordinationAway extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean mayPass;

  private CoordinationAway(String message, boolean mayPass) {
    super(message);
    this.mayPass = mayPass;
  }

  /** It stays so until somebody does something. */
  static CoordinationAway lasting(String message) {
    return new CoordinationAway(message, false);
  }

  /** It may be over in a moment: an election is under way. */
  static CoordinationAway passing(String message) {
    return new CoordinationAway(message, true);
  }

  boolean mayPass() {
    return mayPass;
  }
}
