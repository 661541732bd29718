package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.verify.OwnersRows;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One changed row as {@code hc_stranded} keeps it, and the statements of its replay. Values are
 * literals, as the applier made them.
 *
 * @param key the columns by which the row is found
 * @param wholeRow the condition by which it is found instead, if its table has no key; for an
 *     insert that is none
 * @param before column to literal; empty for an insert
 * @param after column to literal; empty for a delete
 */
record StoredChange(
    TableName table,
    List<String> key,
    Optional<String> wholeRow,
    Optional<Map<String, String>> before,
    Optional<Map<String, String>> after) {

  /** Reads one; empty if it was kept without exact values. */
  static Optional<StoredChange> of(JsonNode change) {
    JsonNode exact = change.path("exact");
    if (exact.isMissingNode()) {
      return Optional.empty();
    }
    List<String> key = new ArrayList<>();
    change.path("key").forEach(column -> key.add(column.asText()));
    return Optional.of(
        new StoredChange(
            new TableName(change.path("schema").asText(), change.path("table").asText()),
            key,
            Optional.ofNullable(exact.path("where").textValue()),
            image(exact.path("before")),
            image(exact.path("after"))));
  }

  private static Optional<Map<String, String>> image(JsonNode node) {
    if (node.isMissingNode()) {
      return Optional.empty();
    }
    Map<String, String> image = new LinkedHashMap<>();
    node.properties().forEach(field -> image.put(field.getKey(), field.getValue().asText()));
    return Optional.of(image);
  }

  /** Whether its table has no key: any row may be inserted then, and a row is found as a whole. */
  boolean keyless() {
    return key.isEmpty();
  }

  /** One of the rows that it is about, with its slot if a column tells. */
  record ChangedRow(OwnersRows.Named named, Optional<Integer> slot) {}

  /** The row before and the row after, which have two keys if the key was changed. */
  Set<ChangedRow> rows() {
    Set<ChangedRow> rows = new LinkedHashSet<>();
    Stream.concat(before.stream(), after.stream())
        .forEach(
            image ->
                rows.add(
                    new ChangedRow(
                        new OwnersRows.Named(
                            table,
                            key,
                            key.stream()
                                .map(column -> image.getOrDefault(column, "NULL"))
                                .toList()),
                        Optional.ofNullable(image.get("slot"))
                            .filter(text -> text.matches("[0-9]{1,6}"))
                            .map(Integer::valueOf))));
    return rows;
  }

  /** The image by whose key the row is found. */
  private Map<String, String> first() {
    return before.or(() -> after).orElseThrow();
  }

  /** Locks the row and reads it; numbers in full, too: the text of a FLOAT has six digits only. */
  String select() {
    List<String> columns = new ArrayList<>();
    first()
        .forEach(
            (column, literal) -> {
              columns.add(TableName.quote(column));
              if (!literal.isEmpty() && "-.0123456789".indexOf(literal.charAt(0)) >= 0) {
                columns.add(TableName.quote(column) + "+0e0");
              }
            });
    return "SELECT "
        + String.join(",", columns)
        + " FROM "
        + table.quoted()
        + where(first())
        + " FOR UPDATE";
  }

  /** Writes the image before over the row: it changes nothing exactly if they are equal. */
  String restore() {
    return update(before.orElseThrow());
  }

  /** What the transaction did. */
  String apply() {
    if (before.isEmpty()) {
      return write("INSERT", after.orElseThrow());
    }
    return after.isPresent() ? update(after.get()) : delete();
  }

  /** The same, whatever stands in its way. */
  List<String> force() {
    List<String> statements = new ArrayList<>();
    before.ifPresent(image -> statements.add(delete()));
    after.ifPresent(image -> statements.add(write("REPLACE", image)));
    return statements;
  }

  private String update(Map<String, String> image) {
    return "UPDATE "
        + table.quoted()
        + " SET "
        + image.entrySet().stream()
            .map(column -> TableName.quote(column.getKey()) + "=" + column.getValue())
            .collect(Collectors.joining(","))
        + where(before.orElseThrow());
  }

  private String delete() {
    return "DELETE FROM " + table.quoted() + where(before.orElseThrow());
  }

  private String write(String verb, Map<String, String> image) {
    return verb
        + " INTO "
        + table.quoted()
        + " ("
        + image.keySet().stream().map(TableName::quote).collect(Collectors.joining(","))
        + ") VALUES ("
        + String.join(",", image.values())
        + ")";
  }

  private String where(Map<String, String> image) {
    if (keyless()) {
      return wholeRow.orElseThrow();
    }
    return key.stream()
        .map(column -> TableName.quote(column) + "=" + image.get(column))
        .collect(Collectors.joining(" AND ", " WHERE ", ""));
  }
}
