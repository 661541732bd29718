package io.homecell.sync.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.homecell.core.json.Json;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.TableName;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the changes of a stranded transaction for {@code hc_stranded}. For people: the images
 * before and after, and the row as it was here when the transaction arrived; whole numbers are
 * numbers, everything else is text as MySQL writes it, bytes are {@code 0x...}. For a replay: the
 * key's columns, and under {@code exact} the images once more as literals, which lose nothing; of a
 * table without a key the condition, too, by which the row is found.
 */
final class StrandedJson {
  private StrandedJson() {}

  /**
   * Writes.
   *
   * @param current the rows as they are here, for the first of the changes
   */
  static String write(List<RowChange> changes, List<JsonNode> current, TableShapes shapes) {
    return Json.write(array(changes, current, shapes));
  }

  /**
   * Writes the first changes of a transaction that is too large to be kept whole, behind a mark
   * that says so, with how many rows of each table it changed.
   */
  static String writeFirst(
      List<RowChange> first,
      List<JsonNode> current,
      TableShapes shapes,
      Map<TableName, Long> rowsByTable) {
    ArrayNode all = Json.mapper().createArrayNode();
    ObjectNode mark = all.addObject();
    mark.put("truncated", true);
    mark.put("rows", rowsByTable.values().stream().mapToLong(Long::longValue).sum());
    ObjectNode tables = mark.putObject("rowsByTable");
    rowsByTable.forEach((table, rows) -> tables.put(table.toString(), rows));
    all.addAll(array(first, current, shapes));
    return Json.write(all);
  }

  private static ArrayNode array(
      List<RowChange> changes, List<JsonNode> current, TableShapes shapes) {
    ArrayNode all = Json.mapper().createArrayNode();
    for (int i = 0; i < changes.size(); i++) {
      RowChange change = changes.get(i);
      TableShape shape = shapes.of(change.table());
      ObjectNode one = all.addObject();
      one.put("schema", change.table().schema());
      one.put("table", change.table().table());
      ObjectNode exact = Json.mapper().createObjectNode();
      if (change instanceof RowChange.Insert insert) {
        one.put("op", "INSERT");
        image(one, exact, "after", insert.after(), shape);
      } else if (change instanceof RowChange.Update update) {
        one.put("op", "UPDATE");
        image(one, exact, "before", update.before(), shape);
        image(one, exact, "after", update.after(), shape);
      } else if (change instanceof RowChange.Delete delete) {
        one.put("op", "DELETE");
        image(one, exact, "before", delete.before(), shape);
      }
      if (i < current.size()) {
        one.set("current", current.get(i));
      }
      ArrayNode key = one.putArray("key");
      shape.primaryKey().forEach(key::add);
      if (shape.wholeRow().isPresent() && !(change instanceof RowChange.Insert)) {
        StringBuilder where = new StringBuilder();
        RowStatements.where(where, change.images().findFirst().orElseThrow(), shape);
        exact.put("where", where.toString());
      }
      one.set("exact", exact);
    }
    return all;
  }

  private static void image(
      ObjectNode change, ObjectNode exact, String which, Row row, TableShape shape) {
    ObjectNode texts = change.putObject(which);
    ObjectNode literals = exact.putObject(which);
    List<String> columns = row.columns();
    for (int i = 0; i < columns.size(); i++) {
      @Nullable Object value = row.value(i);
      if (value == null) {
        texts.putNull(columns.get(i));
      } else if (value instanceof Long number) {
        texts.put(columns.get(i), number);
      } else {
        texts.put(columns.get(i), SqlLiteral.text(value));
      }
      if (shape.columns().contains(columns.get(i))) {
        StringBuilder literal = new StringBuilder();
        SqlLiteral.append(literal, value);
        literals.put(columns.get(i), literal.toString());
      }
    }
  }

  /** The row that a query has found, or null. */
  static JsonNode current(ResultSet row) throws SQLException {
    if (!row.next()) {
      return NullNode.getInstance();
    }
    ObjectNode texts = Json.mapper().createObjectNode();
    ResultSetMetaData columns = row.getMetaData();
    for (int i = 1; i <= columns.getColumnCount(); i++) {
      String name = columns.getColumnName(i);
      int type = columns.getColumnType(i);
      byte[] bytes = row.getBytes(i);
      if (bytes == null) {
        texts.putNull(name);
      } else if (type == Types.BINARY || type == Types.VARBINARY || type == Types.LONGVARBINARY) {
        texts.put(name, "0x" + HexFormat.of().formatHex(bytes));
      } else if (type == Types.BIGINT && row.getObject(i) instanceof Long number) {
        texts.put(name, number);
      } else {
        texts.put(name, row.getString(i));
      }
    }
    return texts;
  }
}
