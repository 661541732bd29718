package io.homecell.coordinator.operation;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What CHECK judges besides the parts of the move itself: whether it is wise at this moment.
 *
 * @param moveInterval how long slots stay before a move of the same ones is refused; zero if never
 * @param replicatingSince by direction, when the pipeline that runs now has begun
 * @param cells every cell of the topology
 * @param loads by cell, what its database carries; only those that could be asked
 * @param instances by cell and service, how many instances are registered
 * @param services the services that every cell must run
 * @param moves operations that have moved slots lately
 * @param clockSteps by cell, the last step of its database's clock that was seen
 * @param coordination the servers of the coordination service
 */
public record Surroundings(
    Instant now,
    Duration moveInterval,
    Map<Direction, Instant> replicatingSince,
    Map<String, CellPlace> cells,
    Map<String, LoadFact> loads,
    Map<String, Map<String, Integer>> instances,
    Set<String> services,
    List<PastMove> moves,
    Map<String, ClockStep> clockSteps,
    EnsembleFact coordination) {
  /**
   * Where a cell is.
   *
   * @param homeSlots the slots whose home it is
   */
  public record CellPlace(String datacenter, String group, Set<Integer> homeSlots) {}

  /**
   * What a database carries.
   *
   * @param connections open ones, of everybody
   * @param connectionsMax how many it allows
   * @param applicationConnections those of services; empty if it can't be told
   * @param running statements under way
   */
  public record LoadFact(
      int connections, int connectionsMax, Optional<Integer> applicationConnections, int running) {}

  /** An operation that is done. */
  public record PastMove(
      String operation, Kind kind, String from, Instant endedAt, Set<Integer> slots) {}

  /**
   * A clock that did not run like the coordinator's.
   *
   * @param millis by how much; negative when it was set back
   */
  public record ClockStep(Instant at, long millis) {}

  /** The coordination service: how many servers it is known to have, how many answer. */
  public record EnsembleFact(int servers, List<String> silent) {
    public EnsembleFact {
      silent = List.copyOf(silent);
    }

    /** Whether it stops with the next server that fails. */
    public boolean isWithoutSpare() {
      return servers - silent.size() <= servers / 2 + 1;
    }
  }
}
