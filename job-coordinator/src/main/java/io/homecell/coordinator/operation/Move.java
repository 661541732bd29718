package io.homecell.coordinator.operation;

import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Slots that go from one cell to another of its group.
 *
 * <p>The epochs follow from the ones before the operation (e): closed at the old owner with e+1,
 * open at the new owner with e+2; given up after the closing, open at the old owner with e+2. So a
 * fence row never returns to an epoch that it has had.
 */
public record Move(
    String source,
    String sourceDatacenter,
    String target,
    String targetDatacenter,
    List<SlotRun> runs) {
  public Move {
    runs = List.copyOf(runs);
    if (source.equals(target)) {
      throw new IllegalArgumentException("move from " + source + " to itself");
    }
  }

  /** The slots that move, each with the epoch before the operation. */
  public NavigableMap<Integer, Long> epochsBefore() {
    return SlotRun.epochs(runs, 0);
  }

  /** The epochs of the closed rows at the old owner. */
  public NavigableMap<Integer, Long> closedEpochs() {
    return SlotRun.epochs(runs, 1);
  }

  /** The epochs of the rows after the operation, wherever it ended. */
  public NavigableMap<Integer, Long> openEpochs() {
    return SlotRun.epochs(runs, 2);
  }

  public Set<Integer> slots() {
    return epochsBefore().keySet();
  }

  /** The way back after it was made: from the target, at the epochs that it left. */
  public Move back() {
    List<SlotRun> left =
        runs.stream().map(run -> new SlotRun(run.slots(), run.epoch() + 2)).toList();
    return new Move(
        /* source= */ target,
        /* sourceDatacenter= */ targetDatacenter,
        /* target= */ source,
        /* targetDatacenter= */ sourceDatacenter,
        left);
  }

  /** The part of it that moves these slots. */
  Move of(NavigableMap<Integer, Long> part) {
    return new Move(source, sourceDatacenter, target, targetDatacenter, SlotRun.gather(part));
  }

  /** How many slots move. */
  public int size() {
    return runs.stream().mapToInt(run -> run.slots().size()).sum();
  }

  @Override
  public String toString() {
    return source
        + "->"
        + target
        + ":"
        + runs.stream().map(SlotRun::toString).collect(Collectors.joining(","));
  }
}
