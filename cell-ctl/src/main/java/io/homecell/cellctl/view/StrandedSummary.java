package io.homecell.cellctl.view;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Words;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What one failover has left behind, once the cell is back. Pure.
 *
 * @param operation the failover: the last off that cell which had begun when they came; or, if none
 *     is known, a word for that
 * @param users those that are known, which may not be all
 */
record StrandedSummary(
    String operation,
    String sourceCell,
    int transactions,
    long rows,
    int open,
    int replayed,
    int discarded,
    int undone,
    List<String> users,
    List<String> operations) {

  /** A summary for each failover that has left some. */
  static List<StrandedSummary> of(List<JsonNode> stranded, JsonNode operations) {
    Map<List<String>, List<JsonNode>> by = new LinkedHashMap<>();
    for (JsonNode one : stranded) {
      String cell = one.path("sourceCell").asText();
      by.computeIfAbsent(List.of(failover(one, operations), cell), any -> new ArrayList<>())
          .add(one);
    }
    return by.entrySet().stream()
        .map(entry -> summary(entry.getKey().get(0), entry.getKey().get(1), entry.getValue()))
        .toList();
  }

  private static StrandedSummary summary(String operation, String cell, List<JsonNode> all) {
    return new StrandedSummary(
        operation,
        cell,
        all.size(),
        all.stream().mapToLong(one -> one.path("rows").asLong()).sum(),
        count(all, "OPEN"),
        count(all, "REPLAYED"),
        count(all, "DISCARDED"),
        (int) all.stream().filter(one -> one.path("undoneAt").isTextual()).count(),
        named(all, "users"),
        named(all, "operations"));
  }

  private static int count(List<JsonNode> all, String state) {
    return (int) all.stream().filter(one -> one.path("state").asText().equals(state)).count();
  }

  private static List<String> named(List<JsonNode> all, String what) {
    TreeSet<String> names = new TreeSet<>();
    all.forEach(one -> one.path(what).forEach(name -> names.add(name.asText())));
    return List.copyOf(names);
  }

  /** Operations come newest first. */
  private static String failover(JsonNode one, JsonNode operations) {
    Optional<Instant> came = time(one.path("recordedAt").asText());
    for (JsonNode operation : operations) {
      boolean before =
          came.isEmpty()
              || time(operation.path("steps").path(0).path("startedAt").asText())
                  .filter(began -> began.isBefore(came.get()))
                  .isPresent();
      boolean ofIt = false;
      for (JsonNode move : operation.path("moves")) {
        ofIt |= move.path("source").asText().equals(one.path("sourceCell").asText());
      }
      if (operation.path("kind").asText().equalsIgnoreCase("failover")
          && operation.path("state").asText().equals("DONE")
          && ofIt
          && before) {
        return operation.path("id").asText();
      }
    }
    return "no failover that is known";
  }

  /** As MySQL writes it, in UTC, or with a zone. */
  private static Optional<Instant> time(String text) {
    if (text.length() < 19) {
      return Optional.empty();
    }
    return Optional.of(
        text.endsWith("Z")
            ? Instant.parse(text)
            : LocalDateTime.parse(text.replace(' ', 'T')).toInstant(ZoneOffset.UTC));
  }

  static String joined(JsonNode names) {
    List<String> all = new ArrayList<>();
    names.forEach(name -> all.add(name.asText()));
    return String.join(" ", all);
  }

  /** In a line. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  String sentence() {
    return operation
        + ": "
        + Words.count(transactions, "transaction")
        + " of "
        + sourceCell
        + " with "
        + Words.count(rows, "row")
        + ", "
        + open
        + " open, "
        + replayed
        + " replayed, "
        + discarded
        + " discarded, "
        + undone
        + " undone; users known: "
        + (users.isEmpty() ? "none" : String.join(" ", users));
  }
}
