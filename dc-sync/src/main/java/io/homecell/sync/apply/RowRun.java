package io.homecell.sync.apply;

import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.TableName;
import java.util.List;

/**
 * Changes of a transaction that one statement makes, since they follow each other and are alike:
 * rows inserted into a table, or rows deleted from it by a number that is their key. An update is
 * always alone.
 *
 * @param changes at least one
 */
record RowRun(List<RowChange> changes, TableShape shape) {
  /** The longest run from an index on, up to so many changes. */
  static RowRun at(List<RowChange> changes, int from, TableShape shape, int most) {
    RowChange first = changes.get(from);
    int end = from + 1;
    int last = Math.min(changes.size(), from + most);
    while (end < last && alike(first, changes.get(end), shape)) {
      end++;
    }
    return new RowRun(changes.subList(from, end), shape);
  }

  private static boolean alike(RowChange first, RowChange other, TableShape shape) {
    if (!first.table().equals(other.table())) {
      return false;
    } else if (first instanceof RowChange.Insert one && other instanceof RowChange.Insert two) {
      return one.after().columns().equals(two.after().columns());
    } else if (first instanceof RowChange.Delete one && other instanceof RowChange.Delete two) {
      return hasNumber(one, shape) && hasNumber(two, shape);
    }
    return false;
  }

  private static boolean hasNumber(RowChange.Delete delete, TableShape shape) {
    return shape.primaryKey().size() == 1
        && delete.before().value(shape.primaryKey().get(0)).orElse("") instanceof Long;
  }

  int size() {
    return changes.size();
  }

  boolean isAll(List<RowChange> transaction) {
    return changes.size() == transaction.size();
  }

  /**
   * Writes the statement.
   *
   * @param slot an expression in place of the slot of the first row that is inserted, or nothing
   * @param charsMax no further row is taken beyond so many characters
   * @return how many of the changes it makes, at least one
   */
  int append(StringBuilder sql, String slot, int charsMax) {
    RowChange first = changes.get(0);
    if (first instanceof RowChange.Insert insert) {
      sql.append("INSERT");
      RowStatements.intoColumns(sql, insert.after().columns(), shape);
      RowStatements.values(sql, insert.after(), shape, slot);
      int size = 1;
      while (size < changes.size() && sql.length() < charsMax) {
        sql.append(',');
        RowStatements.values(sql, ((RowChange.Insert) changes.get(size)).after(), shape, "");
        size++;
      }
      return size;
    } else if (changes.size() == 1) {
      RowStatements.append(sql, first, shape);
    } else {
      deleteAll(sql);
    }
    return changes.size();
  }

  private void deleteAll(StringBuilder sql) {
    String key = shape.primaryKey().get(0);
    sql.append("DELETE FROM ").append(shape.table().quoted()).append(" WHERE ");
    sql.append(TableName.quote(key));
    String separator = " IN (";
    for (RowChange change : changes) {
      sql.append(separator).append(((RowChange.Delete) change).before().value(key).orElseThrow());
      separator = ",";
    }
    sql.append(')');
  }
}
