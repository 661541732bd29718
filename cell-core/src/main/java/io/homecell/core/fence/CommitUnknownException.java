package io.homecell.core.fence;

import org.jspecify.annotations.Nullable;

/**
 * The connection broke while the commit was under way: the transaction may or may not have been
 * committed. A caller repeats the operation under the same idempotency key, which tells.
 */
public final class CommitUnknownException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CommitUnknownException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
