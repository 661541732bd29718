package io.homecell.core.http;

/**
 * The headers between Homecell's own processes. The edge removes every one of them, and any other
 * with the {@link #PREFIX}, from what a client sends.
 */
public final class CellHeaders {
  /** Names that start with this are internal. */
  public static final String PREFIX = "Cell-";

  /** On a 421: the ownership epoch that the sender's table must reach before a retry. */
  public static final String EPOCH = "Cell-Epoch";

  /** On a 421: the slot it is about. */
  public static final String SLOT = "Cell-Slot";

  /** The authenticated user that the edge found. */
  public static final String USER = "Cell-User";

  /** Set by an edge that forwards to another datacenter's edge; names the sender's datacenter. */
  public static final String HOP = "Cell-Hop";

  /** On an answer: the cell that served it. Sent to clients too, for their support. */
  public static final String SERVED_BY = "Cell-Served-By";

  /** On an error answer of a cell: {@code true} if the request had no effect at all. */
  public static final String NOT_EXECUTED = "Cell-Not-Executed";

  /**
   * Beside {@link #NOT_EXECUTED}: {@code true} if there are too many requests; not to be retried.
   */
  public static final String OVERLOADED = "Cell-Overloaded";

  private CellHeaders() {}
}
