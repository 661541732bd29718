package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Checks;
import io.homecell.coordinator.operation.Event;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Operation;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.FailsafeRecord;
import io.homecell.core.failsafe.WitnessClient;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.topology.Topology;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;

/**
 * Does what the machine asks for, and says what became of it. Every action may be done again.
 *
 * <p>A coordination service that does not answer is no outcome: {@link
 * io.homecell.core.coordination.CoordinationException} is passed on, and the caller tries again as
 * long as it leads.
 */
public final class StepActions {
  private final FenceSteps fence;
  private final RouteSteps routes;
  private final DatacenterSteps datacenters;
  private final LossReader loss;
  private final WaveCheck waves;
  private final WorldReader world;
  private final JobSteps jobs;
  private final Clock clock;

  public StepActions(
      Topology topology,
      CuratorFramework client,
      CellConnections connections,
      WorldReader world,
      JobSteps jobs,
      Optional<WitnessClient> witnesses,
      StepLimits limits,
      Executor threads,
      Clock clock) {
    RouteStore store = new RouteStore(client);
    CellReader reader = new CellReader(connections, threads);
    this.fence = new FenceSteps(connections, reader, threads, limits);
    this.routes = new RouteSteps(store, new AppliedEpochs(client), limits);
    DatacenterStates states = new DatacenterStates(client);
    LossDeclaration declaration =
        new LossDeclaration(states, new FailsafeRecord(client), witnesses, limits.close());
    this.datacenters = new DatacenterSteps(topology, states, declaration, store, reader, limits);
    this.loss = new LossReader(topology, client, reader, clock);
    this.waves =
        new WaveCheck(
            routes, new AppliedEpochs(client), new Pipelines(client), new RouterFigures(), clock);
    this.world = world;
    this.jobs = jobs;
    this.clock = clock;
  }

  /**
   * Does an action and waits for its outcome.
   *
   * @throws Stop.StoppedException if it was told to stop; it may have been done or not
   */
  public Event perform(Action action, Operation operation, Stop stop) {
    try {
      return outcome(action, operation, stop);
    } catch (StepFailedException e) {
      return new Event.Failed(action.step(), clock.instant(), e.failure(), e.text());
    }
  }

  private Event outcome(Action action, Operation operation, Stop stop) {
    if (action instanceof Action.Check) {
      Checks.Judgement judged = world.judge(operation);
      return judged.refusals().isEmpty()
          ? new Event.Done(
              action.step(), clock.instant(), "nothing against it", judged.warnings(), List.of())
          : new Event.Refused(clock.instant(), judged.refusals());
    } else if (action instanceof Action.MarkActive mark) {
      return done(action, datacenters.markActive(mark, operation.moves(), stop));
    } else if (action instanceof Action.Hold hold) {
      RouteSteps.Held held = routes.hold(hold, stop);
      return new Event.Done(
          action.step(), clock.instant(), held.detail(), held.warnings(), List.of());
    } else if (action instanceof Action.CloseFence close) {
      return done(action, fence.close(close.moves(), stop));
    } else if (action instanceof Action.AwaitDrain drain) {
      return done(action, fence.drain(drain.moves(), stop));
    } else if (action instanceof Action.DeclareLost declare) {
      return done(action, datacenters.declareLost(declare, stop));
    } else if (action instanceof Action.AwaitLease lease) {
      return done(action, datacenters.awaitLease(lease, stop));
    } else if (action instanceof Action.StateLoss stated) {
      PeerSteps.Gathered gathered = loss.gather(stated.moves(), stop);
      return lossStated(action, gathered, loss.read(stated.moves()));
    } else if (action instanceof Action.OpenFence open) {
      return done(action, fence.open(open.moves(), stop));
    } else if (action instanceof Action.Publish publish) {
      return done(action, routes.publish(publish));
    } else if (action instanceof Action.CheckWave check) {
      return waves.check(check, stop);
    } else if (action instanceof Action.MoveJobs move) {
      JobSteps.Moved moved = jobs.move(move, stop);
      return new Event.Done(
          action.step(), clock.instant(), moved.detail(), moved.warnings(), List.of());
    } else if (action instanceof Action.Verify verify) {
      return done(action, routes.verify(verify, stop));
    } else if (action instanceof Action.ReopenFence reopen) {
      return done(action, fence.reopen(reopen.moves(), stop));
    } else if (action instanceof Action.Release release) {
      return done(action, routes.release(release));
    } else if (action instanceof Action.Undeclare undeclare) {
      return done(action, datacenters.undeclare(undeclare));
    }
    throw new IllegalArgumentException("nothing to do for " + action);
  }

  private Event done(Action action, String detail) {
    return new Event.Done(action.step(), clock.instant(), detail);
  }

  private Event lossStated(Action action, PeerSteps.Gathered gathered, List<Loss> stated) {
    String detail =
        gathered.detail()
            + "; "
            + stated.stream().map(Loss::sentence).collect(Collectors.joining("; "));
    return new Event.Done(action.step(), clock.instant(), detail, gathered.warnings(), stated);
  }
}
