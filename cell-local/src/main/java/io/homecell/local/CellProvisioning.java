package io.homecell.local;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Makes a cell of an empty MySQL server: schemas, users with least rights, the rows that say who
 * owns what, and the first transaction of its group.
 *
 * <p>Everything but that transaction stays out of the binlog, since every cell gets it by itself. A
 * cell that is provisioned again keeps its rows: ownership, lease and data stay as they are.
 */
public final class CellProvisioning {
  private CellProvisioning() {}

  /**
   * Provisions every cell of a topology and introduces the cells of each group to each other.
   *
   * @param servers the running server of each cell
   * @param schemas the texts of the schema files, the framework's first
   */
  public static void provisionAll(
      Topology topology,
      Map<String, LocalMysql> servers,
      List<String> schemas,
      Map<Role, Credentials> credentials) {
    Map<String, Connection> roots = new LinkedHashMap<>();
    try {
      for (String cell : topology.cells().keySet()) {
        LocalMysql server = servers.get(cell);
        if (server == null) {
          throw new IllegalArgumentException("servers: no server for cell " + cell);
        }
        roots.put(cell, server.rootConnection());
      }
      provisionAllThrough(topology, roots, schemas, credentials);
    } catch (SQLException e) {
      throw new LocalStartException("the cells can't be provisioned: " + e.getMessage(), e);
    } finally {
      roots.values().forEach(CellProvisioning::closeQuietly);
    }
  }

  static void provisionAllThrough(
      Topology topology,
      Map<String, Connection> roots,
      List<String> schemas,
      Map<Role, Credentials> credentials)
      throws SQLException {
    for (Map.Entry<String, Connection> root : roots.entrySet()) {
      provision(root.getValue(), topology, root.getKey(), schemas, credentials);
    }
    introduce(topology, roots);
  }

  static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException alreadyBroken) {
      // nothing is lost: every statement has committed by itself
    }
  }

  /**
   * Provisions one cell. Its server is not yet known to the other cells of its group, see {@link
   * #introduce}.
   *
   * @param root a connection of the superuser; its session is left with the binlog on
   * @throws LocalStartException naming the statement that failed
   */
  public static void provision(
      Connection root,
      Topology topology,
      String cell,
      List<String> schemas,
      Map<Role, Credentials> credentials) {
    Topology.Cell own = topology.cell(cell);
    try {
      execute(root, "SET SESSION sql_log_bin=0");
      for (String schema : schemas) {
        for (String statement : SchemaFiles.statements(schema)) {
          execute(root, statement);
        }
      }
      for (Role role : Role.values()) {
        Credentials of = credentials.get(role);
        if (of == null) {
          throw new IllegalArgumentException("credentials: none for " + role);
        }
        for (String statement : CellGrants.statements(role, of, topology, cell)) {
          execute(root, statement);
        }
      }
      seedSlots(root, topology);
      seedLease(root, cell);
      addServer(root, serverUuid(root), cell);
      execute(root, "SET SESSION sql_log_bin=1");
      firstTransaction(root, own.group());
    } catch (SQLException e) {
      throw new LocalStartException("cell " + cell + " can't be provisioned: " + e.getMessage(), e);
    }
  }

  /**
   * Tells every cell which servers make the transactions of the others in its group.
   *
   * @param roots a superuser's connection to each cell
   */
  public static void introduce(Topology topology, Map<String, Connection> roots)
      throws SQLException {
    for (String group : topology.groups()) {
      Map<String, String> uuids = new LinkedHashMap<>();
      for (Topology.Cell cell : topology.cellsOfGroup(group)) {
        uuids.put(cell.name(), serverUuid(rootOf(roots, cell.name())));
      }
      for (String cell : uuids.keySet()) {
        Connection root = rootOf(roots, cell);
        execute(root, "SET SESSION sql_log_bin=0");
        for (Map.Entry<String, String> known : uuids.entrySet()) {
          addServer(root, known.getValue(), known.getKey());
        }
        execute(root, "SET SESSION sql_log_bin=1");
      }
    }
  }

  private static Connection rootOf(Map<String, Connection> roots, String cell) {
    Connection root = roots.get(cell);
    if (root == null) {
      throw new IllegalArgumentException("roots: no connection for cell " + cell);
    }
    return root;
  }

  /** The identifier under which every cell of a group has executed one first transaction. */
  public static String groupUuid(String group) {
    return UUID.nameUUIDFromBytes(("homecell-group:" + group).getBytes(StandardCharsets.UTF_8))
        .toString();
  }

  private static void seedSlots(Connection root, Topology topology) throws SQLException {
    try (PreparedStatement insert =
        root.prepareStatement(
            "INSERT IGNORE INTO homecell.hc_slot (slot, owner, epoch, state)"
                + " VALUES (?, ?, 1, 'OPEN')")) {
      root.setAutoCommit(false);
      for (int slot = 0; slot < topology.slots().count(); slot++) {
        insert.setInt(1, slot);
        insert.setString(2, topology.homeOf(slot).name());
        insert.addBatch();
      }
      insert.executeBatch();
      root.commit();
    } finally {
      root.setAutoCommit(true);
    }
  }

  private static void seedLease(Connection root, String cell) throws SQLException {
    // Over since long: the cell may not write before its keeper has renewed the lease.
    try (PreparedStatement insert =
        root.prepareStatement(
            "INSERT IGNORE INTO homecell.hc_lease (one, cell, expires_at)"
                + " VALUES (1, ?, '2000-01-01 00:00:00')")) {
      insert.setString(1, cell);
      insert.executeUpdate();
    }
    String found = queryOne(root, "SELECT cell FROM homecell.hc_lease");
    if (!found.equals(cell)) {
      throw new LocalStartException(
          "the MySQL server of cell "
              + cell
              + " holds the data of cell "
              + found
              + " (expected: "
              + cell
              + "; were two mysql ports of the topology exchanged?)");
    }
  }

  private static void addServer(Connection root, String uuid, String cell) throws SQLException {
    try (PreparedStatement insert =
        root.prepareStatement("INSERT IGNORE INTO homecell.hc_server (uuid, cell) VALUES (?, ?)")) {
      insert.setString(1, uuid);
      insert.setString(2, cell);
      insert.executeUpdate();
    }
  }

  private static void firstTransaction(Connection root, String group) throws SQLException {
    String gtid = groupUuid(group) + ":1";
    if (queryOne(root, "SELECT GTID_SUBSET('" + gtid + "', @@GLOBAL.gtid_executed)").equals("1")) {
      return;
    }
    execute(root, "SET GTID_NEXT='" + gtid + "'");
    execute(root, "BEGIN");
    execute(root, "COMMIT");
    execute(root, "SET GTID_NEXT='AUTOMATIC'");
  }

  private static String serverUuid(Connection root) throws SQLException {
    return queryOne(root, "SELECT @@server_uuid");
  }

  private static String queryOne(Connection root, String sql) throws SQLException {
    try (Statement statement = root.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      if (!result.next()) {
        throw new SQLException("no row: " + sql);
      }
      return result.getString(1);
    }
  }

  private static void execute(Connection root, String sql) throws SQLException {
    try (Statement statement = root.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new SQLException(e.getMessage() + ", in: " + sql.strip(), e.getSQLState(), e);
    }
  }
}
