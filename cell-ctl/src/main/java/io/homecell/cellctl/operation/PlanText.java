package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Words;
import io.homecell.cellctl.control.Refusals;
import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A plan, as a dry run of the coordinator answers it, in words. */
final class PlanText {
  private PlanText() {}

  /** The lines that tell a dry run's answer: the plan, its cost, why it would be refused. */
  static List<String> lines(JsonNode plan) {
    List<String> lines = new ArrayList<>();
    for (JsonNode move : plan.path("moves")) {
      lines.add(
          "move "
              + Words.count(slotCount(move), "slot")
              + " of "
              + move.path("source").asText()
              + " to "
              + move.path("target").asText()
              + slots(move).map(slots -> ": " + slots).orElse(""));
    }
    waves(plan.path("waves")).ifPresent(lines::add);
    plan.path("markActive")
        .forEach(datacenter -> lines.add(datacenter.asText() + " is marked active again"));
    if (lines.isEmpty()) {
      lines.add("nothing to move");
    }
    plan.path("loss").forEach(loss -> lines.add("would be lost: " + loss(loss)));
    plan.path("warnings").forEach(warning -> lines.add("warning: " + warning.asText()));
    plan.path("refusals")
        .forEach(refusal -> lines.add("would be refused: " + Refusals.sentence(refusal)));
    return lines;
  }

  private static Optional<String> waves(JsonNode waves) {
    List<String> sizes = new ArrayList<>();
    for (JsonNode wave : waves.path("planned")) {
      int slots = 0;
      for (JsonNode move : wave) {
        slots += slotCount(move);
      }
      sizes.add(String.valueOf(slots));
    }
    return sizes.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "in waves of "
                + String.join(", ", sizes)
                + " slots, each watched for "
                + Words.aboutSeconds(Duration.ofMillis(waves.path("watchMillis").asLong()))
                + " before the next");
  }

  static boolean isRefused(JsonNode plan) {
    return plan.path("refusals").size() > 0;
  }

  /** What a failover is known to leave behind, a line for each thing that is known or is not. */
  static String loss(JsonNode loss) {
    if (loss.path("sentence").isTextual()) {
      return loss.path("sentence").asText().replace("; ", "\n    ");
    }
    JsonNode heartbeat = loss.path("lastHeartbeatApplied");
    JsonNode lag = loss.path("lagMillis");
    return loss.path("source").asText()
        + " to "
        + loss.path("target").asText()
        + ": "
        + (heartbeat.isTextual()
            ? "everything committed before "
                + heartbeat.asText()
                + " has arrived"
                + (loss.path("gaps").isTextual() ? " but for " + loss.path("gaps").asText() : "")
            : "no heartbeat ever arrived, how much is missing is not known")
        + (lag.isNumber()
            ? "; last known lag " + lag.asLong() + " ms at " + loss.path("lagAt").asText("-")
            : "; its lag is not known");
  }

  private static int slotCount(JsonNode move) {
    int count = 0;
    for (JsonNode run : move.path("runs")) {
      count += range(run.path("slots")).map(SlotRange::size).orElse(0);
    }
    return count;
  }

  private static Optional<String> slots(JsonNode move) {
    List<String> slots = new ArrayList<>();
    for (JsonNode run : move.path("runs")) {
      range(run.path("slots")).ifPresent(range -> slots.add(range.toString()));
    }
    return slots.isEmpty() ? Optional.empty() : Optional.of(String.join(", ", slots));
  }

  /** Slots are written {@code "0-511"} or {@code {"first":0,"last":511}}. */
  private static Optional<SlotRange> range(JsonNode slots) {
    if (slots.isTextual()) {
      return Optional.of(SlotRange.parse(slots.asText()));
    }
    return slots.has("first")
        ? Optional.of(new SlotRange(slots.path("first").asInt(), slots.path("last").asInt()))
        : Optional.empty();
  }
}
