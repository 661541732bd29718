package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A table as it was when rows were written: the log says it before each statement's rows, so a row
 * is never read with the shape of another time.
 *
 * @param columns their names, shared by all rows
 * @param readers one for each column
 */
record TableMap(TableName table, List<String> columns, List<BinlogColumn> readers) {
  TableMap {
    columns = List.copyOf(columns);
    readers = List.copyOf(readers);
  }

  /** Reads the next row. */
  Row row(Bytes in) {
    int width = readers.size();
    @Nullable Object[] values = new Object[width];
    int nulls = in.skip((width + 7) / 8);
    for (int i = 0; i < width; i++) {
      if (!in.bit(nulls, i)) {
        values[i] = value(i, in);
      }
    }
    return new Row(columns, values);
  }

  private Object value(int index, Bytes in) {
    try {
      return readers.get(index).read(in);
    } catch (ReplicationHaltedException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT,
          "a value of " + table + ", column " + columns.get(index) + ", can't be read: " + e,
          e);
    }
  }
}
