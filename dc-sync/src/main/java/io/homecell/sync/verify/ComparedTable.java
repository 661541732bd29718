package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.capture.TableName;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A table, and the queries by which it is compared. Values become short texts that are equal
 * exactly if the values are: numbers and times as MySQL writes them (floating point ones in full),
 * all else by digest.
 *
 * @param columns in the order of their names, generated and invisible ones too
 * @param key the primary key's columns
 */
record ComparedTable(TableName name, List<Column> columns, List<String> key) {
  private static final Set<String> AS_TEXT =
      Set.of(
          "tinyint",
          "smallint",
          "mediumint",
          "int",
          "bigint",
          "decimal",
          "year",
          "date",
          "time",
          "datetime",
          "timestamp");
  private static final Set<String> BYTES =
      Set.of("binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob");

  /** A row can't be looked up exactly by these. */
  private static final Set<String> NO_KEY = Set.of("bit", "float", "double");

  private static final String SLOT = "slot";

  ComparedTable {
    columns = List.copyOf(columns);
    key = List.copyOf(key);
  }

  /**
   * A column.
   *
   * @param type MySQL's {@code data_type}
   */
  record Column(String name, String type) {
    String text() {
      String quoted = TableName.quote(name);
      if (AS_TEXT.contains(type)) {
        return "IFNULL(" + quoted + ",'-')";
      }
      return switch (type) {
        // the text of a FLOAT has six digits only
        case "float", "double" -> "IFNULL(" + quoted + "+0e0,'-')";
        case "bit" -> "IFNULL(" + quoted + "+0,'-')";
        case "json" -> "IFNULL(MD5(CAST(" + quoted + " AS CHAR)),'-')";
        default -> "IFNULL(MD5(" + quoted + "),'-')";
      };
    }
  }

  /** Whether its rows can't be looked up one by one, see {@link WholeComparison}. */
  boolean wholeOnly() {
    return key.isEmpty() || key.stream().anyMatch(column -> NO_KEY.contains(typeOf(column)));
  }

  boolean slotted() {
    return columns.stream().anyMatch(column -> column.name().equals(SLOT));
  }

  private String typeOf(String column) {
    return columns.stream()
        .filter(one -> one.name().equals(column))
        .map(Column::type)
        .findFirst()
        .orElse("");
  }

  private boolean isBytes(String column) {
    return BYTES.contains(typeOf(column));
  }

  /** Each column's text. */
  private String texts() {
    return columns.stream().map(Column::text).collect(Collectors.joining(","));
  }

  /** 64 bits of a digest of the whole row. */
  private String hash() {
    return "CAST(CONV(LEFT(MD5(CONCAT_WS('|'," + texts() + ")),16),16,10) AS UNSIGNED)";
  }

  private String keyTexts() {
    return key.stream()
        .map(column -> (isBytes(column) ? "HEX(%s)" : "%s").formatted(TableName.quote(column)))
        .collect(Collectors.joining(","));
  }

  private String keyColumns() {
    return key.stream().map(TableName::quote).collect(Collectors.joining(",", "(", ")"));
  }

  private String keyParameters() {
    return key.stream()
        .map(column -> isBytes(column) ? "UNHEX(?)" : "?")
        .collect(Collectors.joining(",", "(", ")"));
  }

  /** For each slot its number of rows and one sum over them; slot -1 without slots. */
  String sums(Optional<SlotRange> slots) {
    // equal rows, which only a table without a key has, would cancel each other out
    String sum = wholeOnly() ? "IFNULL(SUM(%s),0)" : "BIT_XOR(%s)";
    String sums = "COUNT(*), " + sum.formatted(hash()) + " FROM " + name.quoted();
    if (!slotted()) {
      return "SELECT -1, " + sums;
    }
    String where =
        slots
            .map(range -> " WHERE slot BETWEEN " + range.first() + " AND " + range.last())
            .orElse("");
    return "SELECT slot, " + sums + where + " GROUP BY slot";
  }

  /**
   * Key and hash of each row of some slots.
   *
   * @param part of {@code parts}, by the key's hash: as many rows as memory is for
   */
  String hashes(List<Integer> slots, int part, int parts) {
    StringBuilder sql = new StringBuilder("SELECT " + keyTexts() + ", " + hash());
    sql.append(" FROM ").append(name.quoted()).append(" WHERE TRUE");
    if (slotted()) {
      sql.append(" AND slot IN (");
      sql.append(slots.stream().map(String::valueOf).collect(Collectors.joining(",")));
      sql.append(')');
    }
    if (parts > 1) {
      sql.append(" AND CRC32(CONCAT_WS('|',").append(keyTexts()).append(")) % ").append(parts);
      sql.append(" = ").append(part);
    }
    return sql.toString();
  }

  /** Key and hash of the rows of some keys. */
  String hashesOf(int keys) {
    return "SELECT "
        + keyTexts()
        + ", "
        + hash()
        + " FROM "
        + name.quoted()
        + " WHERE "
        + keyColumns()
        + " IN ("
        + String.join(",", Collections.nCopies(keys, keyParameters()))
        + ")";
  }

  /** The keys of the rows that meet a condition. */
  String keysWhere(String condition) {
    return "SELECT " + keyTexts() + " FROM " + name.quoted() + " WHERE " + condition;
  }

  /** The text of each column of one row. */
  String row() {
    return "SELECT " + texts() + " FROM " + name.quoted() + " WHERE " + byKey();
  }

  /** The condition for one row, with a parameter for each of the key's columns. */
  String byKey() {
    return keyColumns() + " = " + keyParameters();
  }

  /** The columns in which two rows, as read by {@link #row}, differ. */
  List<String> differing(List<String> one, List<String> other) {
    return IntStream.range(0, columns.size())
        .filter(i -> !one.get(i).equals(other.get(i)))
        .mapToObj(i -> columns.get(i).name())
        .toList();
  }
}
