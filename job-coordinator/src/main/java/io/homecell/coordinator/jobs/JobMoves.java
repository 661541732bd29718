package io.homecell.coordinator.jobs;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.steps.JobSteps;
import io.homecell.coordinator.steps.Stop;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Job.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/**
 * Moves pinned jobs: DRAINING at the old datacenter; when every process there has acknowledged that
 * it runs nothing, or their leases must be over, ACTIVE at the new one with the next epoch.
 *
 * <p>Invariant upheld: there is no moment at which processes of two datacenters may run a job.
 */
public final class JobMoves implements JobSteps {
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration MARGIN = Duration.ofSeconds(1);
  private static final int TRIES = 5;

  private final Topology topology;
  private final JobStore store;
  private final Duration leaseLength;

  public JobMoves(Topology topology, CuratorFramework client) {
    this.topology = topology;
    this.store = new JobStore(client);
    this.leaseLength = JobLease.lengthFor(topology.coordination().sessionTimeout());
  }

  @Override
  public Moved move(Action.MoveJobs action, Stop stop) {
    List<String> details = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    for (JobUnit unit : JobUnit.of(topology)) {
      if (!(unit.job().scope() instanceof Scope.InDatacenter pinned)) {
        continue;
      }
      Optional<JobOwner> owner = store.owner(unit);
      if (owner.isEmpty()) {
        continue;
      }
      Optional<String> target = target(action, pinned, owner.get());
      if (target.isPresent()) {
        details.add(move(unit, target.get(), action.sourceLost(), stop));
      } else if (action.sourceLost() && leaves(action, owner.get().datacenter())) {
        warnings.add(unit.name() + " stays with " + owner.get().datacenter() + " and does not run");
      }
    }
    return new Moved(details.isEmpty() ? "no job moves" : String.join(", ", details), warnings);
  }

  private static boolean leaves(Action.MoveJobs action, String datacenter) {
    return action.moves().stream().anyMatch(move -> move.sourceDatacenter().equals(datacenter));
  }

  private static Optional<String> target(
      Action.MoveJobs action, Scope.InDatacenter pinned, JobOwner owner) {
    if (action.failback()) {
      boolean returns =
          action.moves().stream()
              .anyMatch(move -> move.targetDatacenter().equals(pinned.datacenter()));
      return returns && !isSettledIn(owner, pinned.datacenter())
          ? Optional.of(pinned.datacenter())
          : Optional.empty();
    }
    if (!pinned.followsFailover()) {
      return Optional.empty();
    }
    return action.moves().stream()
        .filter(move -> move.sourceDatacenter().equals(owner.datacenter()))
        .map(Move::targetDatacenter)
        .findFirst();
  }

  private static boolean isSettledIn(JobOwner owner, String datacenter) {
    return owner.isActiveIn(datacenter);
  }

  /**
   * Moves one job.
   *
   * @param sourceLost the old datacenter was declared lost and a longer lease than a job's has been
   *     waited out since: nobody there can prove anything any more
   */
  String move(JobUnit unit, String target, boolean sourceLost, Stop stop) {
    for (int i = 0; i < TRIES; i++) {
      JobOwner owner = store.owner(unit).orElseThrow();
      if (owner.isActiveIn(target)) {
        return unit.name() + " in " + target + " epoch " + owner.epoch();
      }
      Optional<JobOwner> draining =
          owner.state() == JobOwner.State.DRAINING
              ? Optional.of(owner)
              : store.change(
                  unit, owner, owner.datacenter(), owner.epoch(), JobOwner.State.DRAINING);
      if (draining.isPresent()) {
        if (!sourceLost) {
          awaitIdle(unit, draining.get(), stop);
        }
        store.change(
            unit, draining.get(), target, draining.get().epoch() + 1, JobOwner.State.ACTIVE);
      }
    }
    throw new io.homecell.core.coordination.CoordinationException(
        unit.name() + " is changed by somebody else again and again");
  }

  /** Every worker has said so, or nobody can hold a lease: the record denies it since now. */
  private void awaitIdle(JobUnit unit, JobOwner draining, Stop stop) {
    long until = System.nanoTime() + leaseLength.plus(MARGIN).toNanos();
    while (System.nanoTime() - until < 0) {
      boolean idle =
          store.workers(unit).stream()
              .filter(worker -> worker.datacenter().equals(draining.datacenter()))
              .allMatch(worker -> worker.idle() && worker.epoch() == draining.epoch());
      if (idle) {
        return;
      }
      stop.pause(POLL);
    }
  }

  /**
   * Gives every pinned job its first owner, and ends moves that nobody completes. For the leader,
   * while no operation is under way.
   */
  public void lookAfter() {
    for (JobUnit unit : JobUnit.of(topology)) {
      if (unit.job().scope() instanceof Scope.InDatacenter pinned) {
        Optional<JobOwner> owner = store.owner(unit);
        if (owner.isEmpty()) {
          store.createOwner(unit, pinned.datacenter());
        } else if (owner.get().state() == JobOwner.State.DRAINING) {
          JobOwner stuck = owner.get();
          store.change(unit, stuck, stuck.datacenter(), stuck.epoch() + 1, JobOwner.State.ACTIVE);
        }
      }
    }
  }
}
