package io.homecell.core.rpc;

/**
 * The provider failed in a way that its contract does not name. Its log has the cause under the
 * incident named in the message; whether the call had an effect is not known.
 */
public final class CallFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CallFailedException(String message) {
    super(message);
  }
}
