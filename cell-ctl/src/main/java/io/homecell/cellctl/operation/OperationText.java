package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Words;
import io.homecell.cellctl.control.Refusals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** An operation, as the admin API tells it, in words. */
final class OperationText {
  private static final Set<String> UNDER_WAY = Set.of("RUNNING", "ABORTING", "RETURNING");

  private OperationText() {}

  static String state(JsonNode operation) {
    return operation.path("state").asText("").toUpperCase(Locale.ROOT);
  }

  static boolean isOver(JsonNode operation) {
    return !UNDER_WAY.contains(state(operation));
  }

  static String title(JsonNode operation) {
    String from = operation.path("from").asText("");
    String to = operation.path("to").asText("");
    return "operation "
        + operation.path("id").asText()
        + ": "
        + operation.path("kind").asText("").toLowerCase(Locale.ROOT)
        + (from.isBlank() ? "" : " from " + from)
        + (to.isBlank() ? "" : " to " + to);
  }

  /** One step: how long it took, and what it did. */
  static String step(JsonNode step) {
    String took = duration(step).map(Words::seconds).orElse("under way");
    return String.format(
            Locale.ROOT,
            "  %-13s %9s  %s",
            step.path("step").asText(),
            took,
            step.path("detail").asText(""))
        .stripTrailing();
  }

  static Optional<Instant> time(JsonNode step, String name) {
    String text = step.path(name).asText("");
    return text.isBlank() || text.equals("null")
        ? Optional.empty()
        : Optional.of(Instant.parse(text));
  }

  private static Optional<Duration> duration(JsonNode step) {
    return time(step, "startedAt")
        .flatMap(start -> time(step, "endedAt").map(end -> Duration.between(start, end)));
  }

  /** From the first step's start to the last one's end. */
  static Optional<Duration> total(JsonNode operation) {
    Optional<Instant> first = Optional.empty();
    Optional<Instant> last = Optional.empty();
    for (JsonNode step : operation.path("steps")) {
      first = first.or(() -> time(step, "startedAt"));
      last = time(step, "endedAt").or(() -> time(step, "startedAt"));
    }
    Optional<Instant> end = last;
    return first.flatMap(start -> end.map(e -> Duration.between(start, e)));
  }

  /** How it ended: the outcome, what was lost, why it was refused or failed. */
  static List<String> outcome(JsonNode operation) {
    List<String> lines = new ArrayList<>();
    String took = total(operation).map(t -> " in " + Words.seconds(t)).orElse("");
    String outcome = operation.path("outcome").asText("");
    lines.add(
        state(operation).toLowerCase(Locale.ROOT)
            + took
            + (outcome.isBlank() || outcome.equals("null") ? "" : ": " + outcome));
    JsonNode pause = operation.path("pauseMillis");
    if (pause.isNumber()) {
      boolean failover = operation.path("kind").asText().equalsIgnoreCase("failover");
      lines.add(
          failover
              ? "nobody could write for " + pause.asLong() + " ms from the declaration on"
              : "unsafe requests were held for " + pause.asLong() + " ms at most");
    }
    operation.path("loss").forEach(loss -> lines.add("loss: " + PlanText.loss(loss)));
    operation.path("warnings").forEach(w -> lines.add("warning: " + w.asText()));
    operation.path("refusals").forEach(r -> lines.add("refused: " + Refusals.sentence(r)));
    String error = operation.path("error").asText("");
    if (!error.isBlank() && !error.equals("null")) {
      lines.add("error: " + error);
    }
    return lines;
  }

  /** The exit code of the command that started it. */
  static int exitCode(JsonNode operation) {
    return switch (state(operation)) {
      case "DONE" -> 0;
      case "REFUSED" -> CommandFailure.Kind.REFUSED.exitCode();
      default -> CommandFailure.Kind.FAILED.exitCode();
    };
  }
}
