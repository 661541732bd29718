package io.homecell.core.id;

/**
 * The right to draw ids with a node number in the ticks from {@code fromTick} up to, not including,
 * {@code untilTick}. Nobody else ever has the right to any tick of it under that number.
 */
record NodeGrant(int node, long fromTick, long untilTick) {
  NodeGrant {
    if (node < 0 || node >= IdLayout.NODES || fromTick < 0 || untilTick < fromTick) {
      throw new IllegalArgumentException(
          "node: "
              + node
              + ", ticks "
              + fromTick
              + " to "
              + untilTick
              + " (expected: a node from 0 to "
              + (IdLayout.NODES - 1)
              + ", ticks in order)");
    }
  }

  NodeGrant until(long tick) {
    return new NodeGrant(node, fromTick, Math.max(untilTick, tick));
  }

  @Override
  public String toString() {
    return "node " + node + ", ticks " + fromTick + " to " + untilTick;
  }
}
