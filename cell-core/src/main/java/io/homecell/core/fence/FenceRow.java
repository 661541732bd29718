package io.homecell.core.fence;

/**
 * A cell's row of {@code homecell.hc_slot}: who may write the slot, as this cell's database knows.
 *
 * @param epoch grows by one or more with each change of the row, anywhere; never falls
 */
public record FenceRow(int slot, String owner, long epoch, State state) {
  /** Whether the owner may commit. */
  public enum State {
    OPEN,
    CLOSED
  }

  public static FenceRow open(int slot, String owner, long epoch) {
    return new FenceRow(slot, owner, epoch, State.OPEN);
  }

  public static FenceRow closed(int slot, String owner, long epoch) {
    return new FenceRow(slot, owner, epoch, State.CLOSED);
  }

  /** Whether this row lets the cell commit. */
  public boolean isOpenFor(String cell) {
    return state == State.OPEN && owner.equals(cell);
  }

  @Override
  public String toString() {
    return "slot " + slot + " " + owner + " " + state + " epoch " + epoch;
  }
}
