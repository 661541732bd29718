package io.homecell.coordinator.jobs;

import java.time.Instant;
import java.util.Optional;

/** What the jobs do. */
public interface JobWork {
  /**
   * One due run.
   *
   * @param cell the cell it is for; empty for a pinned job
   * @param epoch the fencing token: each of its transactions checks it in the database
   * @param lastDone the due moment of the last run that was done
   */
  record Due(
      String job, Optional<String> cell, Instant dueAt, long epoch, Optional<Instant> lastDone) {}

  /**
   * Does it. Doing it again must give the same; it must end soon when its thread is interrupted.
   *
   * @return what it did, for the record
   * @throws Exception if it could not; it is tried again
   */
  String run(Due due) throws Exception;
}
