package io.homecell.coordinator.cells;

import io.homecell.core.coordination.CoordinationException;

/** Turns what Curator throws into what callers handle. */
public final class Coordinated {
  private Coordinated() {}

  /** The exception to throw; keeps the thread's interruption. */
  public static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    if (e instanceof CoordinationException known) {
      return known;
    }
    return new CoordinationException(what + ": " + e, e);
  }
}
