package io.homecell.tests.fault;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks again and again which slots each cell may write, and keeps every moment at which two cells
 * could have written one: its rows open for themselves and their leases running, at the same time.
 */
final class OneWriterWatch implements AutoCloseable {
  private static final List<String> CELLS = List.of("north-1", "south-1");
  private static final Duration PERIOD = Duration.ofMillis(100);

  private final FaultedDeployment deployment;
  private final Map<String, Connection> connections = new HashMap<>();
  private final List<String> found = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "one writer watch");
  private volatile boolean closed;
  private int looks;

  OneWriterWatch(FaultedDeployment deployment) {
    this.deployment = deployment;
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    try {
      while (!closed) {
        look();
        Thread.sleep(PERIOD.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      connections.values().forEach(OneWriterWatch::closeQuietly);
    }
  }

  /** North, south, north again: what north allows both times, it allowed while south was read. */
  private void look() {
    try {
      BitSet before = read(CELLS.get(0));
      BitSet other = read(CELLS.get(1));
      BitSet after = read(CELLS.get(0));
      BitSet both = (BitSet) before.clone();
      both.and(other);
      both.and(after);
      synchronized (this) {
        looks++;
        if (!both.isEmpty()) {
          found.add(both.cardinality() + " slots open in two cells, first: " + both.nextSetBit(0));
          deployment.history.add("TWO WRITERS: " + found.get(found.size() - 1));
        }
      }
    } catch (SQLException cellIsAway) {
      connections.values().forEach(OneWriterWatch::closeQuietly);
      connections.clear();
    }
  }

  private BitSet read(String cell) throws SQLException {
    Connection connection = connections.get(cell);
    if (connection == null) {
      connection = deployment.connection(cell);
      connections.put(cell, connection);
    }
    BitSet slots = new BitSet();
    try (Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT slot FROM homecell.hc_slot WHERE state = 'OPEN' AND owner = '"
                    + cell
                    + "' AND (SELECT expires_at > SYSDATE(6) FROM homecell.hc_lease WHERE one = 1)")) {
      while (row.next()) {
        slots.set(row.getInt(1));
      }
    }
    return slots;
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException broken) {
      // it is thrown away because it is broken
    }
  }

  synchronized List<String> found() {
    return List.copyOf(found);
  }

  synchronized int looks() {
    return looks;
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(Duration.ofSeconds(15).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
