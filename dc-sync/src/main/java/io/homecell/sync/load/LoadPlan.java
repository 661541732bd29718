package io.homecell.sync.load;

import java.util.List;

/**
 * What a load would do.
 *
 * @param tables that would be made and filled, with about how many rows
 * @param emptied tables of the target whose rows would go
 * @param kept tables with rows that only the target has, which stay as they are
 * @param refusals why it can't be begun, each with its way out; empty if it can
 */
public record LoadPlan(
    String source,
    String target,
    List<Table> tables,
    List<String> emptied,
    List<String> kept,
    List<String> refusals) {
  /** A table with about how many rows. */
  public record Table(String table, long rows) {}

  public LoadPlan {
    tables = List.copyOf(tables);
    emptied = List.copyOf(emptied);
    kept = List.copyOf(kept);
    refusals = List.copyOf(refusals);
  }
}
