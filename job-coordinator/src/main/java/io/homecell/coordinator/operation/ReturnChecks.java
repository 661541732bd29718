package io.homecell.coordinator.operation;

import io.homecell.core.coordination.ReturnProof;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Whether a cell of a datacenter that was declared lost may own again: not before what it had
 * committed and not sent is undone, and a comparison that is newer than that has found it equal to
 * the owner. No refusal of these can be overridden. Pure.
 */
public final class ReturnChecks {
  private ReturnChecks() {}

  /**
   * What is known of a cell that returns, and of one that owns slots of its.
   *
   * @param lostEpoch of its datacenter's state
   * @param undone by each cell of the group that could be asked: its stranded transactions that are
   *     settled and undone
   * @param toUndo how many are settled and not undone yet
   * @param waits what one of those waits for, if it is known
   * @param proof the last comparison
   */
  public record ReturnFact(
      String cell,
      String owner,
      long lostEpoch,
      Map<String, Long> undone,
      long toUndo,
      Optional<String> waits,
      Optional<ReturnProof> proof) {
    public ReturnFact {
      undone = Map.copyOf(undone);
    }
  }

  /** The reasons against it. */
  public static List<Refusal> refusals(List<ReturnFact> facts) {
    List<Refusal> refusals = new ArrayList<>();
    for (ReturnFact fact : facts) {
      if (fact.toUndo() > 0) {
        refusals.add(
            new Refusal(
                RefusalName.RETURN_NOT_UNDONE,
                fact.toUndo()
                    + " settled stranded transactions of "
                    + fact.cell()
                    + " are not undone there yet"
                    + fact.waits().map(why -> ": " + why).orElse(""),
                "dc-sync does it by itself while every cell of the group is up, see `cellctl sync"
                    + " stranded list`"));
      }
      unverified(fact)
          .ifPresent(
              why ->
                  refusals.add(
                      new Refusal(
                          RefusalName.RETURN_NOT_VERIFIED,
                          why,
                          "dc-sync compares them by itself once all that is stranded is settled and"
                              + " undone; rows that differ: `cellctl sync verify`, then `cellctl"
                              + " sync repair`")));
    }
    return List.copyOf(new LinkedHashSet<>(refusals));
  }

  private static Optional<String> unverified(ReturnFact fact) {
    String pair = fact.cell() + " and " + fact.owner();
    if (fact.proof().isEmpty()) {
      return Optional.of(pair + " were never compared since the one was declared lost");
    }
    ReturnProof proof = fact.proof().get();
    if (!proof.isAbout(fact.lostEpoch(), fact.undone())) {
      return Optional.of(
          pair
              + " were last compared at "
              + proof.at()
              + ", before the return or the last settlement");
    }
    return proof.objection().map(why -> pair + ": " + why);
  }
}
