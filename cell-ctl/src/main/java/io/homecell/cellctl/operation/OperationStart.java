package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Terminal;
import io.homecell.cellctl.control.ControlPlane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What switchover, failover and failback have in common: plan, question, start, watching. */
final class OperationStart {
  @Mixin private Target target = new Target();

  @Option(names = "--dry-run", description = "Show the plan and the checks, change nothing.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the record.")
  private Optional<String> reason = Optional.empty();

  @Option(
      names = "--force",
      paramLabel = "REFUSAL",
      description = {
        "Override this refusal, by its name; needs --reason. Once for each.",
        "Only what is unwise can be overridden, never what is unsafe."
      })
  private List<String> force = List.of();

  @Option(names = "--no-wait", description = "Return when it has begun instead of watching it.")
  private boolean noWait;

  Target target() {
    return target;
  }

  /** Ends the command where none is given; a dry run needs none. */
  void requireReason(String expected) {
    if (!dryRun && reason.filter(text -> !text.isBlank()).isEmpty()) {
      throw CommandFailure.usage("--reason: none (expected: " + expected + ")");
    }
  }

  /** How a person says yes; throws if the answer is another. */
  @FunctionalInterface
  interface Confirmation {
    void ask(JsonNode plan);
  }

  /** A yes-or-no question. */
  static Confirmation yesOrNo(Terminal terminal, String question) {
    return plan -> {
      String answer = answer(terminal, question + " [y/N]");
      if (!answer.equalsIgnoreCase("y") && !answer.equalsIgnoreCase("yes")) {
        throw CommandFailure.refused("not confirmed, nothing was changed");
      }
    };
  }

  /** The name of what is at stake, typed. */
  static Confirmation typed(Terminal terminal, String question, String expected) {
    return plan -> {
      String answer = answer(terminal, question);
      if (!answer.equals(expected)) {
        throw CommandFailure.refused(
            "'" + answer + "' was typed (expected: " + expected + "), nothing was changed");
      }
    };
  }

  private static String answer(Terminal terminal, String question) {
    return terminal
        .ask(question)
        .orElseThrow(
            () -> CommandFailure.usage("there is no terminal to ask on: confirm with --yes"))
        .strip();
  }

  /**
   * Plans, asks, starts, watches.
   *
   * @param request the operation's fields, without reason
   * @return the exit code
   */
  int run(Map<String, Object> request, Confirmation confirmation) {
    Map<String, Object> body = new LinkedHashMap<>(request);
    body.put("by", Operator.name());
    reason.ifPresent(why -> body.put("reason", why));
    if (!force.isEmpty()) {
      if (reason.isEmpty()) {
        throw CommandFailure.usage("--reason: missing (expected: why " + force + " is forced)");
      }
      body.put("force", force);
    }
    ControlPlane control = ControlPlane.require(target);
    if (dryRun || !yes) {
      JsonNode plan = plan(control, body);
      if (dryRun) {
        return planned(plan);
      }
      show(plan);
      if (PlanText.isRefused(plan)) {
        return CommandFailure.Kind.REFUSED.exitCode();
      }
      target.out().flush();
      confirmation.ask(plan);
    }
    body.put("dryRun", false);
    String id = control.post("/admin/operations", Optional.of(body)).path("id").asText();
    if (noWait) {
      tellStarted(id);
      return 0;
    }
    return watch(control, id);
  }

  private JsonNode plan(ControlPlane control, Map<String, Object> body) {
    Map<String, Object> dry = new LinkedHashMap<>(body);
    dry.put("dryRun", true);
    return control.post("/admin/operations", Optional.of(dry));
  }

  private int planned(JsonNode plan) {
    if (target.isJson()) {
      target.printJson(plan);
    } else {
      show(plan);
    }
    return PlanText.isRefused(plan) ? CommandFailure.Kind.REFUSED.exitCode() : 0;
  }

  private void show(JsonNode plan) {
    List<String> lines = PlanText.lines(plan);
    (target.isJson() ? target.err() : target.out())
        .println(lines.isEmpty() ? "nothing to move" : String.join("\n", lines));
  }

  private void tellStarted(String id) {
    if (target.isJson()) {
      target.printJson(Map.of("id", id));
    } else {
      target.out().println("operation " + id + " has begun: cellctl operation show " + id);
    }
  }

  private int watch(ControlPlane control, String id) {
    if (!target.isJson()) {
      target.out().println("operation " + id);
      target.out().flush();
    }
    JsonNode operation = new OperationWatch(target).untilOver(control, id);
    if (target.isJson()) {
      target.printJson(operation);
    } else {
      OperationText.outcome(operation).forEach(target.out()::println);
    }
    return OperationText.exitCode(operation);
  }
}
