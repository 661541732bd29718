package io.homecell.coordinator.operation;

import java.util.List;

/**
 * What an event makes of an operation: the next state, to be written first, and what is to be done
 * then.
 */
public record Transition(Operation next, List<Action> actions) {
  public Transition {
    actions = List.copyOf(actions);
  }
}
