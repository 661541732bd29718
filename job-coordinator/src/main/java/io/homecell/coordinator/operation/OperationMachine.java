package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.Event.Failure;
import java.time.Instant;
import java.util.List;

/**
 * The switch operations as a pure function {@code (state, event) -> (state, actions)}: no clock, no
 * thread, no I/O.
 *
 * <p>Safety argument, for each slot, with e the epoch before:
 *
 * <ul>
 *   <li>OPEN at the target is only ever asked for after DRAIN (which follows a committed closing of
 *       the row at the source with e+1) or after WAIT_LEASE (no lease of the source can be
 *       running).
 *   <li>Once OPEN has been written, there is no way back: it may have been committed. If the target
 *       can't be reached then, the operation goes forward, since the source is shut out either way.
 *   <li>Giving up after CLOSE opens the row at the source with e+2, so a late closing by an
 *       overtaken coordinator, which changes only e to e+1, has no effect.
 *   <li>Each step is written with a compare-and-set before it acts, so of two coordinators that
 *       believe to lead, one can go on; what the other still does is repeated or refused by epoch.
 * </ul>
 */
public final class OperationMachine {
  private OperationMachine() {}

  /** What an event makes of an operation. Events of steps that are over change nothing. */
  public static Transition on(Operation operation, Event event) {
    if (operation.state().isOver()) {
      boolean takenUp = event instanceof Event.TakenUp;
      return new Transition(operation, takenUp ? List.of(new Action.Finish()) : List.of());
    }
    if (event instanceof Event.TakenUp takenUp) {
      return takenUp(operation, takenUp);
    }
    if (event instanceof Event.Done done && done.step() == operation.step()) {
      return done(operation, done);
    }
    if (event instanceof Event.Refused refused && operation.step() == Step.CHECK) {
      Operation ended = operation.endedStep(refused.at(), names(refused.refusals()));
      return over(ended.refused(refused.refusals()), Status.REFUSED, refused.at());
    }
    if (event instanceof Event.Failed failed && failed.step() == operation.step()) {
      return failed(operation, failed);
    }
    if (event instanceof Event.AbortRequested abort) {
      return operation.isAbortable()
          ? abort(operation.endedStep(abort.at(), "abort: " + abort.why()), abort.at(), abort.why())
          : new Transition(operation, List.of());
    }
    return new Transition(operation, List.of());
  }

  private static String names(List<Refusal> refusals) {
    return String.join(", ", refusals.stream().map(refusal -> refusal.name().name()).toList());
  }

  private static Transition takenUp(Operation operation, Event.TakenUp event) {
    if (operation.step() == Step.PLAN) {
      Operation planned = operation.endedStep(event.at(), "by " + event.coordinator());
      return act(planned.at(Status.RUNNING, Step.CHECK, event.at()));
    }
    return act(operation.noted("resumed by " + event.coordinator()));
  }

  private static Transition done(Operation operation, Event.Done event) {
    Operation ended = operation.endedStep(event.at(), event.detail()).warned(event.warnings());
    if (!event.loss().isEmpty()) {
      ended = ended.losing(event.loss());
    }
    return operation.state() == Status.ABORTING
        ? back(ended, event.at())
        : forward(ended, event.at());
  }

  private static Transition failed(Operation operation, Event.Failed event) {
    Operation ended = operation.endedStep(event.at(), event.error());
    boolean conflict = event.failure() == Failure.CONFLICT;
    return switch (operation.step()) {
      case PLAN, CHECK, MARK_ACTIVE, HOLD, CLOSE, DRAIN, DECLARE_LOST, WAIT_LEASE, STATE_LOSS ->
          abort(ended, event.at(), event.error());
      case OPEN -> conflict ? stop(ended, event) : forward(warned(ended, event), event.at());
      case REOPEN -> conflict ? stop(ended, event) : back(warned(ended, event), event.at());
      case JOBS, VERIFY -> forward(warned(ended, event), event.at());
      case PUBLISH, RELEASE, UNDECLARE -> conflict ? stop(ended, event) : act(operation);
      case END -> throw new IllegalStateException("END can't fail: " + event);
    };
  }

  private static Operation warned(Operation operation, Event.Failed event) {
    return operation.warned(List.of(event.step() + ": " + event.error()));
  }

  private static Transition stop(Operation operation, Event.Failed event) {
    Operation failed = operation.because(event.error());
    return new Transition(
        failed.at(Status.FAILED, Step.END, event.at()), List.of(new Action.Finish()));
  }

  private static Transition forward(Operation operation, Instant at) {
    Step next = operation.kind().after(operation.step());
    return next == Step.END
        ? over(operation, Status.DONE, at)
        : act(operation.at(Status.RUNNING, next, at));
  }

  /** The first step of giving up, by what may have been changed so far. */
  private static Transition abort(Operation operation, Instant at, String why) {
    Operation given = operation.because(why);
    return switch (operation.step()) {
      case PLAN, CHECK, MARK_ACTIVE -> over(given, Status.ABORTED, at);
      case HOLD -> act(given.at(Status.ABORTING, Step.RELEASE, at));
      case CLOSE, DRAIN -> act(given.at(Status.ABORTING, Step.REOPEN, at));
      case DECLARE_LOST, WAIT_LEASE, STATE_LOSS ->
          act(given.at(Status.ABORTING, Step.UNDECLARE, at));
      case OPEN, PUBLISH, JOBS, VERIFY, REOPEN, RELEASE, UNDECLARE, END ->
          throw new IllegalStateException("no way back at " + operation.step());
    };
  }

  private static Transition back(Operation operation, Instant at) {
    return operation.step() == Step.REOPEN
        ? act(operation.at(Status.ABORTING, Step.RELEASE, at))
        : over(operation, Status.ABORTED, at);
  }

  private static Transition over(Operation operation, Status status, Instant at) {
    return new Transition(operation.at(status, Step.END, at), List.of(new Action.Finish()));
  }

  private static Transition act(Operation operation) {
    return new Transition(operation, List.of(actionOf(operation)));
  }

  private static Action actionOf(Operation operation) {
    List<Move> moves = operation.moves();
    boolean failover = operation.kind() == Kind.FAILOVER;
    boolean failback = operation.kind() == Kind.FAILBACK;
    long planned = operation.routeEpoch();
    return switch (operation.step()) {
      case CHECK -> new Action.Check();
      case MARK_ACTIVE -> new Action.MarkActive(operation.markActive());
      case HOLD -> new Action.Hold(moves, planned);
      case CLOSE -> new Action.CloseFence(moves);
      case DRAIN -> new Action.AwaitDrain(moves);
      case DECLARE_LOST -> new Action.DeclareLost(operation.from(), operation.datacenterVersion());
      case WAIT_LEASE -> new Action.AwaitLease(operation.from());
      case STATE_LOSS -> new Action.StateLoss(moves);
      case OPEN -> new Action.OpenFence(moves);
      case PUBLISH -> new Action.Publish(moves, failover ? planned : planned + 1);
      case JOBS -> new Action.MoveJobs(operation.whole() ? moves : List.of(), failback, failover);
      case VERIFY -> new Action.Verify(failover ? planned + 1 : planned + 2);
      case REOPEN -> new Action.ReopenFence(moves);
      case RELEASE -> new Action.Release(moves, planned, wasClosing(operation));
      case UNDECLARE -> new Action.Undeclare(operation.from(), operation.datacenterVersion());
      case PLAN, END -> throw new IllegalStateException("no action at " + operation.step());
    };
  }

  private static boolean wasClosing(Operation operation) {
    return operation.steps().stream().anyMatch(record -> record.step() == Step.CLOSE);
  }
}
