package io.homecell.core.fence;

/**
 * This cell may not write at all now: its lease is over, so another datacenter may already have
 * been declared the owner. Thrown before any effect; over HTTP it is {@code 503} with {@code
 * Retry-After}.
 */
public final class CellFencedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CellFencedException(String cell, String reason) {
    super("cell " + cell + " is fenced: " + reason);
  }
}
