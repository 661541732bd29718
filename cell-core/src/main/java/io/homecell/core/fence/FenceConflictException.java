package io.homecell.core.fence;

/**
 * Fence rows are not as the caller left them: somebody else has changed them. Nothing was written.
 */
public final class FenceConflictException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public FenceConflictException(String message) {
    super(message);
  }
}
