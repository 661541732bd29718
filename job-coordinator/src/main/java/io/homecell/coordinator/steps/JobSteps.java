package io.homecell.coordinator.steps;

import io.homecell.coordinator.operation.Action;
import java.util.List;

/** JOBS: the pinned jobs follow the slots. */
public interface JobSteps {
  /** What was moved, and what could not be. */
  record Moved(String detail, List<String> warnings) {}

  /** Moves the jobs; doing it again has no further effect. */
  Moved move(Action.MoveJobs action, Stop stop);
}
