package io.homecell.core.fence;

import org.jspecify.annotations.Nullable;

/** The database can't be reached, or not in time. Nothing was committed. */
public final class DatabaseUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public DatabaseUnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
