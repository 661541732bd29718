package io.homecell.coordinator.switchover;

import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.StepRecord;
import io.homecell.core.audit.AuditEntry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What of an operation goes into the audit log. Pure. */
final class AuditTrail {
  private static final String NOBODY = "not said";

  private AuditTrail() {}

  static AuditEntry begun(Operation operation, Plan plan) {
    return new AuditEntry(
        operation.steps().get(0).startedAt(),
        operation.by().orElse(NOBODY),
        "operation.begin",
        Optional.of(operation.id()),
        operation.reason(),
        operation.kind().word()
            + " "
            + operation.from()
            + "->"
            + operation.to()
            + (operation.force().isEmpty() ? "" : ", forced " + operation.force())
            + ", plan "
            + plan.summary(),
        Optional.empty());
  }

  static AuditEntry refused(OperationRequest request, List<Refusal> refusals, Instant at) {
    return new AuditEntry(
        at,
        request.by().orElse(NOBODY),
        "operation.begin",
        Optional.empty(),
        request.reason(),
        request.kind().word() + " " + request.from().orElse("") + "->" + request.to().orElse(""),
        Optional.of("refused: " + refusals));
  }

  static AuditEntry abort(Operation operation, String why, Optional<String> by, Instant at) {
    return new AuditEntry(
        at,
        by.orElse(NOBODY),
        "operation.abort",
        Optional.of(operation.id()),
        Optional.of(why),
        "at " + operation.state() + " " + operation.step(),
        Optional.empty());
  }

  /** Each step that has ended between two states, and the end of the whole. */
  static List<AuditEntry> between(Operation before, Operation now, String coordinator) {
    List<AuditEntry> entries = new ArrayList<>();
    for (int i = 0; i < now.steps().size(); i++) {
      StepRecord step = now.steps().get(i);
      boolean known = i < before.steps().size() && before.steps().get(i).endedAt().isPresent();
      if (!known) {
        step.endedAt().ifPresent(end -> entries.add(stepEnded(before, step, end, coordinator)));
      }
    }
    if (now.state().isOver() && !before.state().isOver()) {
      StepRecord last = now.steps().get(now.steps().size() - 1);
      entries.add(ended(now, last.endedAt().orElse(last.startedAt()), coordinator));
    }
    return entries;
  }

  private static AuditEntry stepEnded(
      Operation operation, StepRecord step, Instant end, String coordinator) {
    return new AuditEntry(
        end,
        coordinator,
        "operation.step",
        Optional.of(operation.id()),
        Optional.empty(),
        operation.state()
            + " "
            + step.step()
            + " "
            + Duration.between(step.startedAt(), end).toMillis()
            + " ms: "
            + step.detail(),
        Optional.empty());
  }

  private static AuditEntry ended(Operation operation, Instant at, String coordinator) {
    return new AuditEntry(
        at,
        coordinator,
        "operation.end",
        Optional.of(operation.id()),
        Optional.empty(),
        operation.outcome().orElse("")
            + operation.error().map(error -> "; " + error).orElse("")
            + (operation.warnings().isEmpty() ? "" : "; warnings: " + operation.warnings()),
        Optional.of(operation.state().name()));
  }
}
