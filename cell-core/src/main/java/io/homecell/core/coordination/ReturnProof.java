package io.homecell.core.coordination;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a comparison of a cell that has come back with the cell that owns its slots now has found.
 * It says for itself what it is about, without anybody's clock: the declaration of its datacenter
 * as lost, and the undone stranded transactions that were counted before it began. One that was
 * made before either has changed proves nothing any more.
 *
 * @param lostEpoch the epoch of the datacenter's state, declared lost
 * @param undone by the cell that keeps them, how many of its stranded transactions had been undone
 * @param differing rows that differ, each proven
 * @param undecided rows and tables that could not be judged this time
 * @param notCompared tables that can't be compared, each with why; they are in nobody's way
 */
public record ReturnProof(
    long lostEpoch,
    Map<String, Long> undone,
    long differing,
    long undecided,
    List<String> notCompared,
    Instant at) {
  public ReturnProof {
    undone = Map.copyOf(undone);
    notCompared = List.copyOf(notCompared);
  }

  /** Whether it is about this return, and all that was undone by now. */
  public boolean isAbout(long epoch, Map<String, Long> undoneNow) {
    return lostEpoch == epoch
        && undoneNow.entrySet().stream()
            .allMatch(cell -> undone.getOrDefault(cell.getKey(), 0L).equals(cell.getValue()));
  }

  /** Why it does not let the cell own again; empty if it does. */
  public Optional<String> objection() {
    if (differing > 0) {
      return Optional.of(differing + " rows differ, found at " + at);
    }
    return undecided > 0
        ? Optional.of(undecided + " rows or tables could not be judged at " + at)
        : Optional.empty();
  }
}
