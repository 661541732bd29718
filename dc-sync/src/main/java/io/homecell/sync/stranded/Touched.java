package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whom and what a stranded transaction is about, as far as columns tell: those that are named
 * {@code user_id}, and {@code idem_key} or {@code idempotency_key}. Pure.
 *
 * @param users whose rows it had changed
 * @param operations the idempotency keys of the requests that made it
 */
record Touched(SortedSet<String> users, SortedSet<String> operations) {
  private static final int NAMED_MAX = 20;
  private static final Set<String> USER = Set.of("user_id", "userid");
  private static final Set<String> OPERATION = Set.of("idem_key", "idempotency_key");

  static Touched by(JsonNode changes) {
    Touched touched = new Touched(new TreeSet<>(), new TreeSet<>());
    for (JsonNode change : changes) {
      for (String image : List.of("before", "after")) {
        change
            .path(image)
            .properties()
            .forEach(column -> touched.look(column.getKey(), column.getValue()));
      }
    }
    return touched;
  }

  private void look(String column, JsonNode value) {
    String name = column.toLowerCase(Locale.ROOT);
    if (value.isNull()) {
      return;
    }
    if (USER.contains(name) && users.size() < NAMED_MAX) {
      users.add(value.asText());
    } else if (OPERATION.contains(name) && operations.size() < NAMED_MAX) {
      operations.add(value.asText());
    }
  }
}
