package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventMetadata;
import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import io.debezium.relational.Column;
import io.debezium.relational.Table;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Compares the shape that the source's log gives for the rows that follow ({@code
 * binlog_row_metadata=FULL}) with the one by which they would be read. Without this, a row of a
 * table that was changed at one side alone would be read wrongly without a sign.
 */
final class RowShape {
  /** How the log writes a type, by the first word of its name; names of several kinds left out. */
  private static final Map<String, Set<ColumnType>> WRITTEN = new HashMap<>();

  static {
    written(Set.of(ColumnType.TINY), "TINYINT", "BOOL", "BOOLEAN", "INT1");
    written(Set.of(ColumnType.SHORT), "SMALLINT", "INT2");
    written(Set.of(ColumnType.INT24), "MEDIUMINT", "MIDDLEINT", "INT3");
    written(Set.of(ColumnType.LONG), "INT", "INTEGER", "INT4");
    written(Set.of(ColumnType.LONGLONG), "BIGINT", "INT8", "SERIAL");
    written(Set.of(ColumnType.FLOAT, ColumnType.DOUBLE), "FLOAT"); // FLOAT(25) is a DOUBLE
    written(Set.of(ColumnType.DOUBLE), "DOUBLE", "REAL", "FLOAT8");
    written(Set.of(ColumnType.NEWDECIMAL), "DECIMAL", "NUMERIC", "DEC", "FIXED");
    written(Set.of(ColumnType.BIT), "BIT");
    written(Set.of(ColumnType.DATE), "DATE");
    written(Set.of(ColumnType.TIME_V2), "TIME");
    written(Set.of(ColumnType.DATETIME_V2), "DATETIME");
    written(Set.of(ColumnType.TIMESTAMP_V2), "TIMESTAMP");
    written(Set.of(ColumnType.YEAR), "YEAR");
    written(Set.of(ColumnType.STRING), "CHAR", "BINARY", "ENUM", "SET");
    written(Set.of(ColumnType.VARCHAR), "VARCHAR", "VARBINARY");
    written(
        Set.of(ColumnType.BLOB),
        "TINYTEXT",
        "TEXT",
        "MEDIUMTEXT",
        "LONGTEXT",
        "TINYBLOB",
        "BLOB",
        "MEDIUMBLOB",
        "LONGBLOB");
    written(Set.of(ColumnType.JSON), "JSON");
  }

  private RowShape() {}

  private static void written(Set<ColumnType> types, String... names) {
    for (String name : names) {
      WRITTEN.put(name, types);
    }
  }

  /** What is different; empty if the rows may be read by the table. */
  static Optional<String> difference(TableMapEventData log, Table table) {
    TableMapEventMetadata metadata = log.getEventMetadata();
    if (metadata == null || metadata.getColumnNames() == null) {
      return Optional.empty(); // written before binlog_row_metadata was set
    }
    List<String> names = metadata.getColumnNames();
    if (!names.equals(table.retrieveColumnNames())) {
      return Optional.of(
          "columns "
              + names
              + " in the source's log, "
              + table.retrieveColumnNames()
              + " at the target");
    }
    BitSet unsigned = metadata.getSignedness();
    for (int i = 0; i < names.size(); i++) {
      ColumnType type = ColumnType.byCode(log.getColumnTypes()[i] & 0xff);
      Column column = table.columns().get(i);
      boolean logUnsigned = unsigned != null && unsigned.get(i);
      if (!isWrittenAs(column, type) || (isNumeric(type) && logUnsigned != isUnsigned(column))) {
        return Optional.of(
            "column "
                + names.get(i)
                + " is "
                + type
                + (logUnsigned ? " UNSIGNED" : "")
                + " in the source's log, "
                + column.typeName()
                + " at the target");
      }
    }
    return Optional.empty();
  }

  private static boolean isWrittenAs(Column column, ColumnType type) {
    String name = column.typeName().toUpperCase(Locale.ROOT);
    int end = name.indexOf(' ');
    Set<ColumnType> expected = WRITTEN.get(end < 0 ? name : name.substring(0, end));
    return expected == null || expected.contains(type);
  }

  private static boolean isUnsigned(Column column) {
    String name = column.typeName().toUpperCase(Locale.ROOT);
    return name.contains("UNSIGNED") || name.contains("ZEROFILL") || name.equals("SERIAL");
  }

  /** Those for which the log tells signedness. */
  private static boolean isNumeric(ColumnType type) {
    return switch (type) {
      case TINY, SHORT, INT24, LONG, LONGLONG, FLOAT, DOUBLE, NEWDECIMAL -> true;
      default -> false;
    };
  }
}
