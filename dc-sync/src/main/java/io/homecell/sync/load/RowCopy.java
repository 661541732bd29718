package io.homecell.sync.load;

import io.homecell.sync.load.LoadBook.Progress;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Copies one table in parts, each by one query at the source and one transaction at the target,
 * which also notes how far it went. What is held in memory at a time is bounded in rows and in
 * bytes, but for a single row that is larger. For one thread.
 */
final class RowCopy {
  private static final int ROWS_MAX = 2_000;
  private static final long CHARS_MAX = 4 << 20;
  private static final int STATEMENT_CHARS_MAX = 1 << 20;

  private final Connection source;
  private final Connection target;
  private final Load load;
  private final LoadedTable table;
  private Progress progress;
  private int limit = ROWS_MAX;

  RowCopy(Connection source, Connection target, Load load, LoadedTable table, Progress progress) {
    this.source = source;
    this.target = target;
    this.load = load;
    this.table = table;
    this.progress = progress;
  }

  Progress progress() {
    return progress;
  }

  /** Copies the next rows; whether there may be more. */
  boolean next() throws SQLException {
    Part part = read();
    boolean last = !part.cut && part.rows < limit;
    progress =
        new Progress(
            table.name(),
            progress.total(),
            progress.copied() + part.rows,
            part.rows == 0 ? progress.lastKey() : part.lastKey,
            last);
    LoadBook.advance(target, load, progress, part.statements);
    // rows are larger than thought: ask for no more than fit
    limit = part.cut ? Math.max(1, part.rows) : Math.min(ROWS_MAX, limit * 2);
    return !last;
  }

  /** Rows that were read, as statements. */
  private static final class Part {
    private final List<String> statements = new ArrayList<>();
    private List<String> lastKey = List.of();
    private int rows;
    private boolean cut;
  }

  private Part read() throws SQLException {
    Part part = new Part();
    StringBuilder sql = new StringBuilder();
    long chars = 0;
    try (Statement statement = source.createStatement()) {
      statement.setFetchSize(Integer.MIN_VALUE); // one row at a time
      try (ResultSet rows = statement.executeQuery(table.select(progress.lastKey(), limit))) {
        while (!part.cut && rows.next()) {
          List<@Nullable String> texts = texts(rows);
          int before = sql.length();
          sql.append(before == 0 ? table.replace() : ",").append(table.values(texts));
          chars += sql.length() - before;
          if (sql.length() > STATEMENT_CHARS_MAX) {
            part.statements.add(sql.toString());
            sql.setLength(0);
          }
          part.rows++;
          part.lastKey = table.keyOf(texts);
          part.cut = chars > CHARS_MAX;
        }
      }
    }
    if (!sql.isEmpty()) {
      part.statements.add(sql.toString());
    }
    return part;
  }

  private List<@Nullable String> texts(ResultSet rows) throws SQLException {
    List<@Nullable String> texts = new ArrayList<>();
    for (int i = 1; i <= table.columns().size(); i++) {
      texts.add(rows.getString(i));
    }
    return texts;
  }
}
