package io.homecell.cellctl.control;

import com.fasterxml.jackson.databind.JsonNode;

/** How a reason not to begin an operation is told. */
public final class Refusals {
  private Refusals() {}

  /** Its name, the figure at fault, the way out, and the page that says more. */
  public static String sentence(JsonNode refusal) {
    if (refusal.isTextual()) {
      return refusal.asText();
    }
    String wayOut = refusal.path("wayOut").asText("");
    return refusal.path("name").asText("REFUSED")
        + ": "
        + refusal.path("detail").asText("")
        + (wayOut.isBlank() ? "" : "; " + wayOut)
        + page(refusal);
  }

  /** Where a name is explained, in brackets; nothing if that is not known. */
  public static String page(JsonNode named) {
    String page = named.path("page").asText("");
    return page.isBlank() ? "" : " (" + page + ")";
  }
}
