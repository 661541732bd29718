package io.homecell.coordinator.switchover;

import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Status;
import io.homecell.coordinator.operation.Surroundings.PastMove;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Operations that have moved slots lately, as CHECK wants them. */
public final class PastMoves {
  /** An operation may have begun this long before it ended. */
  private static final Duration LASTED_AT_MOST = Duration.ofHours(1);

  private static final Set<Status> MOVED = EnumSet.of(Status.DONE, Status.RETURNED, Status.STOPPED);

  private final OperationStore store;
  private final Duration interval;

  /**
   * @param interval how far back it matters
   */
  public PastMoves(OperationStore store, Duration interval) {
    this.store = store;
    this.interval = interval;
  }

  /** Those that have ended since the interval began and moved something, if only to and fro. */
  public List<PastMove> until(Instant now) {
    if (interval.isZero()) {
      return List.of();
    }
    String oldest = Operations.idTime(now.minus(interval).minus(LASTED_AT_MOST));
    return store.since(oldest).stream()
        .filter(operation -> MOVED.contains(operation.state()))
        .flatMap(operation -> of(operation).stream())
        .toList();
  }

  private static Optional<PastMove> of(Operation operation) {
    Set<Integer> slots = new TreeSet<>();
    operation.movesMade().forEach(move -> slots.addAll(move.slots()));
    return slots.isEmpty()
        ? Optional.empty()
        : endOf(operation)
            .map(
                ended ->
                    new PastMove(operation.id(), operation.kind(), operation.from(), ended, slots));
  }

  private static Optional<Instant> endOf(Operation operation) {
    return operation.steps().stream()
        .flatMap(step -> step.endedAt().stream())
        .max(Instant::compareTo);
  }
}
