package io.homecell.core.http;

/**
 * The headers between Homecell's own processes. The edge removes every one of them, and any other
 * with the {@link #PREFIX}, from what a client sends. Those that are said to be for or from clients
 * have another prefix.
 */
public final class CellHeaders {
  /** Names that start with this are internal. */
  public static final String PREFIX = "Cell-";

  /**
   * Names that start with this are what consumers of calls tell providers; the edge removes them.
   */
  public static final String CALL_PREFIX = "hc-";

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

  /**
   * Set by an edge on a read that a copy may answer: how many milliseconds the copy may be behind.
   */
  public static final String NEAR = "Cell-Near";

  /** On a 421 to such a read: why this copy does not answer it. */
  public static final String NEAR_REFUSED = "Cell-Near-Refused";

  /** For clients, on the answer of a copy: its age at most, in milliseconds. */
  public static final String COPY_AGE = "Homecell-Copy-Age";

  /** For clients, on the answer to a write: what {@link #READ_AFTER} takes. */
  public static final String WRITTEN = "Homecell-Written";

  /** From clients, on a read: only a copy that has this write may answer. */
  public static final String READ_AFTER = "Homecell-Read-After";

  private CellHeaders() {}
}
