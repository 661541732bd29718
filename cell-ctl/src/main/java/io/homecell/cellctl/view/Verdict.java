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
 * @param page where it is explained, from the project's root; empty if that is not known
 */
record Verdict(
    Severity severity, String name, String subject, String detail, String wayOut, String page) {
  /** How bad; worst first. */
  enum Severity {
    CRITICAL,
    WARNING,
    INFO,
    OK
  }

  /** A verdict of this command's own. */
  Verdict(Severity severity, OwnVerdict name, String subject, String detail, String wayOut) {
    this(severity, name.name(), subject, detail, wayOut, name.page());
  }

  static Verdict healthy() {
    return new Verdict(Severity.OK, OwnVerdict.OK, "deployment", "nothing is wrong", "");
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
        node.path("wayOut").asText(""),
        node.path("page").asText(""));
  }

  /** Whether something is wrong: more than worth knowing. */
  boolean isWrong() {
    return severity == Severity.CRITICAL || severity == Severity.WARNING;
  }

  /** Whether it only says that nothing is wrong with its subject. */
  boolean isHealthy() {
    return name.equals(OwnVerdict.HEALTHY.name());
  }

  @Override
  public String toString() {
    // The coordinator's details begin with their subject, for readers of the JSON.
    String about = detail.startsWith(subject + ": ") ? detail : subject + ": " + detail;
    return String.format("%-8s  %s  %s", severity, name, about).stripTrailing()
        + (wayOut.isBlank() ? "" : "\n          " + wayOut)
        + (wayOut.isBlank() || page.isBlank() ? "" : " (" + page + ")");
  }
}
