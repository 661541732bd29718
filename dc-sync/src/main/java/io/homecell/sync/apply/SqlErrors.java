package io.homecell.sync.apply;

import java.sql.SQLException;
import java.util.Set;

/** What a MySQL error means to the applier. */
final class SqlErrors {
  static final int DUPLICATE_KEY = 1062;

  /** Lock wait timeout, deadlock, and a parent row that may be on its way from another cell. */
  private static final Set<Integer> TRANSIENT = Set.of(1205, 1213, 1452);

  /**
   * The server is being shut down or replaced, is read-only for now, or ended our connection: not
   * the transaction's fault.
   */
  private static final Set<Integer> SERVER_STATE =
      Set.of(1053, 1077, 1158, 1159, 1160, 1161, 1290, 1317, 1836, 1927, 3024, 3169, 4031);

  private SqlErrors() {}

  /** Trying the whole transaction again may help at once. */
  static boolean isTransient(SQLException e) {
    return TRANSIENT.contains(e.getErrorCode());
  }

  /** The server has looked at the statement and refuses it; the connection still stands. */
  static boolean isRefusal(SQLException e) {
    String state = e.getSQLState();
    return e.getErrorCode() > 0
        && (state == null || !state.startsWith("08"))
        && !SERVER_STATE.contains(e.getErrorCode())
        && e.getErrorCode() != 1205
        && e.getErrorCode() != 1213;
  }

  static boolean isDuplicate(SQLException e) {
    return e.getErrorCode() == DUPLICATE_KEY;
  }
}
