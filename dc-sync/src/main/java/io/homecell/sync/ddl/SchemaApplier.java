package io.homecell.sync.ddl;

import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs schema changes at the target, each as the one statement of its identifier: MySQL 8 makes a
 * change of a schema and its identifier durable together or not at all, so running it again after
 * whatever happened is right, and does nothing if it is there.
 *
 * <p>For one statement at a time; {@link #close} from any thread.
 */
public final class SchemaApplier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SchemaApplier.class);

  /** A large table takes its time; a server that is gone shows by the connection's keep-alive. */
  private static final Duration LONGEST = Duration.ofHours(24);

  /** While it waits for a table, everything behind it waits too. */
  private static final Duration LOCK_WITHIN = Duration.ofSeconds(10);

  private final CellDatabase target;
  private final AtomicReference<Connection> running = new AtomicReference<>();
  private volatile boolean closed;

  public SchemaApplier(CellDatabase target) {
    this.target = target;
  }

  /**
   * Runs a statement under its identifier.
   *
   * @throws SQLException if the target refuses it, or is away: then it may go on there without us
   */
  public void apply(SchemaStatement statement) throws SQLException {
    LOG.info("{}: {} runs: {}", target, statement.gtid(), statement.brief());
    long from = System.nanoTime();
    try (Connection connection = target.open();
        Statement session = connection.createStatement()) {
      running.set(connection);
      if (closed) {
        throw new SQLException("closed");
      }
      connection.setNetworkTimeout(Runnable::run, (int) LONGEST.toMillis());
      session.execute("SET SESSION lock_wait_timeout = " + LOCK_WITHIN.toSeconds());
      if (!statement.database().isEmpty()) {
        session.execute("USE " + TableName.quote(statement.database()));
      }
      for (Map.Entry<String, String> setting : statement.session().entrySet()) {
        session.execute("SET SESSION " + setting.getKey() + " = " + setting.getValue());
      }
      session.setEscapeProcessing(false);
      session.execute("SET GTID_NEXT = '" + statement.gtid() + "'");
      session.execute(statement.sql());
      session.execute("SET GTID_NEXT = 'AUTOMATIC'");
      requireExecuted(connection, statement.gtid());
    } finally {
      running.set(null);
    }
    LOG.info(
        "{}: {} is done in {} ms",
        target,
        statement.gtid(),
        Duration.ofNanos(System.nanoTime() - from).toMillis());
  }

  /** Closes an identifier with nothing in it: its statement is never run here. */
  public void skip(Gtid gtid) throws SQLException {
    try (Connection connection = target.open();
        Statement session = connection.createStatement()) {
      session.execute("SET GTID_NEXT = '" + gtid + "'; BEGIN; COMMIT");
      session.execute("SET GTID_NEXT = 'AUTOMATIC'");
      requireExecuted(connection, gtid);
    }
    LOG.warn("{}: {} is closed without its statement", target, gtid);
  }

  private void requireExecuted(Connection connection, Gtid gtid) throws SQLException {
    if (!StartPosition.executed(connection).contains(gtid)) {
      throw new SQLException(target + " has run the statement, but not under " + gtid);
    }
  }

  /** Leaves a statement that runs; the server finishes it. */
  @Override
  public void close() {
    closed = true;
    Connection connection = running.get();
    if (connection != null) {
      try {
        connection.abort(Runnable::run);
      } catch (SQLException e) {
        LOG.debug("leaving a statement at {}: {}", target, e.toString());
      }
    }
  }
}
