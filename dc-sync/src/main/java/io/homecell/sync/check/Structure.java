package io.homecell.sync.check;

import io.homecell.sync.capture.TableName;
import java.util.List;
import java.util.Map;

/**
 * What a server has, and what it lets the replication user do.
 *
 * @param grants as {@code SHOW GRANTS} lists them
 * @param increment {@code auto_increment_increment}
 * @param offset {@code auto_increment_offset}
 */
record Structure(
    String cell, Map<TableName, Table> tables, List<String> grants, long increment, long offset) {
  /**
   * A table.
   *
   * @param columns each column's type, collation and whether it may be NULL
   * @param keyed whether one of its rows can be told from all others
   * @param numbering whether the server numbers its rows
   */
  record Table(Map<String, String> columns, boolean keyed, boolean numbering) {}
}
