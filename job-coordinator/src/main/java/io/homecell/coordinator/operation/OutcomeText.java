package io.homecell.coordinator.operation;

import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** How an operation ended, in a sentence: what is where, and what to do next. Pure. */
final class OutcomeText {
  private OutcomeText() {}

  static Optional<String> of(Operation operation) {
    return switch (operation.state()) {
      case RUNNING, ABORTING, RETURNING -> Optional.empty();
      case DONE ->
          Optional.of(
              slots(operation.moves())
                  + " moved from "
                  + operation.from()
                  + " to "
                  + operation.to());
      case ABORTED -> Optional.of("given up, everything put back at " + operation.from());
      case REFUSED -> Optional.of("refused, nothing changed");
      case FAILED ->
          Optional.of(
              "stopped at "
                  + operation.lastStep()
                  + ": a person has to look"
                  + operation
                      .waves()
                      .map(waves -> "; " + whereTheyAre(operation, waves))
                      .orElse(""));
      case RETURNED ->
          operation
              .waves()
              .map(
                  waves ->
                      "wave "
                          + waves.number()
                          + " failed its check and is at "
                          + operation.from()
                          + " again; "
                          + whereTheyAre(operation, waves)
                          + next(operation, waves));
      case STOPPED ->
          operation
              .waves()
              .map(
                  waves ->
                      "stopped in wave "
                          + waves.number()
                          + (waves.returning() ? ", which failed its check and did not return" : "")
                          + "; "
                          + whereTheyAre(operation, waves)
                          + next(operation, waves));
    };
  }

  private static String slots(List<Move> moves) {
    int count = moves.stream().mapToInt(Move::size).sum();
    return count + (count == 1 ? " slot" : " slots");
  }

  private static String whereTheyAre(Operation operation, Waves waves) {
    return waves.moved() == 0
        ? "nothing has moved"
        : slots(waves.done())
            + (waves.moved() == waves.planned().size() ? ", all of them, " : " ")
            + "moved to "
            + operation.to()
            + " (slots "
            + ranges(waves.done())
            + ")"
            + (waves.moved() == waves.planned().size() ? ", pinned jobs have not followed" : "");
  }

  /** Neighbours together, whatever their epochs are. */
  private static String ranges(List<Move> moves) {
    NavigableMap<Integer, Long> slots = new TreeMap<>();
    moves.forEach(move -> move.slots().forEach(slot -> slots.put(slot, 0L)));
    return SlotRun.gather(slots).stream()
        .map(run -> run.slots().toString())
        .collect(Collectors.joining(","));
  }

  private static String next(Operation operation, Waves waves) {
    String on =
        operation.kind() == Kind.FAILBACK
            ? "failback"
            : "switchover --from " + operation.from() + " --to " + operation.to();
    String back =
        operation.kind() == Kind.FAILBACK
            ? "switchover --from " + operation.to() + " --to " + operation.from()
            : "failback";
    return ". To go on when its cause is gone: `cellctl "
        + on
        + "`"
        + (waves.moved() == 0 ? "" : "; to go back: `cellctl " + back + "`");
  }
}
