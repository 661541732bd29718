package io.homecell.core.rpc;

import org.jspecify.annotations.Nullable;

/** No instance of the cell that the call must go to can be reached. The call had no effect. */
public final class OwnerUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public OwnerUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
