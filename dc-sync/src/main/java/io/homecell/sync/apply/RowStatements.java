package io.homecell.sync.apply;

import io.homecell.sync.capture.Choice;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes row changes as statements, each of which affects exactly one row if the copies agree. */
final class RowStatements {
  private static final int VALUE_MAX = 60;
  private static final int ROW_MAX = 400;

  private RowStatements() {}

  static void append(StringBuilder sql, RowChange change, TableShape shape) {
    if (change instanceof RowChange.Insert insert) {
      insert(sql, insert.after(), shape);
    } else if (change instanceof RowChange.Update update) {
      update(sql, update.before(), update.after(), shape);
    } else if (change instanceof RowChange.Delete delete) {
      delete(sql, delete.before(), shape);
    }
  }

  static void insert(StringBuilder sql, Row after, TableShape shape) {
    write(sql, "INSERT", after, shape);
  }

  /** Puts an image in place of whatever rows stand in its way. */
  static void replace(StringBuilder sql, Row image, TableShape shape) {
    write(sql, "REPLACE", image, shape);
  }

  static void delete(StringBuilder sql, Row before, TableShape shape) {
    sql.append("DELETE FROM ").append(shape.table().quoted());
    where(sql, before, shape);
  }

  /** A fence row goes in only over an older one: the higher epoch wins. */
  static void raiseFence(StringBuilder sql, Row after) {
    sql.append("INSERT INTO homecell.hc_slot (slot, owner, epoch, state) VALUES (");
    SqlLiteral.append(sql, required(after, "slot"));
    sql.append(',');
    SqlLiteral.append(sql, required(after, "owner"));
    sql.append(',');
    SqlLiteral.append(sql, required(after, "epoch"));
    sql.append(',');
    Object state = required(after, "state");
    SqlLiteral.append(sql, state instanceof Choice choice ? choice.name() : state);
    sql.append(
        ") AS n ON DUPLICATE KEY UPDATE owner = IF(n.epoch > hc_slot.epoch, n.owner, hc_slot.owner),"
            + " state = IF(n.epoch > hc_slot.epoch, n.state, hc_slot.state),"
            + " epoch = GREATEST(n.epoch, hc_slot.epoch)");
  }

  private static Object required(Row row, String column) {
    return row.value(column)
        .orElseThrow(
            () ->
                new ReplicationHaltedException(
                    Reason.STREAM_INCONSISTENT, "homecell.hc_slot: a row without " + column));
  }

  private static void write(StringBuilder sql, String verb, Row image, TableShape shape) {
    sql.append(verb);
    intoColumns(sql, image.columns(), shape);
    values(sql, image, shape, "");
  }

  /** {@code INTO table (columns) VALUES}. */
  static void intoColumns(StringBuilder sql, List<String> columns, TableShape shape) {
    sql.append(" INTO ").append(shape.table().quoted()).append(" (");
    String separator = "";
    for (String column : columns) {
      if (writable(column, shape)) {
        sql.append(separator).append(TableName.quote(column));
        separator = ",";
      }
    }
    sql.append(") VALUES ");
  }

  /**
   * The values of a row, in parentheses.
   *
   * @param slot an expression in place of the row's slot, or nothing
   */
  static void values(StringBuilder sql, Row image, TableShape shape, String slot) {
    List<String> columns = image.columns();
    char separator = '(';
    for (int i = 0; i < columns.size(); i++) {
      String column = columns.get(i);
      if (writable(column, shape)) {
        sql.append(separator);
        if (!slot.isEmpty() && column.equals(TableShape.SLOT)) {
          sql.append(slot);
        } else {
          assign(sql, column, image.value(i), shape);
        }
        separator = ',';
      }
    }
    sql.append(')');
  }

  /** Changes the row that has the key of one image to another image. */
  static void update(StringBuilder sql, Row before, Row after, TableShape shape) {
    sql.append("UPDATE ").append(shape.table().quoted()).append(" SET ");
    List<String> columns = after.columns();
    String separator = "";
    for (int i = 0; i < columns.size(); i++) {
      if (writable(columns.get(i), shape)) {
        sql.append(separator).append(TableName.quote(columns.get(i))).append('=');
        assign(sql, columns.get(i), after.value(i), shape);
        separator = ",";
      }
    }
    where(sql, before, shape);
  }

  /** The condition that finds the one row of an image: by its key, or as a whole. */
  static void where(StringBuilder sql, Row image, TableShape shape) {
    if (shape.wholeRow().isPresent()) {
      whereWhole(sql, image, shape, shape.wholeRow().get());
      return;
    }
    String separator = " WHERE ";
    for (String column : shape.primaryKey()) {
      @Nullable Object value = image.value(column).orElse(null);
      if (value == null) {
        throw new ReplicationHaltedException(
            Reason.TABLE_UNUSABLE,
            shape.table() + ": the source's row has no value of the key column " + column);
      }
      sql.append(separator).append(TableName.quote(column)).append('=');
      if (value instanceof Choice choice && choice.isByNumber()) {
        shape.requireSame(column, choice);
        sql.append(choice.numberText());
      } else {
        SqlLiteral.append(sql, value);
      }
      separator = " AND ";
    }
  }

  private static void whereWhole(StringBuilder sql, Row image, TableShape shape, WholeRow whole) {
    String separator = " WHERE ";
    List<String> columns = image.columns();
    for (int i = 0; i < columns.size(); i++) {
      if (writable(columns.get(i), shape)) {
        sql.append(separator);
        whole.append(sql, columns.get(i), image.value(i));
        separator = " AND ";
      }
    }
    sql.append(" LIMIT 1");
  }

  /** An image for people: its key, or as much of it as fits into a line. */
  static String describe(Row image, TableShape shape) {
    StringBuilder text = new StringBuilder();
    List<String> columns = shape.wholeRow().isPresent() ? image.columns() : shape.primaryKey();
    for (String column : columns) {
      String value = image.value(column).map(SqlLiteral::text).orElse("NULL");
      text.append(text.isEmpty() ? "" : " ").append(column).append('=');
      text.append(value.length() > VALUE_MAX ? value.substring(0, VALUE_MAX) + "..." : value);
      if (text.length() > ROW_MAX) {
        return text + " ...";
      }
    }
    return text.toString();
  }

  private static void assign(
      StringBuilder sql, String column, @Nullable Object value, TableShape shape) {
    if (value instanceof Choice choice) {
      shape.requireSame(column, choice);
    }
    SqlLiteral.append(sql, value);
  }

  private static boolean writable(String column, TableShape shape) {
    if (shape.columns().contains(column)) {
      return true;
    } else if (shape.generated().contains(column)) {
      return false;
    }
    throw new ReplicationHaltedException(
        Reason.TABLE_UNUSABLE, shape.table() + " has no column " + column + " at the target");
  }
}
