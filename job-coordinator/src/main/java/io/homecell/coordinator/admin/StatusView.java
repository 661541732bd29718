package io.homecell.coordinator.admin;

import io.homecell.coordinator.cells.Ensemble;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code GET /admin/status} answers: the whole deployment on one page.
 *
 * @param coordinationProblem why the coordination service can't be asked; everything but the cells
 *     is what was known last then
 * @param leaseLengthMillis how long a cell may write after a proof
 * @param services those that every cell runs
 * @param coordination which servers of the coordination service take part; empty if not asked
 * @param epochsWentBack by what the leader sees that ZooKeeper was restored from an old copy
 * @param leader the address of the leading coordinator's admin API
 * @param routeEpoch 0 if there is no route table
 * @param routesMoving how many slots are on their way
 * @param slotsAway how many slots are not at their home
 * @param copies what has to reach cells of other groups
 * @param verdicts what is wrong and what to do, worst first; one named OK if nothing is
 */
public record StatusView(
    Instant at,
    Optional<String> coordinationProblem,
    long leaseLengthMillis,
    Set<String> services,
    Optional<Ensemble> coordination,
    List<String> epochsWentBack,
    Optional<String> leader,
    long routeEpoch,
    int routesMoving,
    int slotsAway,
    List<DatacenterView> datacenters,
    List<CellView> cells,
    List<CopyView> copies,
    List<PipelineStatus> pipelines,
    List<ProcessView> processes,
    Optional<Operation> operation,
    List<Verdict> verdicts) {
  /** A datacenter. */
  public record DatacenterView(
      String name, String site, String state, long epoch, int slotsOwned, int routers) {
    public boolean isLost() {
      return state.equals("LOST");
    }
  }

  /**
   * A cell.
   *
   * @param leaseMillis how much longer it may write, by its own clock; 0 when over
   * @param fenceOpen how many of its own fence rows let it write
   * @param fenceAsRoutes whether those are the rows that the route table names
   * @param fence the same in words
   * @param stranded open stranded transactions that it keeps
   */
  public record CellView(
      String name,
      String datacenter,
      String group,
      String mysql,
      int slotsHome,
      int slotsOwned,
      boolean reachable,
      Optional<String> problem,
      long leaseMillis,
      long fenceOpen,
      boolean fenceAsRoutes,
      String fence,
      long stranded,
      Sight sight) {}

  /**
   * What was seen of a cell by this coordinator.
   *
   * @param answeredAgoMillis since its database answered last; empty if it never did
   * @param leaseAtMostMillis how much longer it may write at most if it can't be asked; empty if it
   *     may be renewed
   * @param applicationConnections of its services to its database; only asked where it matters
   */
  public record Sight(
      Optional<Long> answeredAgoMillis,
      Optional<Long> leaseAtMostMillis,
      Optional<ClockStep> clockStep,
      Optional<Integer> applicationConnections) {}

  /**
   * Copies that a cell of another group has of a center cell's tables.
   *
   * @param services whose
   */
  public record CopyView(String source, String target, List<String> services) {}

  /** A process and the epoch of the route table that it has applied. */
  public record ProcessView(
      String role, String instance, String datacenter, Optional<String> cell, long epoch) {}

  StatusView judged(List<Verdict> judged) {
    return new StatusView(
        at,
        coordinationProblem,
        leaseLengthMillis,
        services,
        coordination,
        epochsWentBack,
        leader,
        routeEpoch,
        routesMoving,
        slotsAway,
        datacenters,
        cells,
        copies,
        pipelines,
        processes,
        operation,
        judged);
  }
}
