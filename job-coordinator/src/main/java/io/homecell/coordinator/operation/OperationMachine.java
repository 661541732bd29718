package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.Event.Failure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

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
 *   <li>Each wave is a move of its own, from epochs of its own slots and of the table as the waves
 *       before have left it; the way back of a wave is a planned move with the sides exchanged.
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
      return refused(operation, refused);
    }
    if (event instanceof Event.WaveFailed failed && operation.step() == Step.CHECK_WAVE) {
      Operation ended = operation.endedStep(failed.at(), failed.figures());
      return turnBack(ended, failed.at(), String.join("; ", failed.findings()));
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

  private static Transition refused(Operation operation, Event.Refused event) {
    String names = names(event.refusals());
    Operation ended = operation.endedStep(event.at(), names).refused(event.refusals());
    return operation.waves().map(Waves::isFirst).orElse(true)
        ? over(ended, Status.REFUSED, event.at())
        : over(ended.because("refused: " + names), Status.STOPPED, event.at());
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
    if (operation.step() == Step.PUBLISH) {
      ended = ended.inWave(Waves::published);
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
      case CHECK_WAVE -> turnBack(ended, event.at(), event.error());
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
    if (operation.state() == Status.RETURNING && operation.step() == Step.PUBLISH) {
      return over(operation, Status.RETURNED, at);
    }
    Optional<Waves> waves = operation.waves();
    if (operation.step() == Step.CHECK_WAVE && !waves.map(Waves::isLast).orElse(true)) {
      return act(operation.inWave(Waves::next).at(Status.RUNNING, Step.CHECK, at));
    }
    Step next =
        operation.step() == Step.PUBLISH && waves.isPresent()
            ? Step.CHECK_WAVE
            : operation.step() == Step.CHECK && !waves.map(Waves::isFirst).orElse(true)
                ? Step.HOLD
                : operation.kind().after(afterWaves(operation.step()));
    return next == Step.END
        ? over(operation, Status.DONE, at)
        : act(operation.at(operation.state(), next, at));
  }

  /** The check of the last wave stands where its publishing does. */
  private static Step afterWaves(Step step) {
    return step == Step.CHECK_WAVE ? Step.PUBLISH : step;
  }

  /** The wave that has just been moved goes back, in the same safe steps. */
  private static Transition turnBack(Operation operation, Instant at, String why) {
    return act(
        operation.because(why).inWave(Waves::turnedBack).at(Status.RETURNING, Step.HOLD, at));
  }

  /** The first step of giving up, by what may have been changed so far. */
  private static Transition abort(Operation operation, Instant at, String why) {
    Operation given = operation.because(why);
    return switch (operation.step()) {
      case PLAN, CHECK, MARK_ACTIVE, CHECK_WAVE -> over(given, givenUp(given), at);
      case HOLD ->
          act(
              given.at(
                  Status.ABORTING,
                  operation.kind() == Kind.FAILOVER ? Step.UNDECLARE : Step.RELEASE,
                  at));
      case CLOSE, DRAIN -> act(given.at(Status.ABORTING, Step.REOPEN, at));
      case DECLARE_LOST, WAIT_LEASE, STATE_LOSS ->
          act(given.at(Status.ABORTING, Step.UNDECLARE, at));
      case OPEN, PUBLISH, JOBS, VERIFY, REOPEN, RELEASE, UNDECLARE, END ->
          throw new IllegalStateException("no way back at " + operation.step());
    };
  }

  private static Transition back(Operation operation, Instant at) {
    boolean released = operation.step() == Step.RELEASE || !hasBegun(operation, Step.HOLD);
    return released
        ? over(operation, givenUp(operation), at)
        : act(operation.at(Status.ABORTING, Step.RELEASE, at));
  }

  /** Nothing has changed, or the waves before stay moved. */
  private static Status givenUp(Operation operation) {
    return operation.waves().map(waves -> waves.moved() > 0).orElse(false)
        ? Status.STOPPED
        : Status.ABORTED;
  }

  private static Transition over(Operation operation, Status status, Instant at) {
    return new Transition(operation.at(status, Step.END, at), List.of(new Action.Finish()));
  }

  private static Transition act(Operation operation) {
    return new Transition(operation, List.of(actionOf(operation)));
  }

  private static Action actionOf(Operation operation) {
    List<Move> moves = operation.movesUnderWay();
    boolean failover = operation.kind() == Kind.FAILOVER;
    boolean failback = operation.kind() == Kind.FAILBACK;
    long planned = operation.epochBeforeMove();
    return switch (operation.step()) {
      case CHECK -> new Action.Check();
      case MARK_ACTIVE -> new Action.MarkActive(operation.markActive());
      case HOLD -> new Action.Hold(moves, planned, !failover);
      case CLOSE -> new Action.CloseFence(moves);
      case DRAIN -> new Action.AwaitDrain(moves);
      case DECLARE_LOST -> new Action.DeclareLost(operation.from(), operation.datacenterVersion());
      case WAIT_LEASE -> new Action.AwaitLease(operation.from());
      case STATE_LOSS -> new Action.StateLoss(moves);
      case OPEN -> new Action.OpenFence(moves);
      case PUBLISH -> new Action.Publish(moves, planned + 1);
      case CHECK_WAVE ->
          new Action.CheckWave(
              moves,
              planned + 2,
              Duration.ofMillis(operation.waves().map(Waves::watchMillis).orElse(0L)));
      case JOBS ->
          new Action.MoveJobs(
              operation.whole() ? operation.moves() : List.of(), failback, failover);
      case VERIFY -> new Action.Verify(planned + 2);
      case REOPEN -> new Action.ReopenFence(moves);
      case RELEASE -> new Action.Release(moves, planned, wasClosing(operation));
      case UNDECLARE -> new Action.Undeclare(operation.from(), operation.datacenterVersion());
      case PLAN, END -> throw new IllegalStateException("no action at " + operation.step());
    };
  }

  private static boolean hasBegun(Operation operation, Step step) {
    return operation.steps().stream().anyMatch(record -> record.step() == step);
  }

  /** Whether the move that is under way had come to CLOSE. */
  private static boolean wasClosing(Operation operation) {
    boolean closing = false;
    for (StepRecord record : operation.steps()) {
      closing = record.step() == Step.CLOSE || (closing && record.step() != Step.HOLD);
    }
    return closing;
  }
}
