package io.homecell.coordinator.cells;

import io.homecell.coordinator.cells.CellReport.Stranded;
import io.homecell.core.fence.FenceRows;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;

/** Asks cells' databases what they say of themselves. Changes nothing. */
public final class CellReader {
  private static final int STRANDED_MAX = 1_000;

  private final CellConnections connections;
  private final Executor threads;

  public CellReader(CellConnections connections, Executor threads) {
    this.connections = connections;
    this.threads = threads;
  }

  /** The reports of some cells, asked at the same time. */
  public Map<String, CellReport> reports(Collection<String> cells) {
    Map<String, CompletableFuture<CellReport>> asked = new TreeMap<>();
    cells.forEach(
        cell -> asked.put(cell, CompletableFuture.supplyAsync(() -> report(cell), threads)));
    Map<String, CellReport> reports = new TreeMap<>();
    asked.forEach((cell, report) -> reports.put(cell, report.join()));
    return reports;
  }

  /** The report of one cell. */
  public CellReport report(String cell) {
    try {
      return connections.with(
          cell,
          connection ->
              new CellReport(
                  cell,
                  Optional.empty(),
                  leaseMillis(connection),
                  FenceRows.over(connection).readAll(),
                  stranded(connection, cell)));
    } catch (SQLException e) {
      return CellReport.unreachable(cell, reason(e));
    }
  }

  /** The transactions that a cell has executed, as a GTID set. */
  public String gtidExecuted(String cell) throws SQLException {
    return connections.with(
        cell, connection -> text(connection, "SELECT @@GLOBAL.gtid_executed").replace("\n", ""));
  }

