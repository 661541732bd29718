package io.homecell.coordinator.operation;

import java.util.Optional;
import java.util.Set;

/** What operators ask for, in its plainest form. */
public final class Requests {
  private Requests() {}

  /** All of north to south, at once, by nobody in particular. */
  public static OperationRequest northToSouth(Kind kind) {
    return new OperationRequest(
        kind,
        Optional.of("north"),
        Optional.of("south"),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Set.of());
  }
}
