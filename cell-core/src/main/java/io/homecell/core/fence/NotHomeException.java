package io.homecell.core.fence;

/**
 * This cell does not own the slot (any more), or the slot is closed for a move. Thrown before any
 * effect, so the caller may send the call again to the owner; over HTTP it is {@code 421} with
 * {@code Cell-Epoch}.
 */
public final class NotHomeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int slot;
  private final String owner;
  private final long epoch;

  /**
   * @param slot the slot that was asked for
   * @param owner the cell that owns it as far as the refusing side knows
   * @param epoch the slot's ownership epoch there: the caller's table must reach it before a retry
   */
  public NotHomeException(int slot, String owner, long epoch) {
    super("not home: slot=" + slot + " owner=" + owner + " epoch=" + epoch);
    this.slot = slot;
    this.owner = owner;
    this.epoch = epoch;
  }

  public int slot() {
    return slot;
  }

  public String owner() {
    return owner;
  }

  public long epoch() {
    return epoch;
  }
}
