package io.homecell.sync.apply;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What becomes of a transaction, decided from the rows that are locked in the applying transaction
 * itself. A pure function of them.
 */
sealed interface Verdict {
  /** The target has executed it already, whichever way it came: nothing to do. */
  record Skip() implements Verdict {}

  /** Its origin owns every slot that it touches. */
  record Apply() implements Verdict {}

  /**
   * It was made by a cell that had already been failed over: it is kept, not applied.
   *
   * @param owners the slots that another cell owns by now, with that cell
   */
  record Strand(SortedMap<Integer, String> owners) implements Verdict {}

  /**
   * Decides.
   *
   * @param gtidOwned whether the session took the transaction's identifier; it does not if the
   *     server has executed it
   * @param origin the cell that made it, if known
   * @param slots the slots of the rows it changes
   * @param owners the local owner of each slot that has a fence row
   * @throws ReplicationHaltedException if origin or slot is unknown: never a guess
   */
  static Verdict of(
      boolean gtidOwned, Optional<String> origin, Set<Integer> slots, Map<Integer, String> owners) {
    if (!gtidOwned) {
      return new Skip();
    }
    if (slots.isEmpty()) {
      return new Apply();
    }
    String cell =
        origin.orElseThrow(
            () ->
                new ReplicationHaltedException(
                    Reason.UNKNOWN_ORIGIN,
                    "no row of homecell.hc_server at the target names the transaction's server;"
                        + " insert the server's uuid and cell there"));
    SortedMap<Integer, String> others = new TreeMap<>();
    for (int slot : slots) {
      String owner = owners.get(slot);
      if (owner == null) {
        throw new ReplicationHaltedException(
            Reason.UNKNOWN_SLOT,
            "homecell.hc_slot at the target has no row for slot " + slot + "; provision the cell");
      }
      if (!owner.equals(cell)) {
        others.put(slot, owner);
      }
    }
    return others.isEmpty() ? new Apply() : new Strand(others);
  }
}
