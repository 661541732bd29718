package io.homecell.core.fence;

import java.sql.SQLException;

/**
 * The database refused a statement of a body, and the body let the error pass: a broken constraint,
 * an unknown column. The transaction was rolled back. The cause is the database's own error.
 */
public final class StatementFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final SQLException failure;

  public StatementFailedException(SQLException cause) {
    super(
        "the database refused a statement: "
            + cause.getMessage()
            + " (SQLSTATE "
            + cause.getSQLState()
            + ", error "
            + cause.getErrorCode()
            + ")",
        cause);
    this.failure = cause;
  }

  /** MySQL's error number, such as 1062 for a duplicate key. */
  public int errorCode() {
    return failure.getErrorCode();
  }
}
