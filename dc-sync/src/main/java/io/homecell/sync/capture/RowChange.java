package io.homecell.sync.capture;

import java.util.stream.Stream;

/** One changed row, with whole images. */
public sealed interface RowChange {
  TableName table();

  /** The images that the change has, the one before first. */
  Stream<Row> images();

  /** A row that was not there before. */
  record Insert(TableName table, Row after) implements RowChange {
    @Override
    public Stream<Row> images() {
      return Stream.of(after);
    }
  }

  /** A row that changed, its key perhaps too. */
  record Update(TableName table, Row before, Row after) implements RowChange {
    @Override
    public Stream<Row> images() {
      return Stream.of(before, after);
    }
  }

  /** A row that is gone. */
  record Delete(TableName table, Row before) implements RowChange {
    @Override
    public Stream<Row> images() {
      return Stream.of(before);
    }
  }
}
