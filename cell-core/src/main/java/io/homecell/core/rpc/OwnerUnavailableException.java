package io.homecell.core.rpc;

/** No instance of the cell that the call must go to can be reached. The call had no effect. */
public final class OwnerUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OwnerUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
