package io.homecell.coordinator.operation;

import io.homecell.core.route.SlotFigures;
import java.util.List;

/**
 * What was seen of a wave since its slots are open at their new owner.
 *
 * @param requests its users' requests at the routers
 * @param silent the routers that could not be asked, each with the reason
 * @param back the pipelines that carry the wave's changes to the old owner, which is their way back
 */
public record WaveFacts(SlotFigures requests, List<String> silent, List<Carrier> back) {
  /**
   * A pipeline.
   *
   * @param state such as {@code STREAMING}, or why it is not known
   */
  public record Carrier(Direction direction, String state, long lagMillis) {
    boolean isStreaming() {
      return state.equals("STREAMING");
    }
  }

  public WaveFacts {
    silent = List.copyOf(silent);
    back = List.copyOf(back);
  }
}
