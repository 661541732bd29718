package io.homecell.sync.verify;

import java.util.List;
import java.util.Map;

/**
 * A row that is not the same in both cells.
 *
 * @param key its primary key; bytes in hexadecimal digits
 * @param columns those that differ; empty unless the row is in both
 */
public record RowDifference(
    String schema, String table, Map<String, String> key, Kind kind, List<String> columns) {
  /** How it differs. */
  public enum Kind {
    CHANGED,
    MISSING_AT_SOURCE,
    MISSING_AT_TARGET
  }
}
