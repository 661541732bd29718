package io.homecell.coordinator.admin;

/**
 * One judgement of the deployment's state. Detection only: nothing acts on it by itself.
 *
 * @param name upper case, stable
 * @param subject what it is about, such as {@code north-1}
 * @param detail the figure
 * @param wayOut what to do
 */
public record Verdict(
    Severity severity, String name, String subject, String detail, String wayOut) {
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
}
