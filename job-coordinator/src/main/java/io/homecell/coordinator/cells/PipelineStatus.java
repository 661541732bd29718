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
 * @param admin the admin port of the dc-sync that runs it
 * @param verified what the last verification of its two cells has found
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
    Instant at,
    Optional<String> admin,
    Optional<Verified> verified) {
  /**
   * A verification.
   *
   * @param differences rows found to differ
   * @param equal whether everything was proven equal
   */
  public record Verified(Instant at, long differences, boolean equal) {}

  /** From which cell to which. */
  public Direction direction() {
    return new Direction(source, target);
  }
}
