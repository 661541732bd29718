package io.homecell.sync.load;

import io.homecell.sync.load.LoadBook.Progress;
import java.util.List;

/** How far a load is, in words. Pure, but for the tables that are told as done. */
final class Progressing {
  private final long total;
  private final int tables;
  private long copied;
  private int done;

  Progressing(List<Progress> all) {
    this.total = all.stream().mapToLong(one -> Math.max(one.total(), one.copied())).sum();
    this.tables = all.size();
    for (Progress one : all) {
      if (one.done()) {
        done(one);
      }
    }
  }

  /** A table is done. */
  void done(Progress table) {
    copied += table.copied();
    done++;
  }

  /**
   * {@code loads from north-1: table 3 of 7, trade.orders, 120000 of 450000 rows, 27 %}; the rows
   * are those of all tables.
   */
  String text(String source, Progress now) {
    long rows = copied + now.copied();
    // rows are added while they are counted
    long of = Math.max(total, rows);
    return "loads from %s: table %d of %d, %s, %d of %d rows, %d %%"
        .formatted(
            source, done + 1, tables, now.table(), rows, of, of == 0 ? 100 : rows * 100 / of);
  }
}
