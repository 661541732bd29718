package io.homecell.sync.verify;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttle;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares two cells while they work, table by table, see {@link TableComparison}. It needs the
 * pipelines of both directions; where one is not up, rows in doubt stay undecided. Copy tables of
 * another group come one way, and one pipeline is enough for them.
 */
public final class Verification {
  private Verification() {}

  /**
   * Compares.
   *
   * @param carried what the pipeline from source to target carries: nothing else is compared
   * @param pace at which whole tables are read
   * @param throttle asked before each reading
   * @param within bounds the whole; tables that are not reached by then are named
   * @throws SQLException if a cell is away
   * @throws IllegalArgumentException if the scope names a table that neither cell has
   */
  public static VerifyResult run(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      Scope scope,
      Duration within,
      Pace pace,
      Throttle throttle)
      throws SQLException, InterruptedException {
    Instant startedAt = Instant.now();
    Readings readings = new Readings(pace, throttle, startedAt.plus(within));
    List<TableResult> results = new ArrayList<>();
    try (Side here = Side.open(source, within);
        Side there = Side.open(target, within)) {
      Map<String, ComparedTable> tables = here.tables(carried);
      Map<String, ComparedTable> others = there.tables(carried);
      TreeSet<String> names = new TreeSet<>(tables.keySet());
      names.addAll(others.keySet());
      if (!(carried instanceof CarriedTables.Copies)) { // which are not asked for by themselves
        scope.table().ifPresent(table -> requireKnown(table, names));
      }
      for (String name : names) {
        if (scope.table().filter(table -> !table.equals(name)).isPresent()) {
          continue;
        }
        Optional<ComparedTable> table = Optional.ofNullable(tables.get(name));
        Optional<ComparedTable> other = Optional.ofNullable(others.get(name));
        Optional<String> problem = problem(table, other);
        if (problem.isPresent()) {
          results.add(TableResult.notCompared(name, problem.get()));
        } else if (readings.isOver()) {
          results.add(TableResult.notCompared(name, readings.cutShort("it")));
        } else if (scope.slots().isEmpty() || table.orElseThrow().slotted()) {
          boolean oneWay = carried instanceof CarriedTables.Copies;
          ComparedTable compared = table.orElseThrow();
          results.add(
              compared.wholeOnly()
                  ? new WholeComparison(here, there, oneWay, compared, scope.slots(), readings)
                      .compare()
                  : new TableComparison(here, there, oneWay, compared, scope.slots(), readings)
                      .compare());
        }
      }
    }
    return VerifyResult.of(source.cell(), target.cell(), scope, startedAt, results);
  }

  private static void requireKnown(String table, Set<String> names) {
    if (!names.contains(table)) {
      throw new IllegalArgumentException("table: '" + table + "' (expected: one of " + names + ")");
    }
  }

  private static Optional<String> problem(
      Optional<ComparedTable> table, Optional<ComparedTable> other) {
    if (table.isEmpty() || other.isEmpty()) {
      return Optional.of("it is missing at the " + (table.isEmpty() ? "source" : "target"));
    }
    if (!table.equals(other)) {
      return Optional.of("its columns or its key are not the same in both cells");
    }
    return Optional.empty();
  }
}
