package io.homecell.sync.load;

import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What a cell has of tables, the framework's apart. For one thread. */
public final class SourceTables {
  private static final String SYSTEM =
      "('mysql', 'sys', 'information_schema', 'performance_schema', '"
          + FrameworkTables.SLOT.schema()
          + "')";
  private static final String CREATE = "CREATE TABLE ";
  private static final int QUERY_TIME_EXCEEDED = 3024;

  private final Connection cell;

  /** Over a connection, which stays the caller's. */
  public SourceTables(Connection cell) {
    this.cell = cell;
  }

  /** Every table, in the order of the names. */
  public List<LoadedTable> all() throws SQLException {
    Map<TableName, List<LoadedTable.Column>> columns = new LinkedHashMap<>();
    Map<TableName, List<String>> keys = new HashMap<>();
    try (Statement statement = cell.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT c.table_schema, c.table_name, c.column_name, c.data_type,"
                  + " c.character_set_name, c.extra FROM information_schema.columns c"
                  + " JOIN information_schema.tables t USING (table_schema, table_name)"
                  + " WHERE t.table_type = 'BASE TABLE' AND c.table_schema NOT IN "
                  + SYSTEM
                  + " ORDER BY c.table_schema, c.table_name, c.ordinal_position")) {
        while (rows.next()) {
          List<LoadedTable.Column> of =
              columns.computeIfAbsent(name(rows), any -> new ArrayList<>());
          String extra = rows.getString(6).toUpperCase(Locale.ROOT);
          if (!extra.contains("VIRTUAL GENERATED") && !extra.contains("STORED GENERATED")) {
            of.add(
                new LoadedTable.Column(
                    rows.getString(3),
                    rows.getString(4).toLowerCase(Locale.ROOT),
                    Optional.ofNullable(rows.getString(5))));
          }
        }
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT table_schema, table_name, column_name FROM information_schema.statistics"
                  + " WHERE index_name = 'PRIMARY'"
                  + " ORDER BY table_schema, table_name, seq_in_index")) {
        while (rows.next()) {
          keys.computeIfAbsent(name(rows), any -> new ArrayList<>()).add(rows.getString(3));
        }
      }
    }
    List<LoadedTable> tables = new ArrayList<>();
    columns.forEach(
        (name, of) -> tables.add(new LoadedTable(name, of, keys.getOrDefault(name, List.of()))));
    return tables;
  }

  /**
   * What can't be copied while it is written, and why: changes that the binlog does not have, and
   * tables without transactions.
   */
  List<String> problems() throws SQLException {
    List<String> problems = new ArrayList<>();
    try (Statement statement = cell.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT constraint_schema, table_name, constraint_name"
                  + " FROM information_schema.referential_constraints"
                  + " WHERE constraint_schema NOT IN "
                  + SYSTEM
                  + " AND (delete_rule IN ('CASCADE', 'SET NULL')"
                  + " OR update_rule IN ('CASCADE', 'SET NULL')) ORDER BY 1, 2, 3")) {
        while (rows.next()) {
          problems.add(
              name(rows)
                  + " has the foreign key "
                  + rows.getString(3)
                  + ", which changes rows that the source's binlog does not show: let it restrict");
        }
      }
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT table_schema, table_name, engine FROM information_schema.tables"
                  + " WHERE table_type = 'BASE TABLE' AND engine <> 'InnoDB'"
                  + " AND table_schema NOT IN "
                  + SYSTEM)) {
        while (rows.next()) {
          problems.add(name(rows) + " is " + rows.getString(3) + ": make it InnoDB");
        }
      }
    }
    return problems;
  }

  private static TableName name(ResultSet rows) throws SQLException {
    return new TableName(rows.getString(1), rows.getString(2));
  }

  boolean hasRows(TableName table) throws SQLException {
    try (Statement statement = cell.createStatement();
        ResultSet row = statement.executeQuery("SELECT 1 FROM " + table.quoted() + " LIMIT 1")) {
      return row.next();
    }
  }

  /** About how many rows, for progress only. */
  long rows(TableName table) throws SQLException {
    try (Statement statement = cell.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT /*+ MAX_EXECUTION_TIME(5000) */ COUNT(*) FROM " + table.quoted())) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      if (e.getErrorCode() == QUERY_TIME_EXCEEDED) {
        return estimate(table);
      }
      throw e;
    }
  }

  private long estimate(TableName table) throws SQLException {
    try (PreparedStatement query =
        cell.prepareStatement(
            "SELECT table_rows FROM information_schema.tables"
                + " WHERE table_schema = ? AND table_name = ?")) {
      query.setString(1, table.schema());
      query.setString(2, table.table());
      try (ResultSet row = query.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    }
  }

  /** The statement that makes a table, with its schema in front. */
  String definition(TableName table) throws SQLException {
    String sql = show("SHOW CREATE TABLE " + table.quoted());
    return CREATE + TableName.quote(table.schema()) + "." + sql.substring(CREATE.length());
  }

  String schemaDefinition(String schema) throws SQLException {
    return show("SHOW CREATE DATABASE IF NOT EXISTS " + TableName.quote(schema));
  }

  private String show(String sql) throws SQLException {
    try (Statement statement = cell.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(2);
    }
  }
}
