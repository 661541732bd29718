package io.homecell.coordinator.cells;

import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Compares the data of the cells of each group, table by table, with MySQL's own {@code CHECKSUM
 * TABLE}. It reads whole tables and takes no account of what is on its way between the cells: for a
 * deployment at rest, after a load. Changes nothing.
 */
public final class CellComparison {
  private static final String TABLES =
      "SELECT CONCAT(table_schema, '.', table_name) FROM information_schema.tables"
          + " WHERE table_type = 'BASE TABLE' AND (table_schema IN ('account', 'trade')"
          + " OR (table_schema = 'homecell' AND table_name IN ('hc_slot', 'hc_server')))";

  private final Topology topology;
  private final CellConnections connections;

  public CellComparison(Topology topology, CellConnections connections) {
    this.topology = topology;
    this.connections = connections;
  }

  /**
   * The tables that differ inside a group, a line each; a cell that can't be read is a line too.
   */
  public List<String> differences() {
    List<String> differences = new ArrayList<>();
    for (String group : topology.groups()) {
      Map<String, Map<String, String>> byCell = new TreeMap<>();
      for (Topology.Cell cell : topology.cellsOfGroup(group)) {
        try {
          byCell.put(cell.name(), connections.with(cell.name(), CellComparison::checksums));
        } catch (SQLException e) {
          differences.add(cell.name() + " can't be read: " + CellReader.reason(e));
        }
      }
      differences.addAll(differences(byCell));
    }
    return List.copyOf(differences);
  }

  /** Pure: the tables whose checksums are not the same in every cell. */
  static List<String> differences(Map<String, Map<String, String>> checksumsByCell) {
    TreeSet<String> tables = new TreeSet<>();
    checksumsByCell.values().forEach(checksums -> tables.addAll(checksums.keySet()));
    List<String> differences = new ArrayList<>();
    for (String table : tables) {
      Map<String, String> seen = new TreeMap<>();
      checksumsByCell.forEach(
          (cell, checksums) -> seen.put(cell, checksums.getOrDefault(table, "missing")));
      if (new TreeSet<>(seen.values()).size() > 1) {
        differences.add(table + " differs: " + seen);
      }
    }
    return differences;
  }

  private static Map<String, String> checksums(Connection connection) throws SQLException {
    List<String> tables = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(TABLES)) {
      while (row.next()) {
        tables.add(row.getString(1));
      }
    }
    Map<String, String> checksums = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("CHECKSUM TABLE " + String.join(", ", tables))) {
      while (row.next()) {
        checksums.put(row.getString(1), row.getString(2));
      }
    }
    return checksums;
  }
}
