package io.homecell.coordinator.operation;

/** From one cell to another of its group: the way that a pipeline carries changes. */
public record Direction(String source, String target) {
  @Override
  public String toString() {
    return source + " -> " + target;
  }
}
