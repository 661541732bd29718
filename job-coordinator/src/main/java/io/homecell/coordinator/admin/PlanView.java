package io.homecell.coordinator.admin;

import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.Step;
import io.homecell.coordinator.switchover.Operations;
import java.util.List;

/** What a dry run answers: the plan, the reasons against it, what a failover would leave behind. */
record PlanView(
    String kind,
    String from,
    String to,
    List<Move> moves,
    List<Step> steps,
    List<String> markActive,
    List<Loss> loss,
    List<Refusal> refusals) {
  static PlanView of(OperationRequest request, Operations.Answer answer) {
    Plan plan = answer.plan().orElseThrow();
    return new PlanView(
        request.kind().word(),
        plan.from(),
        plan.to(),
        plan.moves(),
        request.kind().steps(),
        plan.markActive(),
        answer.loss(),
        answer.refusals());
  }
}
