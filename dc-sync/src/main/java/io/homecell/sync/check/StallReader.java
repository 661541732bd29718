package io.homecell.sync.check;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads why a server commits nothing: from what any user may see of its own sessions, and, where
 * the replication user has {@code PROCESS} and {@code SELECT} on {@code performance_schema}, who is
 * in the way and what the error log says of the disk. For one thread.
 */
final class StallReader {
  private static final Logger LOG = LoggerFactory.getLogger(StallReader.class);

  private static final String OWN = "SUBSTRING_INDEX(CURRENT_USER(), '@', 1)";

  private static final String STATES =
      "SELECT DISTINCT state FROM information_schema.processlist WHERE user = "
          + OWN
          + " AND id <> CONNECTION_ID() AND command NOT IN ('Sleep', 'Binlog Dump',"
          + " 'Binlog Dump GTID') AND state <> ''";

  /** The server writes it again each minute. */
  private static final String DISK =
      "SELECT data FROM performance_schema.error_log WHERE data LIKE 'Disk is full%'"
          + " AND logged > NOW(6) - INTERVAL 90 SECOND ORDER BY logged DESC LIMIT 1";

  /** At the head of the queue: one that does not wait itself. */
  private static final String HOLDER =
      "SELECT b.processlist_id, b.processlist_user, b.processlist_host,"
          + " IFNULL(TIMESTAMPDIFF(SECOND, x.trx_started, NOW()), 0)"
          + " FROM performance_schema.data_lock_waits w"
          + " JOIN performance_schema.threads r ON r.thread_id = w.requesting_thread_id"
          + " JOIN performance_schema.threads b ON b.thread_id = w.blocking_thread_id"
          + " LEFT JOIN information_schema.innodb_trx x"
          + " ON x.trx_mysql_thread_id = b.processlist_id"
          + " WHERE r.processlist_user = "
          + OWN
          + " AND b.thread_id NOT IN"
          + " (SELECT requesting_thread_id FROM performance_schema.data_lock_waits)"
          + " ORDER BY x.trx_started LIMIT 1";

  private static final String OLDEST =
      "SELECT p.id, p.user, p.host, TIMESTAMPDIFF(SECOND, x.trx_started, NOW())"
          + " FROM information_schema.innodb_trx x"
          + " JOIN information_schema.processlist p ON p.id = x.trx_mysql_thread_id"
          + " WHERE x.trx_state <> 'LOCK WAIT' AND x.trx_rows_locked > 0 AND EXISTS"
          + " (SELECT 1 FROM information_schema.innodb_trx o JOIN information_schema.processlist q"
          + " ON q.id = o.trx_mysql_thread_id WHERE o.trx_state = 'LOCK WAIT' AND q.user = "
          + OWN
          + ") ORDER BY x.trx_started LIMIT 1";

  private StallReader() {}

  static Stall read(Connection target) throws SQLException {
    Set<String> states = new HashSet<>();
    try (Statement statement = target.createStatement();
        ResultSet rows = statement.executeQuery(STATES)) {
      while (rows.next()) {
        states.add(rows.getString(1));
      }
    }
    return new Stall(
        states,
        ifAllowed(target, DISK, row -> row.getString(1)),
        ifAllowed(target, HOLDER, row -> blocker(row, true))
            .or(() -> ifAllowed(target, OLDEST, row -> blocker(row, false))));
  }

  private static Stall.Blocker blocker(ResultSet row, boolean proven) throws SQLException {
    return new Stall.Blocker(
        row.getLong(1), row.getString(2), row.getString(3), row.getLong(4), proven);
  }

  private interface Reading<T> {
    T of(ResultSet row) throws SQLException;
  }

  /** Empty, too, where the user lacks the right to see it: the rest is still worth telling. */
  private static <T> Optional<T> ifAllowed(Connection target, String query, Reading<T> reading) {
    try (Statement statement = target.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? Optional.of(reading.of(row)) : Optional.empty();
    } catch (SQLException e) {
      LOG.debug("not readable: {}", e.getMessage());
      return Optional.empty();
    }
  }
}
