package io.homecell.coordinator.operation;

/**
 * One reason not to begin an operation.
 *
 * @param name upper case, stable: tests, runbooks and {@code force} name it
 * @param detail the figure at fault and what was expected
 * @param wayOut what an operator does next
 */
public record Refusal(String name, String detail, String wayOut) {
  @Override
  public String toString() {
    return name + ": " + detail + " (" + wayOut + ")";
  }
}
