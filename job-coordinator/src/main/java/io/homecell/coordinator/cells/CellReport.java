package io.homecell.coordinator.cells;

import io.homecell.core.fence.FenceRow;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a cell's database says of itself.
 *
 * @param unreachable why it could not be asked; everything else is empty then
 * @param leaseMillis how much longer the cell may write, by its own clock; negative when over
 */
public record CellReport(
    String cell,
    Optional<String> unreachable,
    long leaseMillis,
    Map<Integer, FenceRow> rows,
    List<Stranded> stranded) {
  /**
   * A transaction that had not been replicated when its cell was failed over.
   *
   * @param keptIn the cell that has kept it
   * @param changes the rows, as JSON
   */
  public record Stranded(
      String gtid,
      String sourceCell,
      String keptIn,
      String slots,
      Instant committedAt,
      Instant recordedAt,
      String state,
      String changes) {
    public boolean isOpen() {
      return state.equals("OPEN");
    }
  }

  /** The report of a cell that could not be asked. */
  public static CellReport unreachable(String cell, String why) {
    return new CellReport(cell, Optional.of(why), -1, Map.of(), List.of());
  }

  public boolean isReachable() {
    return unreachable.isEmpty();
  }

  /** How many rows let this cell write. */
  public long openSlots() {
    return rows.values().stream().filter(row -> row.isOpenFor(cell)).count();
  }

  public long openStranded() {
    return stranded.stream().filter(Stranded::isOpen).count();
  }
}
