package io.homecell.core.route;

import java.util.Optional;

/**
 * Where one slot lives now.
 *
 * @param owner the cell that owns it
 * @param epoch its ownership epoch: grows with every change of its fence row, never falls
 * @param movingTo the cell that it is moving to; empty while it is open. While a slot moves, unsafe
 *     requests are held and safe ones still go to the owner.
 */
public record SlotRoute(String owner, long epoch, Optional<String> movingTo) {
  public SlotRoute {
    if (epoch < 1) {
      throw new IllegalArgumentException("epoch: " + epoch + " (expected: >= 1)");
    }
  }

  public static SlotRoute open(String owner, long epoch) {
    return new SlotRoute(owner, epoch, Optional.empty());
  }

  public boolean isMoving() {
    return movingTo.isPresent();
  }
}
