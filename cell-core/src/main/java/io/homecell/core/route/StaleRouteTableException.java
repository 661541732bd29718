package io.homecell.core.route;

/** Somebody else has changed the route table since it was read; read again and decide again. */
public final class StaleRouteTableException extends Exception {
  private static final long serialVersionUID = 1L;

  private final long expectedEpoch;
  private final long actualEpoch;

  public StaleRouteTableException(long expectedEpoch, long actualEpoch) {
    super("route table epoch: " + actualEpoch + " (expected: " + expectedEpoch + ")");
    this.expectedEpoch = expectedEpoch;
    this.actualEpoch = actualEpoch;
  }

  public long expectedEpoch() {
    return expectedEpoch;
  }

  public long actualEpoch() {
    return actualEpoch;
  }
}
