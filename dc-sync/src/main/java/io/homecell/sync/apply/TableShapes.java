package io.homecell.sync.apply;

import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The target's tables, each read once. Safe for any number of threads. */
final class TableShapes {
  private final Map<TableName, TableShape> known = new ConcurrentHashMap<>();

  /**
   * The shape of a table that {@link #load} has read.
   *
   * @throws IllegalStateException if it has not
   */
  TableShape of(TableName table) {
    TableShape shape = known.get(table);
    if (shape == null) {
      throw new IllegalStateException(table + " has not been read from the target");
    }
    return shape;
  }

  void add(TableShape shape) {
    known.put(shape.table(), shape);
  }

  /** After a schema change: every table is read anew before its next row. */
  void forget() {
    known.clear();
  }

  boolean isKnown(TableName table) {
    return known.containsKey(table);
  }

  /**
   * Reads a table's shape.
   *
   * @throws ReplicationHaltedException if the target has no such table
   */
  void load(Connection target, TableName table) throws SQLException {
    Map<String, WholeRow.Column> columns = new LinkedHashMap<>();
    Set<String> generated = new LinkedHashSet<>();
    Map<String, List<String>> members = new LinkedHashMap<>();
    try (PreparedStatement query =
        target.prepareStatement(
            "SELECT column_name, extra, data_type, character_set_name, column_type"
                + " FROM information_schema.columns"
                + " WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position")) {
      query.setString(1, table.schema());
      query.setString(2, table.table());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          String extra = rows.getString(2).toUpperCase(Locale.ROOT);
          boolean computed =
              extra.contains("VIRTUAL GENERATED") || extra.contains("STORED GENERATED");
          String type = rows.getString(3).toLowerCase(Locale.ROOT);
          if (computed) {
            generated.add(rows.getString(1));
          } else {
            String charset = Optional.ofNullable(rows.getString(4)).orElse("");
            columns.put(rows.getString(1), new WholeRow.Column(type, charset));
          }
          if (type.equals("enum") || type.equals("set")) {
            members.put(rows.getString(1), MemberNames.of(rows.getString(5)));
          }
        }
      }
    }
    List<String> key = key(target, table);
    if (columns.isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.TABLE_UNUSABLE,
          table + " is missing at the target, or the replication user may not read it");
    }
    boolean keyed = !key.isEmpty();
    add(
        new TableShape(
            table,
            columns.keySet(),
            generated,
            key,
            KeyCatalog.read(target, table, keyed),
            keyed ? Optional.empty() : Optional.of(new WholeRow(columns)),
            members));
  }

  /**
   * The columns that tell one row from all others: the primary key, else the first unique key that
   * is over whole columns without NULL. A row of a table without any is found as a {@link
   * WholeRow}.
   */
  private static List<String> key(Connection target, TableName table) throws SQLException {
    Map<String, List<String>> keys = new LinkedHashMap<>();
    Set<String> partial = new HashSet<>();
    try (PreparedStatement query =
        target.prepareStatement(
            "SELECT index_name, column_name, nullable, sub_part FROM information_schema.statistics"
                + " WHERE table_schema = ? AND table_name = ? AND non_unique = 0"
                + " ORDER BY index_name <> 'PRIMARY', index_name, seq_in_index")) {
      query.setString(1, table.schema());
      query.setString(2, table.table());
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          String name = rows.getString(1);
          String column = rows.getString(2);
          boolean primary = name.equals("PRIMARY");
          boolean whole = "".equals(rows.getString(3)) && rows.getString(4) == null;
          if (column == null || !(primary || whole)) {
            partial.add(name); // an expression, a prefix, or NULL possible
          } else {
            keys.computeIfAbsent(name, first -> new ArrayList<>()).add(column);
          }
        }
      }
    }
    keys.keySet().removeAll(partial);
    return keys.values().stream().findFirst().orElse(List.of());
  }
}
