package io.homecell.coordinator.jobs;

/**
 * Who runs a job, changed by compare-and-set only.
 *
 * @param epoch grows with each change of the datacenter; the fencing token of its runs
 * @param version of the znode
 */
record JobOwner(String datacenter, long epoch, State state, int version) {
  /** Whether runs may begin. */
  enum State {
    ACTIVE,
    /** No new run, the last one ends: the job is about to move. */
    DRAINING
  }

  boolean isActiveIn(String name) {
    return state == State.ACTIVE && datacenter.equals(name);
  }
}
