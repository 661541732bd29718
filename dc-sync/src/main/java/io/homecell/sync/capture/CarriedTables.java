package io.homecell.sync.capture;

import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Which of a source's tables a pipeline carries. Of the others the capture reads no row; a
 * transaction that changes nothing else is carried empty.
 */
public sealed interface CarriedTables {
  /** Whether the rows of a table are carried. */
  boolean include(TableName table);

  /**
   * Within a group: everything.
   *
   * @param local tables that belong to one server
   */
  record AllBut(List<TableName> local) implements CarriedTables {
    public AllBut {
      local = List.copyOf(local);
    }

    @Override
    public boolean include(TableName table) {
      return !local.contains(table);
    }
  }

  /**
   * To a cell of another group: what the copy services of the source's group own, and the beats by
   * which lag is measured; none of the rows that say who owns what.
   *
   * @param schemas the services' names
   */
  record Copies(SortedSet<String> schemas, TableName heartbeat) implements CarriedTables {
    public Copies {
      schemas = Collections.unmodifiableSortedSet(new TreeSet<>(schemas));
    }

    @Override
    public boolean include(TableName table) {
      return schemas.contains(table.schema()) || table.equals(heartbeat);
    }
  }
}
