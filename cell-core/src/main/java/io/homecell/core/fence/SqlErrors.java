package io.homecell.core.fence;

import java.sql.SQLException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an error of the database means to a transaction. */
final class SqlErrors {
  /** The fence's refusals, see {@code homecell.hc_commit} in schema.sql. */
  private static final String NOT_HOME = "45421";

  private static final String FENCED = "45503";
  private static final String LATE = "45504";

  private static final int LOCK_WAIT_TIMEOUT = 1205;
  private static final int DEADLOCK = 1213;
  private static final int READ_ONLY_SERVER = 1290;
  private static final int SHUTTING_DOWN = 1053;
  private static final int KILLED = 1317;

  private static final Pattern NOT_HOME_MESSAGE =
      Pattern.compile("HC-NOT-HOME slot=(\\d+) owner=(\\S+) epoch=(\\d+)");
  private static final Pattern FENCED_MESSAGE = Pattern.compile("HC-FENCED cell=(\\S+) lease=(.+)");

  private SqlErrors() {}

  /** The transaction is rolled back and may well succeed if it is run again. */
  static boolean isTransient(SQLException e) {
    return e.getErrorCode() == DEADLOCK || e.getErrorCode() == LOCK_WAIT_TIMEOUT;
  }

  /** The connection is gone, or the server does not serve: not the statement's fault. */
  static boolean isUnavailable(SQLException e) {
    String state = e.getSQLState();
    return (state != null && state.startsWith("08"))
        || e.getErrorCode() == READ_ONLY_SERVER
        || e.getErrorCode() == SHUTTING_DOWN
        || e.getErrorCode() == KILLED
        || e instanceof java.sql.SQLRecoverableException
        || e instanceof java.sql.SQLTransientConnectionException
        || e instanceof java.sql.SQLNonTransientConnectionException;
  }

  /** The commit step's refusal, if this is one. Nothing was committed. */
  static Optional<RuntimeException> refusal(SQLException e) {
    if (NOT_HOME.equals(e.getSQLState())) {
      Matcher matcher = NOT_HOME_MESSAGE.matcher(String.valueOf(e.getMessage()));
      if (matcher.find()) {
        return Optional.of(
            new NotHomeException(
                Integer.parseInt(matcher.group(1)),
                matcher.group(2),
                Long.parseLong(matcher.group(3))));
      }
    }
    if (FENCED.equals(e.getSQLState())) {
      Matcher matcher = FENCED_MESSAGE.matcher(String.valueOf(e.getMessage()));
      return Optional.of(
          matcher.find()
              ? new CellFencedException(matcher.group(1), "its lease ended at " + matcher.group(2))
              : new CellFencedException("-", String.valueOf(e.getMessage())));
    }
    return Optional.empty();
  }

  /** The commit step committed, but so late that the lease may have been over. */
  static boolean isLate(SQLException e) {
    return LATE.equals(e.getSQLState());
  }

  /**
   * Whether an error of the commit step says for sure that nothing was committed: the step refused
   * its arguments, is not there or may not be called.
   */
  static boolean isSurelyNotCommitted(SQLException e) {
    String state = e.getSQLState();
    return state != null && (state.startsWith("42") || state.startsWith("454"));
  }
}
