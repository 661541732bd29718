package io.homecell.coordinator.operation;

import java.time.Duration;
import java.util.List;

/** What the machine wants done. Each may be done again with no further effect. */
public sealed interface Action {
  /** The step it belongs to; its outcome is an event of that step. */
  Step step();

  /** Find every reason not to begin. */
  record Check() implements Action {
    @Override
    public Step step() {
      return Step.CHECK;
    }
  }

  /**
   * Mark datacenters active, after proof that the fence rows of their cells name the present
   * owners; then wait until their cells have a lease.
   */
  record MarkActive(List<String> datacenters) implements Action {
    @Override
    public Step step() {
      return Step.MARK_ACTIVE;
    }
  }

  /**
   * Change the table from exactly this epoch to the next: the slots moving.
   *
   * @param acknowledged whether every router must have applied it: a failover waits for none, since
   *     those of the lost datacenter can't, and the lease alone is its proof
   */
  record Hold(List<Move> moves, long fromEpoch, boolean acknowledged) implements Action {
    @Override
    public Step step() {
      return Step.HOLD;
    }
  }

  /** Close the rows at each old owner with {@link Move#closedEpochs}. */
  record CloseFence(List<Move> moves) implements Action {
    @Override
    public Step step() {
      return Step.CLOSE;
    }
  }

  /** Wait until each target holds the closed rows, and all that its source had executed. */
  record AwaitDrain(List<Move> moves) implements Action {
    @Override
    public Step step() {
      return Step.DRAIN;
    }
  }

  /** Change the datacenter's record from exactly this version to LOST. */
  record DeclareLost(String datacenter, int fromVersion) implements Action {
    @Override
    public Step step() {
      return Step.DECLARE_LOST;
    }
  }

  /** Wait until no lease that was granted before now can be running. */
  record AwaitLease(String datacenter) implements Action {
    @Override
    public Step step() {
      return Step.WAIT_LEASE;
    }
  }

  /** Find out what is known to be missing. */
  record StateLoss(List<Move> moves) implements Action {
    @Override
    public Step step() {
      return Step.STATE_LOSS;
    }
  }

  /** Open the rows at each target with {@link Move#openEpochs}. */
  record OpenFence(List<Move> moves) implements Action {
    @Override
    public Step step() {
      return Step.OPEN;
    }
  }

  /** Change the table from exactly this epoch to the next: the slots open at their targets. */
  record Publish(List<Move> moves, long fromEpoch) implements Action {
    @Override
    public Step step() {
      return Step.PUBLISH;
    }
  }

  /** Watch a wave from the moment that every router has applied this epoch, and judge it. */
  record CheckWave(List<Move> moves, long routeEpoch, Duration watch) implements Action {
    @Override
    public Step step() {
      return Step.CHECK_WAVE;
    }
  }

  /**
   * Let the pinned jobs follow the slots.
   *
   * @param sourceLost whether the datacenter they leave was declared lost and its lease waited out
   */
  record MoveJobs(List<Move> moves, boolean failback, boolean sourceLost) implements Action {
    @Override
    public Step step() {
      return Step.JOBS;
    }
  }

  /** Wait until every live router and instance has applied this epoch; name those that have not. */
  record Verify(long routeEpoch) implements Action {
    @Override
    public Step step() {
      return Step.VERIFY;
    }
  }

  /** Open the rows at each old owner with {@link Move#openEpochs}, closed or not. */
  record ReopenFence(List<Move> moves) implements Action {
    @Override
    public Step step() {
      return Step.REOPEN;
    }
  }

  /**
   * Change the table to the slots open at their old owners, whether or not they were held: in both
   * cases the epoch grows, so an overtaken coordinator can't hold them afterwards.
   *
   * @param plannedEpoch the epoch before HOLD
   * @param reopened whether the fence rows have {@link Move#openEpochs}
   */
  record Release(List<Move> moves, long plannedEpoch, boolean reopened) implements Action {
    @Override
    public Step step() {
      return Step.RELEASE;
    }
  }

  /**
   * Mark the datacenter active again, whether or not it was declared: its version grows, so an
   * overtaken coordinator can't declare it afterwards. One that was lost before stays lost.
   *
   * @param plannedVersion the version of its record when the operation was planned
   */
  record Undeclare(String datacenter, int plannedVersion) implements Action {
    @Override
    public Step step() {
      return Step.UNDECLARE;
    }
  }

  /** Let the next operation begin. */
  record Finish() implements Action {
    @Override
    public Step step() {
      return Step.END;
    }
  }
}
