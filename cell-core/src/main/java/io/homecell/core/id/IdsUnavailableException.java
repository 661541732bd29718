package io.homecell.core.id;

/**
 * No id can be drawn now that is surely drawn nowhere else: the source holds no node number, or has
 * used what is reserved for it and the database did not let it reserve more. Over HTTP it is {@code
 * 503} with {@code Retry-After}.
 */
public final class IdsUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public IdsUnavailableException(String message) {
    super(message);
  }
}
