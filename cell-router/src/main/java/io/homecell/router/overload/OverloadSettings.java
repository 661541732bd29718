package io.homecell.router.overload;

/**
 * How much of a router one cell may take. All bounds are for one cell and one event loop.
 *
 * @param waitingMin requests that wait for a cell's answer: the adaptive limit is never less
 * @param waitingFirst where that limit starts
 * @param waitingMax and never more, however quick the cell is; less than the connections of a pool,
 *     so that none of them waits for one
 * @param openMax requests that are with the cell, those included whose answer is still coming
 * @param heldPercent of the room for held requests that those of one cell may take
 */
public record OverloadSettings(
    int waitingMin, int waitingFirst, int waitingMax, int openMax, int heldPercent) {

  public OverloadSettings {
    if (waitingMin < 1
        || waitingFirst < waitingMin
        || waitingMax < waitingFirst
        || openMax < waitingMax) {
      throw new IllegalArgumentException(
          "waitingMin: "
              + waitingMin
              + ", waitingFirst: "
              + waitingFirst
              + ", waitingMax: "
              + waitingMax
              + ", openMax: "
              + openMax
              + " (expected: 1 <= waitingMin <= waitingFirst <= waitingMax <= openMax)");
    }
    if (heldPercent < 1 || heldPercent > 100) {
      throw new IllegalArgumentException("heldPercent: " + heldPercent + " (expected: 1 to 100)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static OverloadSettings standard() {
    return new OverloadSettings(32, 448, 448, 4_096, 90);
  }
}
