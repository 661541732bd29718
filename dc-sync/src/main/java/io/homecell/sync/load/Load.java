package io.homecell.sync.load;

import io.homecell.sync.position.GtidSet;

/**
 * The load of a cell, as the cell's own {@code hc_load} has it.
 *
 * @param id of this request; a load that is started again has another
 * @param source the cell that it is loaded from
 * @param empties whether tables that hold rows may be emptied
 * @param from what the source had executed before the first row was read; empty while preparing
 * @param until what it had executed when the last row had been read; empty before that
 */
public record Load(
    String id, String source, Phase phase, boolean empties, GtidSet from, GtidSet until) {

  /** How far it is. */
  public enum Phase {
    /** Tables are made. */
    PREPARING,
    /** Rows are copied. */
    COPYING,
    /** What happened at the source meanwhile is applied. */
    CATCHING_UP,
    /** The cell is like any other. */
    DONE
  }

  /** Whether rows are still missing. */
  boolean copies() {
    return phase == Phase.PREPARING || phase == Phase.COPYING;
  }

  boolean isDone() {
    return phase == Phase.DONE;
  }

  /** What is applied over rows that were copied at different times. */
  public GtidSet window() {
    return phase == Phase.CATCHING_UP ? until : new GtidSet();
  }
}
