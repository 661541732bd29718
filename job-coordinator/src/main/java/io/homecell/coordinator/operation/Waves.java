package io.homecell.coordinator.operation;

import java.time.Duration;
import java.util.List;

/**
 * The waves of an operation, and how far it is with them.
 *
 * <p>Invariant: the waves before {@code moved} are open at their targets, those from there on at
 * their sources, but for the current one while it is under way. Kept true by {@link
 * OperationMachine}; {@code OneWriterTest} looks. Immutable.
 *
 * @param planned what each wave moves; each slot of the operation is in exactly one
 * @param watchMillis how long each is watched before the next
 * @param current the wave under way, counted from 0
 * @param moved how many waves are at their targets
 * @param returning whether the current one goes back, since it failed its check
 */
public record Waves(
    List<List<Move>> planned, long watchMillis, int current, int moved, boolean returning) {
  public Waves {
    planned = planned.stream().map(List::copyOf).toList();
    if (current < 0 || current >= planned.size()) {
      throw new IllegalArgumentException(
          "wave " + current + " (expected: 0 to " + (planned.size() - 1) + ")");
    }
  }

  static Waves planned(List<List<Move>> planned, Duration watch) {
    return new Waves(planned, watch.toMillis(), 0, 0, false);
  }

  /** What moves now: the current wave, or its way back. */
  List<Move> underWay() {
    List<Move> moves = planned.get(current);
    return returning ? moves.stream().map(Move::back).toList() : moves;
  }

  /** How many changes of the route table came before the move that is under way. */
  int tableChangesBefore() {
    return 2 * (returning ? current + 1 : current);
  }

  boolean isFirst() {
    return current == 0;
  }

  boolean isLast() {
    return current == planned.size() - 1;
  }

  Waves next() {
    return new Waves(planned, watchMillis, current + 1, moved, false);
  }

  /** The move that is under way has been published. */
  Waves published() {
    return new Waves(planned, watchMillis, current, returning ? current : current + 1, returning);
  }

  Waves turnedBack() {
    return new Waves(planned, watchMillis, current, moved, true);
  }

  /** The moves that are at their targets. */
  List<Move> done() {
    return planned.subList(0, moved).stream().flatMap(List::stream).toList();
  }

  /** The moves that have been made, that of a wave on its way back too. */
  List<Move> made() {
    int count = returning ? current + 1 : moved;
    return planned.subList(0, count).stream().flatMap(List::stream).toList();
  }

  /** Such as {@code 2 of 3}. */
  String number() {
    return (current + 1) + " of " + planned.size();
  }

  /** Such as {@code wave 2 of 3, 51 slots}. */
  String title() {
    int slots = planned.get(current).stream().mapToInt(Move::size).sum();
    return (returning ? "return of wave " : "wave ")
        + number()
        + ", "
        + slots
        + (slots == 1 ? " slot" : " slots");
  }
}
