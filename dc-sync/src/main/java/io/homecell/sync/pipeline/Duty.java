package io.homecell.sync.pipeline;

import java.util.Optional;

/** What a worker does about a pipeline that several workers could run. A pure decision. */
enum Duty {
  RUN,
  STAND_BY,
  /** Nothing is known that would change it. */
  AS_BEFORE;

  /**
   * Decides. Two that run at once do no harm, since a transaction is applied once whoever applies
   * it; none that runs does. So a worker that runs goes on while the coordination service is away,
   * and one that has never reached it runs after a while.
   *
   * @param leader the elected worker, if the coordination service names one now
   * @param worker this one; a leader of the same name is this one's former self, or itself
   * @param reached whether the coordination service has ever been reached
   * @param patienceOver whether it has been tried for long enough
   */
  static Duty of(Optional<String> leader, String worker, boolean reached, boolean patienceOver) {
    if (leader.isPresent()) {
      return leader.get().equals(worker) ? RUN : STAND_BY;
    }
    return !reached && patienceOver ? RUN : AS_BEFORE;
  }
}
