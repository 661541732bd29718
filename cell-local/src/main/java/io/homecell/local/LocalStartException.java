package io.homecell.local;

/** A part of a local deployment could not be started; the message says why and what to do. */
public final class LocalStartException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public LocalStartException(String message) {
    super(message);
  }

  public LocalStartException(String message, Throwable cause) {
    super(message, cause);
  }
}
