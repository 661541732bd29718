package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;

/** Lists in answers of the admin API. */
public final class Lists {
  private Lists() {}

  /** The answer itself if it is a list, else its {@code items} or the list of that name. */
  public static JsonNode of(JsonNode answer, String name) {
    if (answer.isArray()) {
      return answer;
    }
    return answer.has("items") ? answer.path("items") : answer.path(name);
  }
}
