package io.homecell.core.rpc;

import org.jspecify.annotations.Nullable;

/**
 * A call was sent and no answer came in time, or the connection broke: it may or may not have had
 * its effect. The caller repeats it under the same id, which tells.
 */
public final class CallUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CallUnknownException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
