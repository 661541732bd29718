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

  /** Not the table of the same contents: that takes a temporary one, for which there is no room. */
  private static final String SESSIONS = "SHOW PROCESSLIST";

  /** A table is full, or the disk: such a query makes a temporary table. */
  private static final Set<Integer> NO_ROOM = Set.of(1114, 1021);

  private static final Set<String> IDLE =
      Set.of("Sleep", "Daemon", "Binlog Dump", "Binlog Dump GTID");

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

  /** What the server said when it had no room for the answer to a question. */
  private Optional<String> noRoom = Optional.empty();

  private StallReader() {}

  static Stall read(Connection target) throws SQLException {
    StallReader reader = new StallReader();
    Set<String> states = states(target);
    Optional<Stall.Blocker> blocker =
        reader
            .ifAllowed(target, HOLDER, row -> blocker(row, true))
            .or(() -> reader.ifAllowed(target, OLDEST, row -> blocker(row, false)));
    Optional<String> disk = reader.ifAllowed(target, DISK, row -> row.getString(1));
    return new Stall(states, disk.or(() -> reader.noRoom), blocker);
  }

  /** What the server says that this user's other sessions do. */
  private static Set<String> states(Connection target) throws SQLException {
    String user;
    long self;
    try (Statement statement = target.createStatement();
        ResultSet row = statement.executeQuery("SELECT " + OWN + ", CONNECTION_ID()")) {
      row.next();
      user = row.getString(1);
      self = row.getLong(2);
    }
    Set<String> states = new HashSet<>();
    try (Statement statement = target.createStatement();
        ResultSet rows = statement.executeQuery(SESSIONS)) {
      while (rows.next()) {
        String state = rows.getString("State");
        if (user.equals(rows.getString("User"))
            && rows.getLong("Id") != self
            && !IDLE.contains(rows.getString("Command"))
            && state != null
            && !state.isEmpty()) {
          states.add(state);
        }
      }
    }
    return states;
  }

  private static Stall.Blocker blocker(ResultSet row, boolean proven) throws SQLException {
    return new Stall.Blocker(
        row.getLong(1), row.getString(2), row.getString(3), row.getLong(4), proven);
  }

  private interface Reading<T> {
    T of(ResultSet row) throws SQLException;
  }

  /** Empty, too, where the user lacks the right to see it: the rest is still worth telling. */
  private <T> Optional<T> ifAllowed(Connection target, String query, Reading<T> reading) {
    try (Statement statement = target.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? Optional.of(reading.of(row)) : Optional.empty();
    } catch (SQLException e) {
      LOG.debug("not readable: {}", e.getMessage());
      if (NO_ROOM.contains(e.getErrorCode())) {
        noRoom = Optional.of(String.valueOf(e.getMessage()));
      }
      return Optional.empty();
    }
  }
}
