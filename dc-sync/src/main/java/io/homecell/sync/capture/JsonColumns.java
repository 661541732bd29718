package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;

/**
 * The parts of a JSON value whose type only a column has (a BLOB, a TIMESTAMP, a DECIMAL(10,3)): a
 * {@code JSON_TABLE} of one row gives each a column of that type, by which the value's expression
 * names it. Several tables, if one would be too wide.
 */
final class JsonColumns {
  private static final int COLUMNS_MAX = 500;
  private static final int BYTES_MAX = 30_000;

  /** A query has at most 61 tables. */
  private static final int TABLES_MAX = 60;

  private final StringBuilder from = new StringBuilder();
  private StringBuilder values = new StringBuilder();
  private StringBuilder types = new StringBuilder();
  private int tables;
  private int columns;
  private int bytes;

  /**
   * Adds a part.
   *
   * @param value a literal
   * @param type of its column
   * @param size of such a column in a row, in bytes
   * @return the column's name
   */
  String add(String value, String type, int size) {
    if (columns == COLUMNS_MAX || bytes + size > BYTES_MAX) {
      finish();
    }
    if (tables == TABLES_MAX) {
      throw new ReplicationHaltedException(
          Reason.VALUE_UNUSABLE,
          "a JSON value holds more than "
              + TABLES_MAX * COLUMNS_MAX
              + " bytes, dates or the like, or such that take more than "
              + TABLES_MAX * BYTES_MAX
              + " bytes; make several of it");
    }
    String separator = columns == 0 ? "" : ",";
    values.append(separator).append(value);
    types
        .append(separator)
        .append("c%d %s PATH '$[%d]' ERROR ON ERROR".formatted(columns, type, columns));
    bytes += size;
    return "j" + tables + ".c" + columns++;
  }

  /** Whether another part may find no room. */
  boolean areFull() {
    return tables >= TABLES_MAX - 1;
  }

  private void finish() {
    if (columns > 0) {
      from.append(tables == 0 ? " FROM " : ",")
          .append("JSON_TABLE(JSON_ARRAY(")
          .append(values)
          .append("),'$' COLUMNS(")
          .append(types)
          .append(")) j")
          .append(tables);
      tables++;
    }
    values = new StringBuilder();
    types = new StringBuilder();
    columns = 0;
    bytes = 0;
  }

  /** An expression that may name the columns, as one that stands for itself. */
  String around(String expression) {
    finish();
    return tables == 0 ? expression : "(SELECT STRAIGHT_JOIN " + expression + from + ")";
  }
}
