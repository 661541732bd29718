package io.homecell.coordinator.operation;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The whole state of a switch operation, as it is written to the coordination service before each
 * step. Immutable; changed only by {@link OperationMachine}.
 *
 * @param from the datacenters that slots leave, joined by commas
 * @param to the datacenters that they go to
 * @param by who asked for it, and on which machine
 * @param whole whether whole datacenters move, so that pinned jobs follow
 * @param routeEpoch the route table's epoch when it was planned: an operation changes the table
 *     only from the exact epochs that follow from this one, so a coordinator that has been
 *     overtaken can't
 * @param datacenterVersion the version of the lost datacenter's record when it was planned; a
 *     failover changes it only from there
 * @param markActive the datacenters to be marked active again: those a failback returns to
 * @param waves how it is divided, if it is
 * @param error why it was given up or failed
 */
public record Operation(
    String id,
    Kind kind,
    String from,
    String to,
    Optional<String> by,
    Optional<String> reason,
    Set<String> force,
    boolean whole,
    List<Move> moves,
    long routeEpoch,
    int datacenterVersion,
    List<String> markActive,
    Optional<Waves> waves,
    Status state,
    Step step,
    List<StepRecord> steps,
    List<Refusal> refusals,
    List<String> warnings,
    List<Loss> loss,
    Optional<String> error) {
  public Operation {
    force = Set.copyOf(force);
    moves = List.copyOf(moves);
    markActive = List.copyOf(markActive);
    steps = List.copyOf(steps);
    refusals = List.copyOf(refusals);
    warnings = List.copyOf(warnings);
    loss = List.copyOf(loss);
  }

  /** An operation that has just been planned. */
  public static Operation planned(String id, OperationRequest request, Plan plan, Instant at) {
    return new Operation(
        id,
        request.kind(),
        plan.from(),
        plan.to(),
        request.by(),
        request.reason(),
        request.force(),
        request.isWhole(),
        plan.moves(),
        plan.routeEpoch(),
        plan.datacenterVersion(),
        plan.markActive(),
        plan.waves(),
        Status.RUNNING,
        Step.PLAN,
        List.of(new StepRecord(Step.PLAN, at, Optional.empty(), plan.summary())),
        List.of(),
        List.of(),
        List.of(),
        Optional.empty());
  }

  /** The outcome in a sentence, once there is one. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public Optional<String> outcome() {
    return OutcomeText.of(this);
  }

  /** What moves now: everything, or one wave, or a wave on its way back. */
  public List<Move> movesUnderWay() {
    return waves.map(Waves::underWay).orElse(moves);
  }

  /** What has changed its owner by the time it is over, a wave that went back included. */
  public List<Move> movesMade() {
    return waves.map(Waves::made).orElse(moves);
  }

  /** The route table's epoch before the move that is under way. */
  long epochBeforeMove() {
    return routeEpoch + waves.map(Waves::tableChangesBefore).orElse(0);
  }

  /**
   * The highest epoch that a fence row of its slots may have while it is under way: two more than
   * before, and another two if a wave goes back. Rows that are higher were not made by it.
   */
  public NavigableMap<Integer, Long> highestEpochs() {
    NavigableMap<Integer, Long> highest = new TreeMap<>();
    for (Move move : moves) {
      highest.putAll(waves.isPresent() ? move.back().openEpochs() : move.openEpochs());
    }
    return highest;
  }

  /** What CHECK judges: everything at first, then the wave that is next. */
  public List<Move> movesToCheck() {
    return waves.filter(now -> now.current() > 0).map(Waves::underWay).orElse(moves);
  }

  /** Whether it may still be given up. */
  @JsonIgnore
  public boolean isAbortable() {
    return state == Status.RUNNING && (step.compareTo(Step.OPEN) < 0 || step == Step.CHECK_WAVE);
  }

  /** Whether giving it up takes effect later: when the wave under way has been moved. */
  @JsonIgnore
  public boolean isAbortableSoon() {
    return state == Status.RUNNING
        && waves.isPresent()
        && (step == Step.OPEN || step == Step.PUBLISH);
  }

  /**
   * How long unsafe requests were held: from the start of HOLD to the end of PUBLISH; of several
   * waves the longest.
   */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public Optional<Long> pauseMillis() {
    Optional<Long> longest = Optional.empty();
    Optional<Instant> held = Optional.empty();
    for (StepRecord record : steps) {
      if (record.step() == Step.HOLD) {
        held = Optional.of(record.startedAt());
      } else if (record.step() == Step.PUBLISH || record.step() == Step.RELEASE) {
        Optional<Instant> since = held;
        Optional<Long> pause =
            record
                .endedAt()
                .flatMap(end -> since.map(start -> Duration.between(start, end).toMillis()));
        longest = longest.filter(known -> pause.isEmpty() || known > pause.get()).or(() -> pause);
        held = Optional.empty();
      }
    }
    return longest;
  }

  Operation at(Status nextState, Step nextStep, Instant at) {
    List<StepRecord> records = new ArrayList<>(steps);
    if (nextStep != Step.END) {
      records.add(new StepRecord(nextStep, at, Optional.empty(), titleOf(nextStep)));
    }
    return with(nextState, nextStep, records, refusals, warnings, loss, error);
  }

  /** Which wave a step begins with. */
  private String titleOf(Step next) {
    boolean first = next == Step.CHECK && waves.map(Waves::isFirst).orElse(true);
    boolean telling = next == Step.HOLD || next == Step.CHECK_WAVE || next == Step.CHECK;
    return telling && !first ? waves.map(Waves::title).orElse("") : "";
  }

  Operation endedStep(Instant at, String detail) {
    return with(
        state, step, lastReplaced(last().ended(at, detail)), refusals, warnings, loss, error);
  }

  Operation noted(String detail) {
    return with(state, step, lastReplaced(last().noted(detail)), refusals, warnings, loss, error);
  }

  Operation warned(List<String> more) {
    List<String> all = new ArrayList<>(warnings);
    all.addAll(more);
    return with(state, step, steps, refusals, all, loss, error);
  }

  Operation refused(List<Refusal> why) {
    return with(state, step, steps, why, warnings, loss, error);
  }

  Operation losing(List<Loss> stated) {
    return with(state, step, steps, refusals, warnings, stated, error);
  }

  /** Ended by a person, since nobody may go on with it. */
  public Operation failed(String why, Instant at) {
    return endedStep(at, why).because(why).at(Status.FAILED, Step.END, at);
  }

  /** The first error stays: what followed from it is in the steps. */
  Operation because(String why) {
    return with(state, step, steps, refusals, warnings, loss, error.or(() -> Optional.of(why)));
  }

  Operation inWave(UnaryOperator<Waves> change) {
    return new Operation(
        id,
        kind,
        from,
        to,
        by,
        reason,
        force,
        whole,
        moves,
        routeEpoch,
        datacenterVersion,
        markActive,
        waves.map(change),
        state,
        step,
        steps,
        refusals,
        warnings,
        loss,
        error);
  }

  Step lastStep() {
    return last().step();
  }

  private StepRecord last() {
    return steps.get(steps.size() - 1);
  }

  private List<StepRecord> lastReplaced(StepRecord record) {
    List<StepRecord> records = new ArrayList<>(steps);
    records.set(records.size() - 1, record);
    return records;
  }

  private Operation with(
      Status nextState,
      Step nextStep,
      List<StepRecord> nextSteps,
      List<Refusal> nextRefusals,
      List<String> nextWarnings,
      List<Loss> nextLoss,
      Optional<String> nextError) {
    return new Operation(
        id,
        kind,
        from,
        to,
        by,
        reason,
        force,
        whole,
        moves,
        routeEpoch,
        datacenterVersion,
        markActive,
        waves,
        nextState,
        nextStep,
        nextSteps,
        nextRefusals,
        nextWarnings,
        nextLoss,
        nextError);
  }
}
