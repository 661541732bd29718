package io.homecell.coordinator.admin;

import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.Step;
import io.homecell.coordinator.operation.Waves;
import io.homecell.coordinator.switchover.Operations;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a dry run answers: the plan, the reasons against it, what is worth a word, what a failover
 * leaves behind.
 */
record PlanView(
    String kind,
    String from,
    String to,
    List<Move> moves,
    List<Step> steps,
    List<String> markActive,
    Optional<Waves> waves,
    List<Loss> loss,
    List<String> warnings,
    List<Refusal> refusals) {
  static PlanView of(OperationRequest request, Operations.Answer answer) {
    Plan plan = answer.plan().orElseThrow();
    return new PlanView(
        request.kind().word(),
        plan.from(),
        plan.to(),
        plan.moves(),
        steps(request.kind(), plan),
        plan.markActive(),
        plan.waves(),
        answer.loss(),
        answer.warnings(),
        answer.refusals());
  }

  /** With waves the steps from CHECK to CHECK_WAVE come once for each. */
  private static List<Step> steps(Kind kind, Plan plan) {
    List<Step> steps = new ArrayList<>(kind.steps());
    if (plan.waves().isPresent()) {
      steps.add(steps.indexOf(Step.PUBLISH) + 1, Step.CHECK_WAVE);
    }
    return steps;
  }
}
