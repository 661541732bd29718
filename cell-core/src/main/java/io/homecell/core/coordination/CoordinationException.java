package io.homecell.core.coordination;

/** The coordination service can't be reached, or answers what it should not. */
public final class CoordinationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CoordinationException(String message) {
    super(message);
  }

  public CoordinationException(String message, Throwable cause) {
    super(message, cause);
  }
}
