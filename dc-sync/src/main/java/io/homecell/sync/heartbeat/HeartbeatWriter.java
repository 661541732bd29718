package io.homecell.sync.heartbeat;

import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes a pipeline's beats at its source, where they join the data on their way. A beat counts as
 * under way before it is written: a source that does not answer shows as lag, too.
 */
public final class HeartbeatWriter implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HeartbeatWriter.class);
  private static final String BEAT =
      "INSERT INTO homecell.hc_heartbeat (source_cell, target_cell, beat, at)"
          + " VALUES (?, ?, ?, UTC_TIMESTAMP(6)) AS n"
          + " ON DUPLICATE KEY UPDATE beat = n.beat, at = n.at";

  private final CellDatabase source;
  private final String target;
  private final BeatLedger ledger;
  private final Duration period;
  private final Thread thread;
  private volatile boolean stopping;
  private @Nullable Connection connection;

  private HeartbeatWriter(CellDatabase source, String target, BeatLedger ledger, Duration period) {
    this.source = source;
    this.target = target;
    this.ledger = ledger;
    this.period = period;
    this.thread = new Thread(this::run, "heartbeat-" + source.cell() + "-" + target);
    this.thread.setDaemon(true);
  }

  /** Starts beating. */
  public static HeartbeatWriter start(
      CellDatabase source, String target, BeatLedger ledger, Duration period) {
    HeartbeatWriter writer = new HeartbeatWriter(source, target, ledger, period);
    writer.thread.start();
    return writer;
  }

  private void run() {
    long next = System.nanoTime();
    while (!stopping) {
      beat();
      next = Math.max(next + period.toNanos(), System.nanoTime());
      while (!stopping && System.nanoTime() - next < 0) {
        LockSupport.parkNanos(next - System.nanoTime());
      }
    }
    disconnect();
  }

  private void beat() {
    long beat = ledger.send(System.nanoTime());
    try {
      Connection current = connection;
      if (current == null) {
        current = source.open();
        connection = current;
      }
      try (PreparedStatement statement = current.prepareStatement(BEAT)) {
        statement.setString(1, source.cell());
        statement.setString(2, target);
        statement.setLong(3, beat);
        statement.executeUpdate();
      }
    } catch (SQLException e) {
      LOG.debug("no heartbeat at {}: {}", source, e.toString());
      disconnect();
    }
  }

  private void disconnect() {
    Connection old = connection;
    connection = null;
    if (old != null) {
      try {
        old.close();
      } catch (SQLException e) {
        LOG.debug("closing the heartbeat's connection to {}: {}", source, e.toString());
      }
    }
  }

  @Override
  public void close() {
    stopping = true;
    LockSupport.unpark(thread);
    try {
      thread.join(TimeUnit.SECONDS.toMillis(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
