package io.homecell.coordinator.cells;

import io.homecell.coordinator.operation.Direction;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a pipeline of dc-sync says of itself, each second.
 *
 * @param state STREAMING, LOADING, CATCHING_UP, STARTING, STOPPED or BROKEN
 * @param stranded transactions that it kept instead of applying them
 * @param conflicts rows where the owner's image had to win
 * @param admin the admin port of the dc-sync that runs it
 * @param verified what the last verification of its two cells has found
 * @param throttled why a verification or a repair of its two cells waits now
 * @param flow how fast it is
 * @param warnings what will stop it or make the copies differ one day, and what to do
 * @param recent how much it carried before its last transaction
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
    Optional<Verified> verified,
    Optional<String> throttled,
    Optional<Flow> flow,
    Optional<List<String>> warnings,
    Optional<Recent> recent) {
  /**
   * A verification.
   *
   * @param differences rows found to differ
   * @param equal whether everything was proven equal
   */
  public record Verified(Instant at, long differences, boolean equal) {}

  /**
   * How fast it is: lags of the last minute, rates of the last ten seconds.
   *
   * @param pending transactions captured and not yet applied
   * @param lanesBusy connections that apply at this moment
   * @param retries transactions done again after a lock or a deadlock, since dc-sync started
   * @param barriers schema changes and large transactions since then
   */
  public record Flow(
      Optional<Double> beatP50Millis,
      Optional<Double> beatP99Millis,
      Optional<Double> commitP50Millis,
      Optional<Double> commitP99Millis,
      double transactionsPerSecond,
      double rowsPerSecond,
      int pending,
      long pendingBytes,
      int lanesBusy,
      long retries,
      long barriers) {}

  /** Transactions within so many seconds up to the last that arrived, and their slots. */
  public record Recent(long transactions, int slots, int seconds) {}

  /** From which cell to which. */
  public Direction direction() {
    return new Direction(source, target);
  }
}
