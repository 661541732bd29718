package io.homecell.coordinator.operation;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * One reason not to begin an operation.
 *
 * @param name stable: tests, runbooks and {@code force} name it
 * @param detail the figure at fault and what was expected
 * @param wayOut what an operator does next
 */
public record Refusal(RefusalName name, String detail, String wayOut) {
  /** Where it is explained. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public String page() {
    return name.page();
  }

  @Override
  public String toString() {
    return name + ": " + detail + " (" + wayOut + ")";
  }
}
