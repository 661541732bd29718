package io.homecell.core.fence;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The statements of one transaction over one connection, which it never gives away. Remembers an
 * error after which the transaction can't be committed any more, even if the body has caught it:
 * the server has rolled back already, so a later commit would commit a part.
 */
final class JdbcTx implements Tx {
  private final Connection connection;
  private final boolean writable;
  private final Thread owner = Thread.currentThread();
  private boolean closed;
  private @Nullable SQLException doom;

  JdbcTx(Connection connection, boolean writable) {
    this.connection = connection;
    this.writable = writable;
  }

  @Override
  public int update(String sql, @Nullable Object... parameters) throws SQLException {
    checkUsable();
    if (!writable) {
      throw new IllegalStateException("a read-only transaction can't change rows: " + sql);
    }
    StatementText.checkChange(sql);
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      return statement.executeUpdate();
    } catch (SQLException e) {
      throw remembered(e);
    }
  }

  @Override
  public <T> List<T> list(String sql, RowMapper<T> mapper, @Nullable Object... parameters)
      throws SQLException {
    checkUsable();
    StatementText.checkQuery(sql);
    List<T> rows = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind(statement, parameters);
      try (ResultSet result = statement.executeQuery()) {
        ResultSet row = RowView.of(result);
        while (result.next()) {
          rows.add(mapper.map(row));
        }
      }
    } catch (SQLException e) {
      throw remembered(e);
    }
    return rows;
  }

  @Override
  public <T> Optional<T> one(String sql, RowMapper<T> mapper, @Nullable Object... parameters)
      throws SQLException {
    List<T> rows = list(sql, mapper, parameters);
    if (rows.size() > 1) {
      throw new IllegalStateException("rows: " + rows.size() + " (expected: one at most): " + sql);
    }
    return rows.stream().findFirst();
  }

  private static void bind(PreparedStatement statement, @Nullable Object[] parameters)
      throws SQLException {
    for (int i = 0; i < parameters.length; i++) {
      Object value = parameters[i];
      statement.setObject(
          i + 1,
          value instanceof Instant instant
              ? LocalDateTime.ofInstant(instant, ZoneOffset.UTC)
              : value);
    }
  }

  private SQLException remembered(SQLException e) {
    if (doom == null && (SqlErrors.isTransient(e) || SqlErrors.isUnavailable(e))) {
      doom = e;
    }
    return e;
  }

  /** Throws the error after which this transaction can't be committed, if there was one. */
  void throwIfDoomed() throws SQLException {
    if (doom != null) {
      throw doom;
    }
  }

  private void checkUsable() throws SQLException {
    if (closed) {
      throw new IllegalStateException("the transaction has ended");
    }
    if (Thread.currentThread() != owner) {
      throw new IllegalStateException(
          "thread: "
              + Thread.currentThread().getName()
              + " (expected: the one that runs the transaction, "
              + owner.getName()
              + ")");
    }
    throwIfDoomed();
  }

  void close() {
    closed = true;
  }
}
