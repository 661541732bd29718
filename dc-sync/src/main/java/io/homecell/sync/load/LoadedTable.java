package io.homecell.sync.load;

import io.homecell.sync.capture.TableName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * A table to be copied, and the statements for it. Values travel as texts that the source has
 * written and that are literals at the target: text and bytes as hexadecimal digits with their own
 * character set, numbers and times as MySQL writes them, enumerations by number. Pure.
 *
 * @param columns those that are stored and not computed, in the table's order
 * @param key the columns of the primary key; empty if there is none
 */
public record LoadedTable(TableName name, List<Column> columns, List<String> key) {
  private static final Set<String> NUMBERS =
      Set.of("tinyint", "smallint", "mediumint", "int", "bigint", "decimal");
  private static final Set<String> BY_NUMBER = Set.of("bit", "enum", "set");
  private static final Set<String> TIMES = Set.of("year", "date", "time", "datetime", "timestamp");
  private static final Set<String> REALS = Set.of("float", "double");

  public LoadedTable {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  /**
   * A column.
   *
   * @param type MySQL's {@code data_type}
   * @param charset of its text; empty if it holds none
   */
  public record Column(String name, String type, Optional<String> charset) {
    private String read(TableName table) {
      String quoted = TableName.quote(name);
      if (NUMBERS.contains(type) || TIMES.contains(type)) {
        return "CAST(" + quoted + " AS CHAR)";
      } else if (BY_NUMBER.contains(type)) {
        return "CAST(" + quoted + " + 0 AS CHAR)";
      } else if (REALS.contains(type)) {
        return quoted + " * 1e0"; // the text of a FLOAT has six digits only; keeps minus zero
      } else if (type.equals("json")) {
        return JsonParts.read(table.quoted() + "." + quoted);
      }
      return "HEX(" + quoted + ")";
    }

    private String literal(@Nullable String text) {
      if (text == null) {
        return "NULL";
      } else if (NUMBERS.contains(type) || BY_NUMBER.contains(type)) {
        return text;
      } else if (TIMES.contains(type)) {
        return "'" + text + "'";
      } else if (REALS.contains(type)) {
        // with an exponent it is a DOUBLE, minus zero too
        return text.contains("e") || text.contains("E") ? text : text + "e0";
      } else if (type.equals("json")) {
        return JsonParts.literal(text);
      }
      return charset.map(set -> "_" + set + " ").orElse("") + "x'" + text + "'";
    }
  }

  /**
   * Reads the next rows behind a key, as texts in the order of {@link #columns}.
   *
   * @param after the literals of the last key, empty for the first rows
   */
  String select(List<String> after, int limit) {
    StringBuilder sql = new StringBuilder(read());
    if (!after.isEmpty()) {
      sql.append(" WHERE ").append(behind(after));
    }
    StringJoiner order = new StringJoiner(",", " ORDER BY ", " LIMIT " + limit);
    key.forEach(column -> order.add(TableName.quote(column)));
    return sql.append(order).toString();
  }

  /** Reads rows as texts in the order of {@link #columns}; a condition may follow. */
  public String read() {
    StringJoiner read = new StringJoiner(",", "SELECT ", " FROM ");
    columns.forEach(column -> read.add(column.read(name)));
    return read + name.quoted();
  }

  /** Makes a row of texts that were read. */
  public String insert(List<@Nullable String> texts) {
    return "INSERT" + replace().substring("REPLACE".length()) + values(texts);
  }

  /** Gives all columns these values; a condition must follow. */
  public String update(List<@Nullable String> texts) {
    StringJoiner set = new StringJoiner(",", "UPDATE " + name.quoted() + " SET ", "");
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      set.add(TableName.quote(column.name()) + "=" + column.literal(texts.get(i)));
    }
    return set.toString();
  }

  /** One column's text of a row that was read; empty if there is no such column, or NULL. */
  public Optional<String> text(List<@Nullable String> texts, String column) {
    for (int i = 0; i < columns.size(); i++) {
      if (columns.get(i).name().equalsIgnoreCase(column)) {
        return Optional.ofNullable(texts.get(i));
      }
    }
    return Optional.empty();
  }

  /** (a, b) > (1, 2), written so that MySQL searches its index for it. */
  private String behind(List<String> after) {
    String first = TableName.quote(key.get(0));
    String condition = "";
    for (int i = key.size() - 1; i >= 0; i--) {
      String column = TableName.quote(key.get(i));
      String greater = column + " > " + after.get(i);
      condition =
          condition.isEmpty()
              ? greater
              : "("
                  + greater
                  + " OR ("
                  + column
                  + " = "
                  + after.get(i)
                  + " AND "
                  + condition
                  + "))";
    }
    return first + " >= " + after.get(0) + " AND " + condition;
  }

  /** Puts rows in place of whatever stands in their way; literals follow, see {@link #values}. */
  String replace() {
    StringJoiner names = new StringJoiner(",", "REPLACE INTO " + name.quoted() + " (", ") VALUES ");
    columns.forEach(column -> names.add(TableName.quote(column.name())));
    return names.toString();
  }

  /** One row's literals, of texts that were read. */
  String values(List<@Nullable String> texts) {
    StringJoiner values = new StringJoiner(",", "(", ")");
    for (int i = 0; i < columns.size(); i++) {
      values.add(columns.get(i).literal(texts.get(i)));
    }
    return values.toString();
  }

  /** The literals of a row's key. */
  List<String> keyOf(List<@Nullable String> texts) {
    List<String> literals = new ArrayList<>();
    for (String column : key) {
      for (int i = 0; i < columns.size(); i++) {
        if (columns.get(i).name().equalsIgnoreCase(column)) {
          literals.add(columns.get(i).literal(texts.get(i)));
        }
      }
    }
    return literals;
  }

  /** Why its rows can't be read in parts; empty if they can. */
  Optional<String> problem() {
    if (key.isEmpty()) {
      return Optional.of(name + " has rows and no primary key: give it one");
    }
    boolean stored =
        key.stream()
            .allMatch(one -> columns.stream().anyMatch(c -> c.name().equalsIgnoreCase(one)));
    return stored
        ? Optional.empty()
        : Optional.of(name + " has a computed column in its primary key");
  }
}