  /** What a cell lacks of a GTID set; empty if nothing. */
  public String missing(String cell, String gtidSet) throws SQLException {
    return connections.with(
        cell,
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement("SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed)")) {
            statement.setString(1, gtidSet);
            try (ResultSet result = statement.executeQuery()) {
              result.next();
              return result.getString(1).replace("\n", "");
            }
          }
        });
  }

  /** The newest heartbeat of one cell that another holds. */
  public Optional<Instant> lastHeartbeat(String source, String target) throws SQLException {
    return connections.with(
        target,
        connection -> {
          try (PreparedStatement statement =
              connection.prepareStatement(
                  "SELECT MAX(at) FROM homecell.hc_heartbeat WHERE source_cell = ?")) {
            statement.setString(1, source);
            try (ResultSet result = statement.executeQuery()) {
              result.next();
              return Optional.ofNullable(result.getObject(1, LocalDateTime.class))
                  .map(at -> at.toInstant(ZoneOffset.UTC));
            }
          }
        });
  }

  /**
   * The transactions of one cell that another lacks although it has later ones: they were refused
   * there, or were under way when the pipeline ended. Empty if there are none.
   */
  public Optional<String> gaps(String source, String target) throws SQLException {
    return connections.with(
        target,
        connection -> {
          String executed = text(connection, "SELECT @@GLOBAL.gtid_executed");
          List<String> complete = new ArrayList<>();
          try (PreparedStatement servers =
              connection.prepareStatement("SELECT uuid FROM homecell.hc_server WHERE cell = ?")) {
            servers.setString(1, source);
            try (ResultSet row = servers.executeQuery()) {
              while (row.next()) {
                String uuid = row.getString(1);
                highest(executed, uuid).ifPresent(last -> complete.add(uuid + ":1-" + last));
              }
            }
          }
          try (PreparedStatement missing =
              connection.prepareStatement("SELECT GTID_SUBTRACT(?, @@GLOBAL.gtid_executed)")) {
            missing.setString(1, String.join(",", complete));
            try (ResultSet row = missing.executeQuery()) {
              row.next();
              return Optional.of(row.getString(1).replace("\n", ""))
                  .filter(gtids -> !gtids.isEmpty());
            }
          }
        });
  }

  /** Pure: the highest number of a server's in a GTID set. */
  static Optional<Long> highest(String gtidSet, String uuid) {
    return Arrays.stream(gtidSet.replaceAll("\\s", "").split(","))
        .filter(server -> server.regionMatches(true, 0, uuid + ":", 0, uuid.length() + 1))
        .map(
            server ->
                Long.parseLong(
                    server.substring(
                        1 + Math.max(server.lastIndexOf(':'), server.lastIndexOf('-')))))
        .max(Long::compare);
  }

  /**
   * The transactions that servers of one cell have made, that a second cell has and a third lacks;
   * empty if none.
   */
  public String lackingOf(String maker, String having, String lacking) throws SQLException {
    List<String> servers =
        connections.with(
            having,
            connection -> {
              List<String> uuids = new ArrayList<>();
              try (PreparedStatement query =
                  connection.prepareStatement(
                      "SELECT uuid FROM homecell.hc_server WHERE cell = ?")) {
                query.setString(1, maker);
                try (ResultSet row = query.executeQuery()) {
                  while (row.next()) {
                    uuids.add(row.getString(1));
                  }
                }
              }
              return uuids;
            });
    String made = madeBy(gtidExecuted(having), servers);
    return made.isEmpty() ? "" : missing(lacking, made);
  }

  /** Pure: of a GTID set, what these servers have made. */
  static String madeBy(String gtidSet, List<String> uuids) {
    return Arrays.stream(gtidSet.replaceAll("\\s", "").split(",", -1))
        .filter(
            server ->
                uuids.stream()
                    .anyMatch(
                        uuid -> server.regionMatches(true, 0, uuid + ":", 0, uuid.length() + 1)))
        .collect(Collectors.joining(","));
  }

  /** Pure: how many transactions a GTID set names. */
  public static long count(String gtidSet) {
    long count = 0;
    for (String server : gtidSet.replaceAll("\\s", "").split(",", -1)) {
      String[] parts = server.split(":", -1);
      for (int i = 1; i < parts.length; i++) {
        String[] ends = parts[i].split("-", -1);
        count += Long.parseLong(ends[ends.length - 1]) - Long.parseLong(ends[0]) + 1;
      }
    }
    return count;
  }

  /**
   * What a cell keeps of another's stranded transactions that are settled.
   *
   * @param undone whose rows are as their owner has them everywhere
   * @param waits why one of the others is not undone yet, if it is known
   */
  public record Settled(long undone, long toUndo, Optional<String> waits) {}

  /** What a cell keeps of another's stranded transactions that are settled. */
  public Settled settled(String keeper, String source) throws SQLException {
    return connections.with(
        keeper,
        connection -> {
          try (PreparedStatement query =
              connection.prepareStatement(
                  "SELECT COUNT(undone_at), COALESCE(SUM(state <> 'OPEN' AND undone_at IS NULL), 0),"
                      + " MAX(undo_waits) FROM homecell.hc_stranded WHERE source_cell = ?")) {
            query.setString(1, source);
            try (ResultSet row = query.executeQuery()) {
              row.next();
              return new Settled(
                  row.getLong(1), row.getLong(2), Optional.ofNullable(row.getString(3)));
            }
          }
        });
  }

  /** How much longer the cell may write, by its own clock; negative when over. */
  public long leaseMillis(String cell) throws SQLException {
    return connections.with(cell, CellReader::leaseMillis);
  }

  private static long leaseMillis(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery(
                "SELECT TIMESTAMPDIFF(MICROSECOND, SYSDATE(6), expires_at) DIV 1000"
                    + " FROM homecell.hc_lease WHERE one = 1")) {
      return result.next() ? result.getLong(1) : -1;
    }
  }

  private static List<Stranded> stranded(Connection connection, String cell) throws SQLException {
    List<Stranded> all = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT gtid, source_cell, slots, committed_at, recorded_at, state, changes"
                    + " FROM homecell.hc_stranded ORDER BY recorded_at LIMIT "
                    + STRANDED_MAX)) {
      while (row.next()) {
        all.add(
            new Stranded(
                row.getString("gtid"),
                row.getString("source_cell"),
                cell,
                row.getString("slots"),
                instant(row, "committed_at"),
                instant(row, "recorded_at"),
                row.getString("state"),
                row.getString("changes")));
      }
    }
    return all;
  }

  private static Instant instant(ResultSet row, String column) throws SQLException {
    return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
  }

  private static String text(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getString(1);
    }
  }

  /** The driver's message is several lines; the first says it. */
  public static String reason(SQLException e) {
    String message = String.valueOf(e.getMessage());
    return message.lines().findFirst().orElse(message);
  }
}
