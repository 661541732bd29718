package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.verify.RowDifference.Kind;
import io.homecell.sync.verify.Side.Sum;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares a table whose rows can't be looked up one by one: how many rows each slot has (or the
 * table, without slots), and the sum over them, in which a row counts as often as it is there.
 *
 * <p>What differs at the first look is proven as {@link TableComparison} proves a row, with all
 * rows of the table in place of one: they are locked in share mode at one side, and nobody inserts
 * another; both sides execute what the other had; the sums differ still. So a difference names a
 * slot, and no row. Writers wait for that as long as reading the table takes, and {@value
 * #PROOF_SECONDS} seconds for each side at worst; so a table with more than {@value #LOCKED_MAX}
 * rows is not locked, and what differs there is undecided.
 */
final class WholeComparison {
  static final long LOCKED_MAX = 100_000;
  private static final int PROOF_SECONDS = 1;
  private static final int PROOF_TRIES = 4;

  private final Side source;
  private final Side target;
  private final boolean oneWay;
  private final ComparedTable table;
  private final Optional<SlotRange> slots;
  private final Readings readings;

  /**
   * For one table.
   *
   * @param oneWay nobody but the source writes it, and nothing of the target comes to the source
   */
  WholeComparison(
      Side source,
      Side target,
      boolean oneWay,
      ComparedTable table,
      Optional<SlotRange> slots,
      Readings readings) {
    this.source = source;
    this.target = target;
    this.oneWay = oneWay;
    this.table = table;
    this.slots = slots;
    this.readings = readings;
  }

  /** What the two sides have. */
  private record Sums(Map<Integer, Sum> here, Map<Integer, Sum> there) {
    private static final Sum NONE = new Sum(0, "0");

    Set<Integer> all() {
      Set<Integer> all = new TreeSet<>(here.keySet());
      all.addAll(there.keySet());
      return all;
    }

    Set<Integer> differing() {
      Set<Integer> differing = all();
      differing.removeIf(slot -> here(slot).equals(there(slot)));
      return differing;
    }

    Sum here(int slot) {
      return here.getOrDefault(slot, NONE);
    }

    Sum there(int slot) {
      return there.getOrDefault(slot, NONE);
    }

    long rows() {
      return here.values().stream().mapToLong(Sum::rows).sum();
    }

    long most() {
      return Math.max(rows(), there.values().stream().mapToLong(Sum::rows).sum());
    }
  }

  TableResult compare() throws SQLException, InterruptedException {
    Sums first =
        new Sums(
            readings.paced(() -> source.sums(table, slots)),
            readings.paced(() -> target.sums(table, slots)));
    if (first.differing().isEmpty()) {
      return result(first, Optional.of(first));
    }
    Optional<Sums> proven = Optional.empty();
    for (int attempt = 0; attempt < PROOF_TRIES && proven.isEmpty(); attempt++) {
      if (first.most() <= LOCKED_MAX) {
        // whichever side writes the rows: one of the two orders will do
        proven = prove(oneWay || attempt % 2 == 0);
      }
    }
    return result(first, proven);
  }

  /** What both have when both have executed the same transactions of the table; empty if not. */
  private Optional<Sums> prove(boolean lockSource) throws SQLException {
    Side locked = lockSource ? source : target;
    Side other = lockSource ? target : source;
    try {
      Map<Integer, Sum> one = locked.lockSums(table, slots);
      if (!other.has(oneWay ? locked.markOfGroup() : locked.mark(), PROOF_SECONDS)) {
        return Optional.empty();
      }
      Map<Integer, Sum> two = other.sums(table, slots);
      if (!oneWay && !one.equals(two) && !locked.has(other.mark(), PROOF_SECONDS)) {
        return Optional.empty();
      }
      return Optional.of(lockSource ? new Sums(one, two) : new Sums(two, one));
    } catch (SQLException e) {
      if (TableComparison.isLock(e)) {
        return Optional.empty();
      }
      throw e;
    } finally {
      locked.unlock();
    }
  }

  private TableResult result(Sums first, Optional<Sums> proven) {
    List<RowDifference> differences = new ArrayList<>();
    long more = 0;
    for (int slot : proven.map(Sums::differing).orElse(Set.of())) {
      if (differences.size() == TableResult.LISTED_MAX) {
        more++;
      } else {
        differences.add(difference(slot, proven.orElseThrow()));
      }
    }
    return new TableResult(
        table.name().toString(),
        first.all().size(),
        first.rows(),
        differences,
        more,
        proven.isPresent() ? 0 : first.differing().size(),
        Optional.empty());
  }

  private RowDifference difference(int slot, Sums proven) {
    long here = proven.here(slot).rows();
    long there = proven.there(slot).rows();
    Kind kind =
        here == there
            ? Kind.CHANGED
            : here < there ? Kind.MISSING_AT_SOURCE : Kind.MISSING_AT_TARGET;
    Map<String, String> named = table.slotted() ? Map.of("slot", Integer.toString(slot)) : Map.of();
    return new RowDifference(table.name().schema(), table.name().table(), named, kind, List.of());
  }
}
