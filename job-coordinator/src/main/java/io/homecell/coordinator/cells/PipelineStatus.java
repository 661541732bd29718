package io.homecell.coordinator.cells;

import io.homecell.coordinator.operation.Direction;
import java.time.Instant;
import java.util.Optional;

/**
 * What a pipeline of dc-sync says of itself, each second.
 *
 * @param state STREAMING, CATCHING_UP, STARTING, STOPPED or BROKEN
 * @param stranded transactions that it kept instead of applying them
 * @param conflicts rows where the owner's image had to win
 */
public record PipelineStatus(
    String source,
    String target,
    String state,
    Optional<String> detail,
    long lagMillis,
    long applied,
    long skipped,
    long stranded,
    long conflicts,
    Optional<String> lastAppliedGtid,
    Instant at) {
  /** From which cell to which. */
  public Direction direction() {
    return new Direction(source, target);
  }
}
