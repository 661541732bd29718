package io.homecell.coordinator.cells;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Asks cells' databases what they carry. Changes nothing. Safe for any number of threads. */
public final class LoadReader {
  /** One look may meet a spike; the least of several is what lasts. */
  private static final int LOOKS = 3;

  private static final long BETWEEN_LOOKS_MILLIS = 20;

  private final CellConnections connections;
  private final Set<String> schemas;
  private final Executor threads;

  /**
   * @param schemas the schemas of services
   */
  public LoadReader(CellConnections connections, Set<String> schemas, Executor threads) {
    this.connections = connections;
    this.schemas = Set.copyOf(schemas);
    this.threads = threads;
  }

  /** What some cells carry, asked at the same time; without those that can't be asked. */
  public Map<String, CellLoad> loads(Collection<String> cells) {
    Map<String, CompletableFuture<Optional<CellLoad>>> asked = new TreeMap<>();
    cells.forEach(
        cell -> asked.put(cell, CompletableFuture.supplyAsync(() -> load(cell), threads)));
    Map<String, CellLoad> loads = new TreeMap<>();
    asked.forEach((cell, load) -> load.join().ifPresent(known -> loads.put(cell, known)));
    return loads;
  }

  private Optional<CellLoad> load(String cell) {
    try {
      return Optional.of(connections.with(cell, this::load));
    } catch (SQLException notAsked) {
      return Optional.empty();
    }
  }

  private CellLoad load(Connection connection) throws SQLException {
    int running = running(connection);
    for (int look = 1; look < LOOKS && running > 1; look++) {
      pause();
      running = Math.min(running, running(connection));
    }
    return new CellLoad(
        status(connection, "Threads_connected"),
        number(connection, "SELECT @@GLOBAL.max_connections"),
        application(connection),
        running);
  }

  /** Without the one that asks. */
  private static int running(Connection connection) throws SQLException {
    return status(connection, "Threads_running") - 1;
  }

  /** Services' connections are those of other users that use a service's schema. */
  private Optional<Integer> application(Connection connection) throws SQLException {
    int others = 0;
    int services = 0;
    String users = "SELECT user <> SUBSTRING_INDEX(USER(), '@', 1), db FROM ";
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(users + "information_schema.processlist")) {
      while (row.next()) {
        String schema = row.getString(2);
        others += row.getBoolean(1) ? 1 : 0;
        services += row.getBoolean(1) && schema != null && schemas.contains(schema) ? 1 : 0;
      }
    }
    // A server has threads of its own: whoever sees nobody else lacks the right to.
    return others == 0 ? Optional.empty() : Optional.of(services);
  }

  private static int status(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement("SHOW GLOBAL STATUS WHERE Variable_name = ?")) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          throw new SQLException("the server does not tell " + name);
        }
        return row.getInt(2);
      }
    }
  }

  private static int number(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getInt(1);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN_LOOKS_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
