package io.homecell.core.coordination;

/** Somebody else has changed the znode since it was read; read again and decide again. */
public final class StaleStateException extends Exception {
  private static final long serialVersionUID = 1L;

  public StaleStateException(String message) {
    super(message);
  }
}
