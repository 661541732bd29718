package io.homecell.coordinator.cells;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The administration connections of the control plane, one to each cell, kept open: an operation
 * that has checked a cell pays for no connection while users are held. A connection that failed is
 * replaced at the next use. Each is used by one thread at a time; every wait is bounded. Safe for
 * any number of threads.
 */
public final class CellConnections implements AutoCloseable {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(6);

  /** Something done on a connection. */
  @FunctionalInterface
  public interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /** A connection that was idle for longer is tried before it is used. */
  private static final Duration TRUSTED_FOR = Duration.ofSeconds(5);

  private static final class Slot {
    private @Nullable Connection connection;
    private long usedNanos;
  }

  private final Topology topology;
  private final Credentials admin;
  private final Map<String, Slot> slots = new ConcurrentHashMap<>();

  public CellConnections(Topology topology, Credentials admin) {
    this.topology = topology;
    this.admin = admin;
  }

  /**
   * Does something on a cell's connection.
   *
   * @throws SQLException if the cell can't be reached, does not answer in time, or the work fails
   */
  public <T> T with(String cell, Work<T> work) throws SQLException {
    Slot slot = slots.computeIfAbsent(cell, name -> new Slot());
    synchronized (slot) {
      Connection connection = open(slot, cell);
      try {
        return work.on(connection);
      } catch (SQLException e) {
        // Whatever it was, the next use begins with a connection that is known to be good.
        slot.connection = null;
        closeQuietly(connection);
        throw e;
      }
    }
  }

  private Connection open(Slot slot, String cell) throws SQLException {
    Connection known = slot.connection;
    boolean trusted = System.nanoTime() - slot.usedNanos < TRUSTED_FOR.toNanos();
    slot.usedNanos = System.nanoTime();
    if (known != null && !known.isClosed() && (trusted || known.isValid(2))) {
      return known;
    }
    if (known != null) {
      closeQuietly(known);
    }
    String url =
        MysqlUrl.of(topology.cell(cell).mysql(), "homecell", CONNECT_WITHIN, ANSWER_WITHIN);
    Connection fresh = DriverManager.getConnection(url, admin.user(), admin.password());
    slot.connection = fresh;
    return fresh;
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException alreadyBroken) {
      // that is why it is closed
    }
  }

  @Override
  public void close() {
    slots
        .values()
        .forEach(
            slot -> {
              synchronized (slot) {
                Connection connection = slot.connection;
                slot.connection = null;
                if (connection != null) {
                  closeQuietly(connection);
                }
              }
            });
  }
}
