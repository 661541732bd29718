package io.homecell.coordinator.operation;

import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.RouteTable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What CHECK judges, gathered beforehand.
 *
 * @param otherOperation the id of another operation that is under way
 * @param pipelines the status of each pipeline that reports one
 * @param missing by direction, the transactions of the source that the target still lacked after a
 *     short wait; only directions that could be compared
 * @param stranded open stranded transactions, wherever they are kept
 * @param around what makes it wise or unwise at this moment
 */
public record CheckFacts(
    Optional<String> otherOperation,
    RouteTable routes,
    Map<String, DatacenterFact> datacenters,
    Map<String, CellFact> cells,
    Map<Direction, PipelineFact> pipelines,
    Map<Direction, String> missing,
    List<StrandedFact> stranded,
    Surroundings around) {
  /**
   * A datacenter.
   *
   * @param routers how many of its routers are registered
   */
  public record DatacenterFact(boolean lost, int routers) {}

  /**
   * A cell's database.
   *
   * @param unreachable why it could not be asked; empty if it could
   * @param leaseMillis how much longer it may write, by its own clock; negative when over
   * @param rows its fence rows
   */
  public record CellFact(
      Optional<String> unreachable, long leaseMillis, Map<Integer, FenceRow> rows) {
    public boolean isReachable() {
      return unreachable.isEmpty();
    }
  }

  /**
   * A pipeline's last status.
   *
   * @param state such as {@code STREAMING}
   * @param ageMillis how old the status is
   * @param verified what the last verification of its two cells has found
   */
  public record PipelineFact(
      String state,
      long lagMillis,
      String detail,
      long ageMillis,
      Optional<VerifiedFact> verified) {
    public boolean isStreaming() {
      return state.equals("STREAMING");
    }

    /** Whether its target is being filled, so that rows are missing there. */
    public boolean isLoading() {
      return state.equals("LOADING") || detail.startsWith("loading: ");
    }
  }

  /** A verification, and how many rows it found to differ. */
  public record VerifiedFact(Instant at, long differences) {}

  /** A transaction of a cell that had been failed over before it was replicated. */
  public record StrandedFact(String gtid, String sourceCell, String keptIn, Set<Integer> slots) {}
}
