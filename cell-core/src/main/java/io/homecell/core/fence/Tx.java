package io.homecell.core.fence;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The statements of one transaction. There is no way to commit, to end or to change it from here:
 * that is the fence's part alone. Bound to the thread that received it, and closed when the body
 * returns.
 *
 * <p>Parameters are bound by {@code PreparedStatement.setObject}; {@code java.time.Instant} is
 * bound as UTC {@code DATETIME(6)}, a {@code null} element as SQL NULL. Statements that are not
 * SELECT, INSERT, UPDATE, DELETE, REPLACE or WITH are refused with {@link
 * IllegalArgumentException}.
 */
public interface Tx {
  /** Reads one row of a result. */
  @FunctionalInterface
  interface RowMapper<T> {
    T map(ResultSet row) throws SQLException;
  }

  /** Runs a change and returns the number of rows it matched. */
  int update(String sql, @Nullable Object... parameters) throws SQLException;

  /** All rows of a query. */
  <T> List<T> list(String sql, RowMapper<T> mapper, @Nullable Object... parameters)
      throws SQLException;

  /**
   * The only row of a query, or empty.
   *
   * @throws IllegalStateException if there is more than one
   */
  <T> Optional<T> one(String sql, RowMapper<T> mapper, @Nullable Object... parameters)
      throws SQLException;
}
