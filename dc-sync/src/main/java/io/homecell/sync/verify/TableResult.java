package io.homecell.sync.verify;

import java.util.List;
import java.util.Optional;

/**
 * What comparing one table has found.
 *
 * @param slots how many slots have rows of it; 1 for a table without slots
 * @param rows compared, as the source had them
 * @param differences proven ones, {@value #LISTED_MAX} at most
 * @param more rows that looked different after the list was full
 * @param undecided rows that looked different and could not be judged: the cells did not reach the
 *     same transactions in time
 * @param notCompared why the table was not compared, or not to its end
 */
public record TableResult(
    String table,
    int slots,
    long rows,
    List<RowDifference> differences,
    long more,
    long undecided,
    Optional<String> notCompared) {
  static final int LISTED_MAX = 100;

  /** How the reason begins if there was no time. */
  static final String TIME_WAS_OVER = "the time was over";

  public TableResult {
    differences = List.copyOf(differences);
  }

  static TableResult notCompared(String table, String why) {
    return new TableResult(table, 0, 0, List.of(), 0, 0, Optional.of(why));
  }

  /** Whether rows are left that were not judged and would be next time. */
  boolean isOpen() {
    return undecided > 0 || notCompared.filter(why -> why.startsWith(TIME_WAS_OVER)).isPresent();
  }

  boolean isProvenEqual() {
    return differences.isEmpty() && more == 0 && undecided == 0 && notCompared.isEmpty();
  }
}
