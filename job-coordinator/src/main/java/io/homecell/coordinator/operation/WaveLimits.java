package io.homecell.coordinator.operation;

/**
 * What a wave may show and still be followed by the next.
 *
 * @param failedPercentMax of its requests
 * @param slowPercentMax of its requests that take longer than {@link
 *     io.homecell.core.route.SlotFigures#SLOW}
 * @param requestsAtFault so many failed or slow ones are no accident; fewer count only if there was
 *     no other request
 * @param lagMillisMax of the pipelines that carry its changes back to the old owner
 */
public record WaveLimits(
    double failedPercentMax, double slowPercentMax, int requestsAtFault, long lagMillisMax) {
  /** What a deployment runs with. */
  public static WaveLimits standard() {
    return new WaveLimits(1, 5, 3, Checks.LAG_MILLIS_MAX);
  }
}
