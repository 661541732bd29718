package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;

/**
 * Something that is wrong, or the statement that nothing is.
 *
 * @param name upper case, stable
 * @param subject what it is about, such as {@code north-1}
 * @param detail the figure
 * @param wayOut what to do
 */
record Verdict(Severity severity, String name, String subject, String detail, String wayOut) {
  /** How bad; worst first. */
  enum Severity {
    CRITICAL,
    WARNING,
    INFO,
    OK
  }

  static Verdict healthy() {
    return new Verdict(Severity.OK, "OK", "deployment", "nothing is wrong", "");
  }

  /** A verdict of the coordinator. */
  static Verdict of(JsonNode node) {
    String severity = node.path("severity").asText("");
    return new Verdict(
        Arrays.stream(Severity.values())
            .filter(known -> known.name().equals(severity))
            .findFirst()
            .orElse(Severity.WARNING),
        node.path("name").asText(""),
        node.path("subject").asText(""),
        node.path("detail").asText(""),
        node.path("wayOut").asText(""));
  }

  /** Whether something is wrong: more than worth knowing. */
  boolean isWrong() {
    return severity == Severity.CRITICAL || severity == Severity.WARNING;
  }

  @Override
  public String toString() {
    // The coordinator's details begin with their subject, for readers of the JSON.
    String about = detail.startsWith(subject + ": ") ? detail : subject + ": " + detail;
    return String.format("%-8s  %s  %s", severity, name, about).stripTrailing()
        + (wayOut.isBlank() ? "" : "\n          " + wayOut);
  }
}
