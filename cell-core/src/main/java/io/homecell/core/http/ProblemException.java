package io.homecell.core.http;

/**
 * A request that is refused for what it asks, with the answer that its sender gets: {@code 400},
 * {@code 403}, {@code 404}, {@code 409} or {@code 422}. The refusal itself has no effect.
 */
public final class ProblemException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String kind;

  /**
   * @param kind lower case words joined by hyphens, such as {@code not-enough-funds}
   * @param detail the value at fault and what was expected
   */
  public ProblemException(int status, String kind, String detail) {
    super(detail);
    this.status = status;
    this.kind = kind;
  }

  /** The body of the answer. */
  public Problem problem() {
    return Problem.of(status, kind, String.valueOf(getMessage()));
  }

  public int status() {
    return status;
  }

  public String kind() {
    return kind;
  }
}
