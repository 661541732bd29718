package io.homecell.sync.apply;

import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Applies a transaction of a load's window: rows may be here already as a later transaction left
 * them, or not yet here, since they were copied at different times. Whatever stands in the way of
 * an image goes, and the image is whole, so the last change of a row in the window decides what it
 * is; see docs/decisions/0017. Neither owners nor counts are looked at: the source had them right.
 *
 * <p>A table without a key is not copied, it was empty at some place in the window. Up to there the
 * target has no row that the source has not: a change whose row is missing was of a row from before
 * the window, and whatever it left had gone by then. From there on both have the same rows.
 *
 * <p>Foreign keys are not checked, as parents and children were copied at different times, too.
 */
final class WindowApply {
  private static final String COMMIT = "COMMIT; SET GTID_NEXT = 'AUTOMATIC'";
  private static final int PACKET_CHARS_MAX = 1 << 20;

  private final Connection connection;
  private final TableShapes shapes;

  WindowApply(Connection connection, TableShapes shapes) {
    this.connection = connection;
    this.shapes = shapes;
  }

  Outcome apply(Plan plan) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      try {
        statement.setEscapeProcessing(false); // all is written as the server reads it
        drained(
            statement,
            "SET SESSION foreign_key_checks = 0; "
                + TransactionSql.begin(plan.transaction().gtid()));
        boolean owned = CarefulApply.ownsGtid(statement);
        if (owned) {
          change(statement, plan);
        }
        drained(statement, owned ? COMMIT : TransactionSql.ROLLBACK);
        return owned
            ? new Outcome(Kind.APPLIED, plan.changes().size(), 0)
            : new Outcome(Kind.SKIPPED, 0, 0);
      } catch (SQLException | RuntimeException e) {
        rollBack(statement, e);
        throw e;
      } finally {
        statement.execute("SET SESSION foreign_key_checks = 1");
      }
    }
  }

  private static void rollBack(Statement statement, Exception cause) {
    try {
      drained(statement, TransactionSql.ROLLBACK);
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  /** Makes the changes, in the transaction that the statement's connection has begun. */
  void change(Statement statement, Plan plan) throws SQLException {
    StringBuilder packet = new StringBuilder();
    for (RowChange change : plan.changes()) {
      append(packet, change);
      if (packet.length() > PACKET_CHARS_MAX) {
        drained(statement, packet.toString());
        packet.setLength(0);
      }
    }
    if (!packet.isEmpty()) {
      drained(statement, packet.toString());
    }
  }

  private void append(StringBuilder sql, RowChange change) {
    if (FrameworkTables.isReplicated(change.table())) {
      int before = sql.length();
      TransactionSql.appendFramework(sql, change, shapes);
      if (sql.length() > before) {
        sql.append("; ");
      }
      return;
    }
    TableShape shape = shapes.of(change.table());
    if (shape.wholeRow().isPresent()) {
      RowStatements.append(sql, change, shape);
      sql.append("; ");
    } else if (change instanceof RowChange.Insert insert) {
      replace(sql, insert.after(), shape);
    } else if (change instanceof RowChange.Update update) {
      if (!sameKey(update, shape)) {
        delete(sql, update.before(), shape);
      }
      replace(sql, update.after(), shape);
    } else if (change instanceof RowChange.Delete delete) {
      delete(sql, delete.before(), shape);
    }
  }

  private static boolean sameKey(RowChange.Update update, TableShape shape) {
    return shape.primaryKey().stream()
        .allMatch(column -> update.before().value(column).equals(update.after().value(column)));
  }

  private static void replace(StringBuilder sql, Row image, TableShape shape) {
    RowStatements.replace(sql, image, shape);
    sql.append("; ");
  }

  private static void delete(StringBuilder sql, Row image, TableShape shape) {
    RowStatements.delete(sql, image, shape);
    sql.append("; ");
  }

  private static void drained(Statement statement, String sql) throws SQLException {
    statement.execute(sql);
    while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
      // only the errors matter, and they are thrown
    }
  }
}
