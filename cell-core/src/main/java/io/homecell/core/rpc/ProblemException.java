package io.homecell.core.rpc;

import io.homecell.core.http.Problem;

/**
 * A request that can't be served as it is, with the answer the caller gets: problem details over
 * HTTP, this same exception over RPC. Thrown before any effect, or inside a transaction, which it
 * rolls back.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String kind;

  /**
   * @param status the HTTP status, 400 to 599
   * @param kind lower case words joined by hyphens, see {@link Problem#of}
   * @param detail the value at fault and what was expected; shown to the caller
   */
  public ProblemException(int status, String kind, String detail) {
    super(detail);
    this.status = status;
    this.kind = kind;
  }

  public int status() {
    return status;
  }

  public String kind() {
    return kind;
  }

  public Problem problem() {
    return Problem.of(status, kind, String.valueOf(getMessage()));
  }
}
