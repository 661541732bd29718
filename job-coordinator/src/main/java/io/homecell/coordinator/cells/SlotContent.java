package io.homecell.coordinator.cells;

import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a slot holds at a cell: who moves one user learns what moves along. Changes nothing. */
public final class SlotContent {
  private static final Duration COUNT_WITHIN = Duration.ofSeconds(1);

  /** All tables together; those left over are not counted. */
  private static final Duration ALL_WITHIN = Duration.ofSeconds(4);

  /**
   * A table's rows of the slot.
   *
   * @param rows empty if they could not be counted in time
   */
  public record TableRows(String table, Optional<Long> rows) {}

  private final CellConnections connections;
  private final List<String> schemas;

  public SlotContent(Topology topology, CellConnections connections) {
    this.connections = connections;
    this.schemas =
        topology.services().values().stream()
            .filter(service -> service instanceof Service.Unit)
            .map(Service::name)
            .toList();
  }

  /**
   * The rows of a slot in each table of the unit services.
   *
   * @throws SQLException if the cell can't be asked
   */
  public List<TableRows> of(String cell, int slot) throws SQLException {
    return connections.with(
        cell,
        connection -> {
          long began = System.nanoTime();
          List<TableRows> all = new ArrayList<>();
          for (String table : tables(connection)) {
            boolean late = System.nanoTime() - began > ALL_WITHIN.toNanos();
            all.add(
                new TableRows(
                    table.replace("`", ""),
                    late ? Optional.empty() : count(connection, table, slot)));
          }
          return all;
        });
  }

  private List<String> tables(Connection connection) throws SQLException {
    List<String> tables = new ArrayList<>();
    if (schemas.isEmpty()) {
      return tables;
    }
    String marks = schemas.stream().map(schema -> "?").collect(Collectors.joining(", "));
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT c.TABLE_SCHEMA, c.TABLE_NAME FROM information_schema.COLUMNS c"
                + " JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)"
                + " WHERE c.COLUMN_NAME = 'slot' AND t.TABLE_TYPE = 'BASE TABLE'"
                + " AND c.TABLE_SCHEMA IN ("
                + marks
                + ") ORDER BY 1, 2")) {
      for (int i = 0; i < schemas.size(); i++) {
        statement.setString(i + 1, schemas.get(i));
      }
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          tables.add("`" + row.getString(1) + "`.`" + row.getString(2).replace("`", "``") + "`");
        }
      }
    }
    return tables;
  }

  private static Optional<Long> count(Connection connection, String table, int slot) {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT /*+ MAX_EXECUTION_TIME("
                + COUNT_WITHIN.toMillis()
                + ") */ COUNT(*) FROM "
                + table
                + " WHERE slot = ?")) {
      statement.setInt(1, slot);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return Optional.of(row.getLong(1));
      }
    } catch (SQLException tooLong) {
      return Optional.empty();
    }
  }
}
