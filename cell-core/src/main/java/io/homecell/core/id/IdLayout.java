package io.homecell.core.id;

import io.homecell.core.slot.Slots;
import java.time.Instant;

/**
 * How an id is made up, from the high bits to the low: 38 bits of time in ticks of 8 ms since 2024
 * (until 2093), 10 bits of node number, a sequence, and the slot. Sequence and slot share 15 bits,
 * so that with 1,024 slots a node draws 32 ids of one slot in a tick before it borrows from the
 * next. Time comes first: ids grow with it, and new rows go to the end of an index. Immutable.
 */
public record IdLayout(Slots slots) {
  /** How long a tick lasts. */
  public static final long TICK_MILLIS = 8;

  static final int TICK_BITS = 38;
  static final int NODE_BITS = 10;
  static final int LOW_BITS = 15;

  /** 2024-01-01T00:00:00Z, where ticks are counted from. */
  static final long ORIGIN_MILLIS = 1_704_067_200_000L;

  static final int NODES = 1 << NODE_BITS;

  /** The ticks end here. */
  static final long TICK_END = 1L << TICK_BITS;

  /**
   * The tick of a moment.
   *
   * @param epochMillis as of {@link System#currentTimeMillis}; what lies before 2024 counts as 0
   */
  static long tickAt(long epochMillis) {
    return Math.max(0, (epochMillis - ORIGIN_MILLIS) / TICK_MILLIS);
  }

  private int sequenceBits() {
    return LOW_BITS - slots.bits();
  }

  /**
   * The number to draw after another in the same slot, both without their slot bits: the first of
   * this tick and node, or if that is not higher, the next one that the node has; when the sequence
   * of a tick is used up, it is the first of the tick after.
   *
   * @param last what was drawn last in the slot, by whichever node; -1 if nothing was
   */
  long after(long last, long tick, int node) {
    long first = first(tick, node);
    if (first > last) {
      return first;
    }
    boolean sameNode = nodeOf(last) == node;
    if (sameNode && (last & sequenceMask()) != sequenceMask()) {
      return last + 1;
    }
    long next = first(tickOf(last), node);
    return next > last && !sameNode ? next : first(tickOf(last) + 1, node);
  }

  private long first(long tick, int node) {
    return ((tick << NODE_BITS) | node) << sequenceBits();
  }

  private long sequenceMask() {
    return (1L << sequenceBits()) - 1;
  }

  /** The tick of a number without its slot bits. */
  long tickOf(long number) {
    return number >> (NODE_BITS + sequenceBits());
  }

  /** The node of a number without its slot bits. */
  int nodeOf(long number) {
    return (int) (number >> sequenceBits()) & (NODES - 1);
  }

  /** The id of a number in a slot. */
  long id(long number, int slot) {
    return (number << slots.bits()) | slot;
  }

  /** When an id was drawn, to the tick; a few ticks late if its source was borrowing. */
  public Instant drawnAt(long id) {
    return Instant.ofEpochMilli(ORIGIN_MILLIS + tickOf(id >> slots.bits()) * TICK_MILLIS);
  }

  /** The node number whose holder drew an id. */
  public int node(long id) {
    return nodeOf(id >> slots.bits());
  }
}
