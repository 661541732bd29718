package io.homecell.sync.capture;

import java.io.Serializable;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Carries what ENUM and SET columns hold past Debezium, which would name members by its own
 * understanding of the table: a tag stands for the number and for the members that the log has told
 * for the row. The thread that reads the log {@link #add adds} and {@link #tag tags}; another one
 * may read the tags. Grows with each different definition only.
 */
final class LoggedOptions {
  private static final int TABLES_MAX = 10_000;

  private final Map<Integer, String> charsets;
  private final Map<Long, Map<Integer, Column>> tables = new Tables();
  private final Map<Column, Integer> numbers = new HashMap<>();
  private final Map<Integer, Column> columns = new ConcurrentHashMap<>();

  /** An ENUM, or a SET. */
  record Column(ColumnOptions options, boolean several) {}

  private static final class Tables extends LinkedHashMap<Long, Map<Integer, Column>> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, Map<Integer, Column>> eldest) {
      return size() > TABLES_MAX;
    }
  }

  /** With the charsets of the server's collations, by their numbers. */
  LoggedOptions(Map<Integer, String> charsets) {
    this.charsets = Map.copyOf(charsets);
  }

  /** Takes the body of a table map event. */
  void add(byte[] body) {
    Map<Integer, Column> options = TableMapReader.options(body, charsets);
    for (Column column : options.values()) {
      int number = numbers.computeIfAbsent(column, any -> numbers.size());
      columns.put(number, column);
    }
    long id = TableMapReader.id(body);
    tables.remove(id); // the last one used goes last
    tables.put(id, options);
  }

  /** Puts tags in place of the numbers in a row that has every column. */
  Serializable[] tag(long table, Serializable[] row) {
    tables
        .getOrDefault(table, Map.of())
        .forEach(
            (column, options) -> {
              @Nullable Serializable value = row[column];
              if (value instanceof Number number) {
                row[column] = number.longValue() + "@" + numbers.get(options);
              }
            });
    return row;
  }

  /** What a tag stands for. */
  Choice choice(String tag) {
    int at = tag.indexOf('@');
    long number = Long.parseLong(tag.substring(0, at));
    Column column = columns.get(Integer.valueOf(tag.substring(at + 1)));
    if (column == null) {
      throw new IllegalStateException("tag: '" + tag + "' (expected: one that was made here)");
    }
    return column.several() ? column.options().all(number) : column.options().one((int) number);
  }
}
