package io.homecell.sync.apply;

import io.homecell.sync.capture.Choice;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.List;
import java.util.Map;
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
 * @param members of its ENUM and SET columns, as the server's dictionary shows them
 */
record TableShape(
    TableName table,
    Set<String> columns,
    Set<String> generated,
    List<String> primaryKey,
    TableKeys keys,
    Optional<WholeRow> wholeRow,
    Map<String, List<String>> members) {
  /** The column that tells the slot of a row of a sharded table. */
  static final String SLOT = "slot";

  TableShape {
    columns = Set.copyOf(columns);
    generated = Set.copyOf(generated);
    primaryKey = List.copyOf(primaryKey);
    members = Map.copyOf(members);
  }

  /**
   * Requires that a value of an ENUM or SET column means the same here as at its source.
   *
   * @throws ReplicationHaltedException naming the member that does not
   */
  void requireSame(String column, Choice value) {
    List<String> here = members.get(column);
    if (here != null) {
      value
          .difference(here)
          .ifPresent(
              difference -> {
                throw new ReplicationHaltedException(
                    Reason.TABLE_UNUSABLE,
                    table + ", " + difference + "; give both the same members in the same order");
              });
    }
  }

  /** Whether its rows belong to slots, and so to owners. */
  boolean sharded() {
    return columns.contains(SLOT) && !FrameworkTables.isReplicated(table);
  }
}
