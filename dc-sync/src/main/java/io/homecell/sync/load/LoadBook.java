package io.homecell.sync.load;

import io.homecell.core.json.Json;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.load.Load.Phase;
import io.homecell.sync.position.GtidSet;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the target keeps about its load: {@code hc_load} and {@code hc_load_table}, which are its
 * own and not in its binlog. Everything that a worker needs to go on where another was killed.
 */
final class LoadBook {
  private static final int NO_SUCH_TABLE = 1146;

  private LoadBook() {}

  /** How far a table is. {@code lastKey} holds literals. */
  record Progress(TableName table, long total, long copied, List<String> lastKey, boolean done) {}

  /** The load of this cell; empty if none was ever asked for. */
  static Optional<Load> read(Connection target) throws SQLException {
    try (Statement statement = target.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT id, source_cell, phase, empties, IFNULL(from_gtids, ''),"
                    + " IFNULL(until_gtids, '') FROM homecell.hc_load")) {
      return row.next()
          ? Optional.of(
              new Load(
                  row.getString(1),
                  row.getString(2),
                  Phase.valueOf(row.getString(3)),
                  row.getBoolean(4),
                  GtidSet.parse(row.getString(5)),
                  GtidSet.parse(row.getString(6))))
          : Optional.empty();
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return Optional.empty(); // provisioned by an older release
      }
      throw e;
    }
  }

  /** Asks for a load; one that is under way ends, for good. */
  static void request(Connection target, String id, String source, boolean empties, String by)
      throws SQLException {
    inTransaction(
        target,
        () -> {
          update(
              target,
              "REPLACE INTO homecell.hc_load (id, source_cell, phase, empties, requested_by,"
                  + " requested_at) VALUES (?, ?, 'PREPARING', ?, ?, UTC_TIMESTAMP(6))",
              id,
              source,
              empties,
              by);
          update(target, "DELETE FROM homecell.hc_load_table");
        });
  }

  /** The tables are made: from here on rows are copied. */
  static void startCopying(Connection target, Load load, GtidSet from, Map<TableName, Long> rows)
      throws SQLException {
    inTransaction(
        target,
        () -> {
          requireOne(
              update(
                  target,
                  "UPDATE homecell.hc_load SET phase = 'COPYING', from_gtids = ?"
                      + " WHERE id = ? AND phase = 'PREPARING'",
                  from.toString(),
                  load.id()));
          for (Map.Entry<TableName, Long> table : rows.entrySet()) {
            update(
                target,
                "INSERT INTO homecell.hc_load_table (schema_name, table_name, rows_total)"
                    + " VALUES (?, ?, ?)",
                table.getKey().schema(),
                table.getKey().table(),
                table.getValue());
          }
        });
  }

  /** Every row is copied. */
  static void startCatchingUp(Connection target, Load load, GtidSet until) throws SQLException {
    requireOne(
        update(
            target,
            "UPDATE homecell.hc_load SET phase = 'CATCHING_UP', until_gtids = ?"
                + " WHERE id = ? AND phase = 'COPYING'",
            until.toString(),
            load.id()));
  }

  static void end(Connection target, Load load) throws SQLException {
    requireOne(
        update(
            target,
            "UPDATE homecell.hc_load SET phase = 'DONE', ended_at = UTC_TIMESTAMP(6)"
                + " WHERE id = ? AND phase = 'CATCHING_UP'",
            load.id()));
  }

  static List<Progress> progress(Connection target) throws SQLException {
    List<Progress> all = new ArrayList<>();
    try (Statement statement = target.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT schema_name, table_name, rows_total, rows_copied, IFNULL(last_key, '[]'),"
                    + " done FROM homecell.hc_load_table ORDER BY schema_name, table_name")) {
      while (rows.next()) {
        all.add(
            new Progress(
                new TableName(rows.getString(1), rows.getString(2)),
                rows.getLong(3),
                rows.getLong(4),
                List.of(Json.read(rows.getString(5), String[].class)),
                rows.getBoolean(6)));
      }
    }
    return all;
  }

  /** Writes rows and how far they go, both or neither, if the load is still this one. */
  static void advance(Connection target, Load load, Progress next, List<String> statements)
      throws SQLException {
    inTransaction(
        target,
        () -> {
          try (PreparedStatement lock =
              target.prepareStatement(
                  "SELECT 1 FROM homecell.hc_load WHERE id = ? AND phase = 'COPYING' FOR SHARE")) {
            lock.setString(1, load.id());
            try (ResultSet row = lock.executeQuery()) {
              requireOne(row.next() ? 1 : 0);
            }
          }
          try (Statement statement = target.createStatement()) {
            for (String sql : statements) {
              statement.execute(sql);
            }
          }
          requireOne(
              update(
                  target,
                  "UPDATE homecell.hc_load_table SET rows_copied = ?, last_key = ?, done = ?"
                      + " WHERE schema_name = ? AND table_name = ?",
                  next.copied(),
                  Json.write(next.lastKey()),
                  next.done(),
                  next.table().schema(),
                  next.table().table()));
        });
  }

  private static void requireOne(int rows) throws SQLException {
    if (rows != 1) {
      throw new SQLException("the load was started anew, or ended, by somebody else");
    }
  }

  private static int update(Connection target, String sql, Object... values) throws SQLException {
    try (PreparedStatement statement = target.prepareStatement(sql)) {
      for (int i = 0; i < values.length; i++) {
        statement.setObject(i + 1, values[i]);
      }
      return statement.executeUpdate();
    }
  }

  private interface Work {
    void run() throws SQLException;
  }

  private static void inTransaction(Connection target, Work work) throws SQLException {
    target.setAutoCommit(false);
    try {
      work.run();
      target.commit();
    } catch (SQLException | RuntimeException e) {
      target.rollback();
      throw e;
    } finally {
      target.setAutoCommit(true);
    }
  }
}
