package io.homecell.sync.check;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads what {@link Warnings} judges. For one thread. */
final class PairReader {
  private static final String SERVICES =
      " NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema', 'homecell')";

  private PairReader() {}

  static Pulse pulse(CellDatabase from, Connection source, Connection target) throws SQLException {
    Duration sourceAhead = ahead(source);
    Duration targetAhead = ahead(target);
    long now = micros(source, "UTC_TIMESTAMP(6)", "").orElse(0L);
    // whichever way it came: what was before a beat of the source is there when the beat is
    Optional<Duration> behind =
        micros(
                target,
                "MAX(at)",
                " FROM homecell.hc_heartbeat WHERE source_cell = '" + from.cell() + "'")
            .map(beat -> Duration.of(Math.max(0, now - beat), ChronoUnit.MICROS));
    Duration kept =
        Duration.ofSeconds(number(source, "SELECT @@GLOBAL.binlog_expire_logs_seconds"));
    return new Pulse(behind, kept, sourceAhead, targetAhead);
  }

  /** As far as it can be told: the time that the question took may be part of it, and is not. */
  private static Duration ahead(Connection server) throws SQLException {
    Instant before = Instant.now();
    long there = micros(server, "UTC_TIMESTAMP(6)", "").orElse(0L);
    Instant after = Instant.now();
    Instant clock = Instant.EPOCH.plus(there, ChronoUnit.MICROS);
    if (clock.isBefore(before)) {
      return Duration.between(before, clock);
    }
    return clock.isAfter(after) ? Duration.between(after, clock) : Duration.ZERO;
  }

  private static Optional<Long> micros(Connection server, String time, String from)
      throws SQLException {
    try (Statement statement = server.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " + time + ")" + from)) {
      row.next();
      long micros = row.getLong(1);
      return row.wasNull() ? Optional.empty() : Optional.of(micros);
    }
  }

  private static long number(Connection server, String query) throws SQLException {
    try (Statement statement = server.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Of the tables that are carried. */
  static Structure structure(CellDatabase cell, Connection server, CarriedTables carried)
      throws SQLException {
    Map<TableName, Map<String, String>> columns = new HashMap<>();
    Set<TableName> numbering = new HashSet<>();
    try (Statement statement = server.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT c.table_schema, c.table_name, c.column_name, c.column_type,"
                    + " c.collation_name, c.is_nullable, c.extra FROM information_schema.columns c"
                    + " JOIN information_schema.tables t ON t.table_schema = c.table_schema"
                    + " AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'"
                    + " WHERE c.table_schema"
                    + SERVICES
                    + " ORDER BY c.table_schema, c.table_name, c.ordinal_position")) {
      while (rows.next()) {
        TableName table = new TableName(rows.getString(1), rows.getString(2));
        if (!carried.include(table)) {
          continue;
        }
        columns
            .computeIfAbsent(table, first -> new LinkedHashMap<>())
            .put(
                rows.getString(3),
                rows.getString(4) + " " + rows.getString(5) + " " + rows.getString(6));
        if (rows.getString(7).toLowerCase(Locale.ROOT).contains("auto_increment")) {
          numbering.add(table);
        }
      }
    }
    Set<TableName> keyed = keyed(server);
    Map<TableName, Structure.Table> tables = new HashMap<>();
    columns.forEach(
        (table, each) ->
            tables.put(
                table,
                new Structure.Table(each, keyed.contains(table), numbering.contains(table))));
    return new Structure(
        cell.cell(),
        tables,
        grants(server),
        number(server, "SELECT @@GLOBAL.auto_increment_increment"),
        number(server, "SELECT @@GLOBAL.auto_increment_offset"));
  }

  /** Those with a primary key, or a unique one over whole columns without NULL. */
  private static Set<TableName> keyed(Connection server) throws SQLException {
    Set<TableName> keyed = new HashSet<>();
    try (Statement statement = server.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT table_schema, table_name FROM information_schema.statistics"
                    + " WHERE non_unique = 0 AND table_schema"
                    + SERVICES
                    + " GROUP BY table_schema, table_name, index_name HAVING SUM(index_name <> 'PRIMARY' AND"
                    + " (column_name IS NULL OR nullable <> '' OR sub_part IS NOT NULL)) = 0")) {
      while (rows.next()) {
        keyed.add(new TableName(rows.getString(1), rows.getString(2)));
      }
    }
    return keyed;
  }

  private static List<String> grants(Connection server) throws SQLException {
    List<String> grants = new ArrayList<>();
    try (Statement statement = server.createStatement();
        ResultSet rows = statement.executeQuery("SHOW GRANTS")) {
      while (rows.next()) {
        grants.add(rows.getString(1));
      }
    }
    return grants;
  }
}
