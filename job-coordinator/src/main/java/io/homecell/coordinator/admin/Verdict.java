package io.homecell.coordinator.admin;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One judgement of the deployment's state. Detection only: nothing acts on it by itself.
 *
 * @param name stable
 * @param subject what it is about, such as {@code north-1}
 * @param detail the figure
 * @param wayOut what to do
 */
public record Verdict(
    Severity severity, VerdictName name, String subject, String detail, String wayOut) {
  /** How bad. */
  public enum Severity {
    /** Users are refused. */
    CRITICAL,
    /** Something that protects users is missing. */
    WARNING,
    /** Worth knowing. */
    INFO,
    OK
  }

  /** Where it is explained. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public String page() {
    return name.page();
  }

  boolean isWrong() {
    return severity == Severity.CRITICAL || severity == Severity.WARNING;
  }
}
