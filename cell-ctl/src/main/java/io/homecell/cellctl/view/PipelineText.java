package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The pipelines as a table that fits 120 columns, and under it what each has to say: why it waits,
 * and what it warns of.
 */
final class PipelineText {
  private static final int WIDTH = 120;
  private static final String INDENT = "    ";

  private PipelineText() {}

  /** Empty if there is none. */
  static String of(JsonNode pipelines) {
    Table table =
        new Table(
            "PIPELINE",
            "STATE",
            "LAG",
            "P99 LAG",
            "TX/S",
            "PENDING",
            "STRANDED",
            "CONFLICTS",
            "VERIFIED",
            "WARNINGS");
    StringBuilder notes = new StringBuilder();
    for (JsonNode pipeline : pipelines) {
      JsonNode flow = pipeline.path("flow");
      int warnings = pipeline.path("warnings").size();
      table.row(
          name(pipeline),
          pipeline.path("state").asText(),
          duration(pipeline.path("lagMillis")),
          duration(p99(flow)),
          flow.isObject() ? rate(flow.path("transactionsPerSecond").asDouble()) : "",
          flow.path("pending").asText(),
          pipeline.path("stranded").asText(),
          pipeline.path("conflicts").asText(),
          verified(pipeline.path("verified")),
          warnings == 0 ? "" : warnings + ", below");
      note(pipeline, notes);
    }
    return table.isEmpty() ? "" : table.toString() + notes;
  }

  /** All figures of how fast each pipeline is; empty if there is none. */
  static String flows(JsonNode pipelines) {
    Table table =
        new Table(
            "PIPELINE",
            "BEAT P50",
            "P99",
            "COMMIT P50",
            "P99",
            "TX/S",
            "ROWS/S",
            "LANES",
            "RETRIES",
            "BARRIERS",
            "VERIFIED");
    for (JsonNode pipeline : pipelines) {
      JsonNode flow = pipeline.path("flow");
      table.row(
          name(pipeline),
          duration(flow.path("beatP50Millis")),
          duration(flow.path("beatP99Millis")),
          duration(flow.path("commitP50Millis")),
          duration(flow.path("commitP99Millis")),
          flow.isObject() ? rate(flow.path("transactionsPerSecond").asDouble()) : "",
          flow.isObject() ? rate(flow.path("rowsPerSecond").asDouble()) : "",
          flow.path("lanesBusy").asText(),
          flow.path("retries").asText(),
          flow.path("barriers").asText(),
          age(pipeline));
    }
    return table.isEmpty() ? "" : table.toString();
  }

  /** Between the last verification's end and the status that tells of it: by one clock. */
  private static String age(JsonNode pipeline) {
    try {
      Instant at = Instant.parse(pipeline.path("verified").path("at").asText());
      Instant now = Instant.parse(pipeline.path("at").asText());
      long minutes = Math.max(0, Duration.between(at, now).toMinutes());
      return minutes < 120 ? minutes + " min ago" : minutes / 60 + " h ago";
    } catch (DateTimeParseException never) {
      return "never";
    }
  }

  private static String name(JsonNode pipeline) {
    return pipeline.path("source").asText() + " -> " + pipeline.path("target").asText();
  }

  /** Of transactions; of heartbeats while there are none. */
  private static JsonNode p99(JsonNode flow) {
    JsonNode commit = flow.path("commitP99Millis");
    return commit.isNumber() ? commit : flow.path("beatP99Millis");
  }

  private static void note(JsonNode pipeline, StringBuilder notes) {
    List<String> sentences = new ArrayList<>();
    String detail = pipeline.path("detail").asText();
    if (!detail.isBlank()) {
      sentences.add(detail);
    }
    String throttled = pipeline.path("throttled").asText();
    if (!throttled.isBlank()) {
      sentences.add("its verification or repair is " + throttled);
    }
    pipeline.path("warnings").forEach(warning -> sentences.add("warning " + warning.asText()));
    if (sentences.isEmpty()) {
      return;
    }
    notes.append("\n\n").append(name(pipeline));
    sentences.forEach(sentence -> wrap(sentence, notes));
  }

  private static void wrap(String sentence, StringBuilder text) {
    String indent = "  ";
    int column = WIDTH; // begin with a new line
    for (String word : sentence.strip().split("\\s+", -1)) {
      if (column + 1 + word.length() > WIDTH) {
        text.append('\n').append(indent).append(word);
        column = indent.length() + word.length();
        indent = INDENT;
      } else {
        text.append(' ').append(word);
        column += 1 + word.length();
      }
    }
  }

  private static String duration(JsonNode millis) {
    if (!millis.isNumber()) {
      return "";
    }
    double value = millis.asDouble();
    if (value < 10_000) {
      return String.format(Locale.ROOT, value < 10 ? "%.1f ms" : "%.0f ms", value);
    }
    double minutes = value / 60_000;
    if (minutes < 2) {
      return String.format(Locale.ROOT, "%.0f s", value / 1_000);
    }
    return String.format(
        Locale.ROOT, minutes < 120 ? "%.0f min" : "%.0f h", minutes < 120 ? minutes : minutes / 60);
  }

  private static String rate(double perSecond) {
    return String.format(Locale.ROOT, perSecond < 10 ? "%.1f" : "%.0f", perSecond);
  }

  private static String verified(JsonNode verified) {
    if (verified.isMissingNode()) {
      return "";
    }
    long differences = verified.path("differences").asLong();
    if (differences > 0) {
      return differences + " differ";
    }
    return verified.path("equal").asBoolean() ? "equal" : "in part";
  }
}
