package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Words;
import io.homecell.cellctl.control.Refusals;
import io.homecell.core.slot.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** A plan, as a dry run of the coordinator answers it, in words. */
final class PlanText {
  private PlanText() {}

  /** The lines that tell a plan. */
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
    if (plan.path("steps").size() > 0) {
      List<String> steps = new ArrayList<>();
      plan.path("steps").forEach(step -> steps.add(step.asText(step.path("step").asText())));
      lines.add("steps: " + String.join(", ", steps).toLowerCase(Locale.ROOT).replace('_', ' '));
    }
    plan.path("markActive")
        .forEach(datacenter -> lines.add(datacenter.asText() + " is marked active again"));
    plan.path("loss").forEach(loss -> lines.add("loss: " + sentence(loss)));
    plan.path("warnings").forEach(warning -> lines.add("warning: " + sentence(warning)));
    plan.path("refusals")
        .forEach(refusal -> lines.add("would be refused: " + Refusals.sentence(refusal)));
    return lines;
  }

  static boolean isRefused(JsonNode plan) {
    return plan.path("refusals").size() > 0;
  }

  /** A loss or warning as the coordinator words it, or its fields one by one. */
  static String sentence(JsonNode node) {
    if (node.isTextual()) {
      return node.asText();
    }
    if (node.path("sentence").isTextual()) {
      return node.path("sentence").asText();
    }
    List<String> fields = new ArrayList<>();
    node.properties()
        .forEach(
            field ->
                fields.add(
                    field.getKey() + " " + field.getValue().asText(field.getValue().toString())));
    return String.join(", ", fields);
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
