package io.homecell.sync.apply;

import io.homecell.sync.capture.TableName;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A table as it is at the target.
 *
 * @param columns those that may be written
 * @param generated those that the server computes
 * @param primaryKey its columns, in the key's order; those of a unique key if there is none, and
 *     none without that
 * @param keys by which its rows are ordered against others
 * @param wholeRow how its rows are found if it has no key
 */
record TableShape(
    TableName table,
    Set<String> columns,
    Set<String> generated,
    List<String> primaryKey,
    TableKeys keys,
    Optional<WholeRow> wholeRow) {
  /** The column that tells the slot of a row of a sharded table. */
  static final String SLOT = "slot";

  TableShape {
    columns = Set.copyOf(columns);
    generated = Set.copyOf(generated);
    primaryKey = List.copyOf(primaryKey);
  }

  /** Whether its rows belong to slots, and so to owners. */
  boolean sharded() {
    return columns.contains(SLOT) && !FrameworkTables.isReplicated(table);
  }
}
