package io.homecell.sync.capture;

import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks, before a pipeline starts, for settings under which changes would be lost or distorted
 * without any error. All that is wrong is named at once, with what to set.
 */
public final class ServerChecks {
  private static final Map<String, String> SOURCE =
      ordered(
          "log_bin", "ON",
          "gtid_mode", "ON",
          "enforce_gtid_consistency", "ON",
          "log_replica_updates", "ON",
          "binlog_format", "ROW",
          "binlog_row_image", "FULL",
          "binlog_row_metadata", "FULL",
          "binlog_row_value_options", "",
          "binlog_transaction_compression", "OFF");
  private static final Map<String, String> TARGET =
      ordered("log_bin", "ON", "gtid_mode", "ON", "log_replica_updates", "ON");

  private ServerChecks() {}

  private static Map<String, String> ordered(String... pairs) {
    Map<String, String> map = new LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      map.put(pairs[i], pairs[i + 1]);
    }
    return map;
  }

  /**
   * Checks a source.
   *
   * @throws ReplicationHaltedException naming every setting that is wrong
   */
  public static void requireSource(CellDatabase cell, Connection connection) throws SQLException {
    require(Reason.SOURCE_SETTINGS, cell, connection, SOURCE);
  }

  /**
   * Checks a target.
   *
   * @throws ReplicationHaltedException naming every setting that is wrong
   */
  public static void requireTarget(CellDatabase cell, Connection connection) throws SQLException {
    require(Reason.TARGET_SETTINGS, cell, connection, TARGET);
  }

  private static void require(
      Reason reason, CellDatabase cell, Connection connection, Map<String, String> expected)
      throws SQLException {
    Map<String, String> actual = new LinkedHashMap<>();
    String name = "";
    try (Statement statement = connection.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery(
              "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('"
                  + String.join("','", expected.keySet())
                  + "')")) {
        while (rows.next()) {
          actual.put(rows.getString(1), rows.getString(2));
        }
      }
      try (ResultSet rows = statement.executeQuery("SELECT cell FROM homecell.hc_lease")) {
        if (rows.next()) {
          name = rows.getString(1);
        }
      }
    }
    List<String> problems = problems(expected, actual);
    if (!name.equals(cell.cell())) {
      problems.add("it is cell '" + name + "' by its hc_lease (expected: " + cell.cell() + ")");
    }
    if (!problems.isEmpty()) {
      throw new ReplicationHaltedException(reason, cell + ": " + String.join("; ", problems));
    }
  }

  /** What to set, for each setting that is not as it must be. */
  static List<String> problems(Map<String, String> expected, Map<String, String> actual) {
    List<String> problems = new ArrayList<>();
    expected.forEach(
        (setting, wanted) -> {
          String found = actual.getOrDefault(setting, "absent");
          if (!found.equalsIgnoreCase(wanted)) {
            problems.add("set " + setting + "='" + wanted + "', it is '" + found + "'");
          }
        });
    return problems;
  }
}
