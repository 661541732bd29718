package io.homecell.coordinator.jobs;

import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What runs at most once at a time: a pinned job, or a cell's part of a job that each cell has.
 *
 * @param cell empty for a pinned job
 */
record JobUnit(Topology.Job job, Optional<String> cell) {
  /** All units of a topology. */
  static List<JobUnit> of(Topology topology) {
    List<JobUnit> units = new ArrayList<>();
    for (Topology.Job job : topology.jobs().values()) {
      if (job.scope() instanceof Topology.Job.Scope.EachCell) {
        topology.cells().keySet().forEach(cell -> units.add(new JobUnit(job, Optional.of(cell))));
      } else {
        units.add(new JobUnit(job, Optional.empty()));
      }
    }
    return units;
  }

  String name() {
    return job.name() + cell.map(name -> "@" + name).orElse("");
  }

  String path() {
    return "/homecell/jobs/" + job.name() + cell.map(name -> "/cells/" + name).orElse("");
  }

  /**
   * Whether a due run that was missed is made up for. A cell's part is about the present: its next
   * run does what the missed ones would have done.
   */
  boolean catchesUp() {
    return cell.isEmpty();
  }
}
