package io.homecell.coordinator.operation;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The whole state of a switch operation, as it is written to the coordination service before each
 * step. Immutable; changed only by {@link OperationMachine}.
 *
 * @param from the datacenters that slots leave, joined by commas
 * @param to the datacenters that they go to
 * @param whole whether whole datacenters move, so that pinned jobs follow
 * @param routeEpoch the route table's epoch when it was planned: an operation changes the table
 *     only from the exact epochs that follow from this one, so a coordinator that has been
 *     overtaken can't
 * @param datacenterVersion the version of the lost datacenter's record when it was planned; a
 *     failover changes it only from there
 * @param markActive the datacenters to be marked active again: those a failback returns to
 * @param error why it was given up or failed
 */
public record Operation(
    String id,
    Kind kind,
    String from,
    String to,
    Optional<String> reason,
    Set<String> force,
    boolean whole,
    List<Move> moves,
    long routeEpoch,
    int datacenterVersion,
    List<String> markActive,
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
        request.reason(),
        request.force(),
        request.isWhole(),
        plan.moves(),
        plan.routeEpoch(),
        plan.datacenterVersion(),
        plan.markActive(),
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
    return switch (state) {
      case RUNNING, ABORTING -> Optional.empty();
      case DONE -> Optional.of(slotCount() + " slots moved from " + from + " to " + to);
      case ABORTED -> Optional.of("given up, everything put back at " + from);
      case REFUSED -> Optional.of("refused, nothing changed");
      case FAILED -> Optional.of("stopped at " + last().step() + ": a person has to look");
    };
  }

  int slotCount() {
    return moves.stream().mapToInt(Move::size).sum();
  }

  /** Whether it may still be given up. */
  @JsonIgnore
  public boolean isAbortable() {
    return state == Status.RUNNING && step.compareTo(Step.OPEN) < 0;
  }

  /** How long unsafe requests were held: from the start of HOLD to the end of PUBLISH. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public Optional<Long> pauseMillis() {
    Optional<Instant> held = started(Step.HOLD);
    Optional<Instant> published = ended(Step.PUBLISH).or(() -> ended(Step.RELEASE));
    if (held.isEmpty() || published.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Duration.between(held.get(), published.get()).toMillis());
  }

  private Optional<Instant> started(Step wanted) {
    return steps.stream()
        .filter(step -> step.step() == wanted)
        .map(StepRecord::startedAt)
        .findFirst();
  }

  private Optional<Instant> ended(Step wanted) {
    return steps.stream()
        .filter(step -> step.step() == wanted)
        .flatMap(step -> step.endedAt().stream())
        .findFirst();
  }

  Operation at(Status nextState, Step nextStep, Instant at) {
    List<StepRecord> records = new ArrayList<>(steps);
    if (nextStep != Step.END) {
      records.add(new StepRecord(nextStep, at, Optional.empty(), ""));
    }
    return with(nextState, nextStep, records, refusals, warnings, loss, error);
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

  /** The first error stays: what followed from it is in the steps. */
  /** Ended by a person, since nobody may go on with it. */
  public Operation failed(String why, Instant at) {
    return because(why).at(Status.FAILED, Step.END, at);
  }

  Operation because(String why) {
    return with(state, step, steps, refusals, warnings, loss, error.or(() -> Optional.of(why)));
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
        reason,
        force,
        whole,
        moves,
        routeEpoch,
        datacenterVersion,
        markActive,
        nextState,
        nextStep,
        nextSteps,
        nextRefusals,
        nextWarnings,
        nextLoss,
        nextError);
  }
}
