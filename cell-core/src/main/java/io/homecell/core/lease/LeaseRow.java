package io.homecell.core.lease;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * The row {@code homecell.hc_lease} of a cell's database, over one connection of the keeper's own
 * that writes nothing to the binlog. Opens the connection when it is needed and throws it away
 * after any error. Not thread-safe.
 */
final class LeaseRow implements AutoCloseable {
  /** The clock that the commit step checks the lease against, hence SYSDATE. */
  private static final String READ =
      "SELECT cell, expires_at, SYSDATE(6) FROM homecell.hc_lease WHERE one = 1";

  private static final String EXTEND =
      "UPDATE homecell.hc_lease SET expires_at = GREATEST(expires_at, ?) WHERE one = 1 AND cell = ?";

  private static final String CLOSE =
      "UPDATE homecell.hc_lease SET expires_at = '1970-01-01' WHERE one = 1 AND cell = ?";

  private static final String HIGHEST = "SELECT epoch FROM homecell.hc_epoch WHERE subject = ?";

  private static final String RECORD =
      "INSERT INTO homecell.hc_epoch (subject, epoch) VALUES (?, ?) AS seen"
          + " ON DUPLICATE KEY UPDATE epoch = GREATEST(hc_epoch.epoch, seen.epoch)";

  /** What was read in one statement. */
  record Content(ClockReading now, Instant expiresAt) {}

  private final Topology.Cell cell;
  private final Secrets.Credentials keeper;
  private final String url;
  private @Nullable Connection connection;

  LeaseRow(Topology.Cell cell, Secrets.Credentials keeper, Duration answerWithin) {
    this.cell = cell;
    this.keeper = keeper;
    this.url =
        MysqlUrl.of(cell.mysql(), "homecell", answerWithin, answerWithin)
            + "&sessionVariables=sql_log_bin=0,innodb_lock_wait_timeout=1";
  }

  Content read() throws SQLException {
    Connection open = open();
    try (Statement statement = open.createStatement()) {
      long from = System.nanoTime();
      try (ResultSet row = statement.executeQuery(READ)) {
        long elapsed = System.nanoTime() - from;
        if (!row.next()) {
          throw new SQLException("hc_lease has no row: the database was not provisioned");
        }
        if (!cell.name().equals(row.getString(1))) {
          throw new SQLException(
              "the database at "
                  + cell.mysql()
                  + " is of cell '"
                  + row.getString(1)
                  + "' (expected: '"
                  + cell.name()
                  + "')");
        }
        return new Content(
            new ClockReading(
                instant(row, 3), from + elapsed / 2, Duration.ofNanos(elapsed - elapsed / 2)),
            instant(row, 2));
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  void extend(Instant until) throws SQLException {
    change(EXTEND, LocalDateTime.ofInstant(until, ZoneOffset.UTC));
  }

  void end() throws SQLException {
    change(CLOSE);
  }

  /**
   * The highest epoch that was recorded of something; 0 if none was.
   *
   * @throws SQLException also if the database was provisioned without {@code hc_epoch}
   */
  long highest(String subject) throws SQLException {
    Connection open = open();
    try (PreparedStatement statement = open.prepareStatement(HIGHEST)) {
      statement.setString(1, subject);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? row.getLong(1) : 0;
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  /** Records an epoch, unless a higher one is recorded. */
  void record(String subject, long epoch) throws SQLException {
    Connection open = open();
    try (PreparedStatement statement = open.prepareStatement(RECORD)) {
      statement.setString(1, subject);
      statement.setLong(2, epoch);
      statement.executeUpdate();
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private void change(String sql, Object... first) throws SQLException {
    Connection open = open();
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      int index = 1;
      for (Object parameter : first) {
        statement.setObject(index++, parameter);
      }
      statement.setString(index, cell.name());
      if (statement.executeUpdate() != 1) {
        throw new SQLException("hc_lease has no row of cell '" + cell.name() + "'");
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
  }

  private Connection open() throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = DriverManager.getConnection(url, keeper.user(), keeper.password());
      connection = open;
    }
    return open;
  }

  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException broken) {
        // it is thrown away because it is broken
      }
    }
  }
}
