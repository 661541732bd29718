package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;

/**
 * Something that is wrong, or the statement that nothing is.
 *
 * @param name upper case, stable; {@code OK} if nothing is wrong
 * @param detail what is wrong
 * @param wayOut what to do
 */
record Verdict(String name, String detail, String wayOut) {
  static final String OK = "OK";

  boolean isOk() {
    return name.equals(OK);
  }

  /** A verdict of the coordinator: a text, or an object. */
  static Optional<Verdict> of(JsonNode node) {
    if (node.isTextual()) {
      return Optional.of(new Verdict("COORDINATOR", node.asText(), ""));
    }
    return node.isObject()
        ? Optional.of(
            new Verdict(
                node.path("name").asText("COORDINATOR"),
                node.path("detail").asText(node.path("message").asText("")),
                node.path("wayOut").asText(node.path("todo").asText(""))))
        : Optional.empty();
  }

  @Override
  public String toString() {
    return name + "  " + detail + (wayOut.isBlank() ? "" : "\n    " + wayOut);
  }
}
