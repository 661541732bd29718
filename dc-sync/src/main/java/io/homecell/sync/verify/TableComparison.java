package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.verify.RowDifference.Kind;
import io.homecell.sync.verify.Side.Sum;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Compares one table in two cells that go on working.
 *
 * <ol>
 *   <li>Sums by slot, each side for itself. Slots that agree are done. The rest are mostly slots
 *       that were written between the two readings.
 *   <li>The rows of those slots, by key and hash. Rows that agree are done.
 *   <li>Two looks at what is left, first from one side, then from the other: read the rows here,
 *       wait until the other side has executed whatever was visible here, read them there. Rows
 *       that agree are done. Only rows that never rest are left, and those that really differ.
 *   <li>The proof, row by row: the row is locked in share mode on one side, L, and read there: l.
 *       Then L {@link Side#mark marks}; the other side, F, executes all that L had; the row is read
 *       there: f. Then F marks, and L executes all that F had, while the lock still stands.
 * </ol>
 *
 * <p><b>Why it names no false difference.</b> Take a transaction that has to do with the row. If it
 * is in l, it was visible at L before L's mark, and so was executed at F before f was read. If it
 * is in f, it was visible at F before F's mark, and so was executed at L while the lock stood;
 * since the lock shuts out any change of the row, it was executed before the lock was taken, and is
 * in l. So l and f hold the same transactions. Nothing is assumed about who owns the row, about a
 * number of cells, or about how long replication takes: where one side does not get there in time,
 * the row is undecided, and counted as such. A transaction that is kept as stranded counts as
 * executed: the rows that it would have changed do differ, until it is settled.
 *
 * <p><b>What it may miss.</b> A difference that is gone, or that came, while the table was being
 * read; two versions of a row with the same 64 bits of digest; enumerations whose numbers differ
 * under the same name.
 *
 * <p><b>What it costs.</b> Reading the table twice, at half speed or less ({@link Pace}). Writers
 * are never stopped; one who wants to change a row in proof, or to insert next to one that is
 * missing, waits for some round trips, {@value #PROOF_SECONDS} seconds for each side at the very
 * worst.
 */
final class TableComparison {
  private static final int ROWS_AT_ONCE = 50_000;
  private static final int KEYS_AT_ONCE = 200;
  private static final int LOOK_SECONDS = 2;
  private static final int PROOF_SECONDS = 1;
  private static final int PROOF_TRIES = 4;
  private static final int LOCK_WAIT_TIMEOUT = 1205;
  private static final int DEADLOCK = 1213;

  private final Side source;
  private final Side target;
  private final boolean oneWay;
  private final ComparedTable table;
  private final Optional<SlotRange> slots;
  private final Readings readings;
  private final List<RowDifference> differences = new ArrayList<>();
  private long more;
  private long undecided;
  private Optional<String> cutShort = Optional.empty();

  /**
   * For one table.
   *
   * @param oneWay nobody but the source writes it, and nothing of the target comes to the source
   */
  TableComparison(
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

  /** What became of a row in proof. */
  private enum Proof {
    EQUAL,
    DIFFERENT,
    UNDECIDED
  }

  TableResult compare() throws SQLException, InterruptedException {
    Map<Integer, Sum> here = readings.paced(() -> source.sums(table, slots));
    Map<Integer, Sum> there = readings.paced(() -> target.sums(table, slots));
    Set<Integer> units = new TreeSet<>(here.keySet());
    units.addAll(there.keySet());
    Map<Integer, Long> differing = new LinkedHashMap<>();
    for (int slot : units) {
      Sum one = here.getOrDefault(slot, new Sum(0, "0"));
      Sum other = there.getOrDefault(slot, new Sum(0, "0"));
      if (!one.equals(other)) {
        differing.put(slot, Math.max(one.rows(), other.rows()));
      }
    }
    for (Batch batch : batches(differing)) {
      for (int part = 0; part < batch.parts(); part++) {
        if (isOver()) {
          break;
        }
        settle(suspects(batch, part));
      }
    }
    return new TableResult(
        table.name().toString(),
        units.size(),
        here.values().stream().mapToLong(Sum::rows).sum(),
        differences,
        more,
        undecided,
        cutShort);
  }

  /** Slots whose rows are read together; in several parts if they are too many for that. */
  record Batch(List<Integer> slots, int parts) {}

  /** Pure: slots with their numbers of rows, in batches that fit into memory. */
  static List<Batch> batches(Map<Integer, Long> rowsOfSlots) {
    List<Batch> batches = new ArrayList<>();
    List<Integer> slots = new ArrayList<>();
    long rows = 0;
    for (Map.Entry<Integer, Long> slot : rowsOfSlots.entrySet()) {
      if (!slots.isEmpty() && rows + slot.getValue() > ROWS_AT_ONCE) {
        batches.add(batch(slots, rows));
        slots = new ArrayList<>();
        rows = 0;
      }
      slots.add(slot.getKey());
      rows += slot.getValue();
    }
    if (!slots.isEmpty()) {
      batches.add(batch(slots, rows));
    }
    return batches;
  }

  private static Batch batch(List<Integer> slots, long rows) {
    return new Batch(
        List.copyOf(slots), (int) Math.max(1, (rows + ROWS_AT_ONCE - 1) / ROWS_AT_ONCE));
  }

  private boolean isOver() {
    if (!readings.isOver()) {
      return false;
    }
    cutShort = Optional.of(readings.cutShort("its end"));
    return true;
  }

  private List<List<String>> suspects(Batch batch, int part)
      throws SQLException, InterruptedException {
    return disagreeing(
        readings.paced(() -> source.hashes(table, batch.slots(), part, batch.parts())),
        readings.paced(() -> target.hashes(table, batch.slots(), part, batch.parts())));
  }

  /** Pure: the keys that have not the same hash on both sides. */
  static List<List<String>> disagreeing(
      Map<List<String>, String> here, Map<List<String>, String> there) {
    Set<List<String>> keys = new LinkedHashSet<>();
    here.forEach(
        (key, hash) -> {
          if (!hash.equals(there.get(key))) {
            keys.add(key);
          }
        });
    there.keySet().stream().filter(key -> !here.containsKey(key)).forEach(keys::add);
    return List.copyOf(keys);
  }

  private void settle(List<List<String>> suspects) throws SQLException {
    for (int from = 0; from < suspects.size(); from += KEYS_AT_ONCE) {
      List<List<String>> keys =
          suspects.subList(from, Math.min(from + KEYS_AT_ONCE, suspects.size()));
      keys = look(source, target, keys);
      if (!oneWay) {
        keys = look(target, source, keys);
      }
      for (List<String> key : keys) {
        if (differences.size() == TableResult.LISTED_MAX) {
          more++;
        } else if (isOver()) {
          undecided++;
        } else {
          prove(key);
        }
      }
    }
  }

  /** Those of the keys whose rows still differ. */
  private List<List<String>> look(Side first, Side second, List<List<String>> keys)
      throws SQLException {
    if (keys.isEmpty()) {
      return keys;
    }
    Map<List<String>, String> here = first.hashesOf(table, keys);
    // too late or not: rows that agree agree
    boolean unused = second.has(mark(first), LOOK_SECONDS);
    Set<List<String>> differing = new HashSet<>(disagreeing(here, second.hashesOf(table, keys)));
    return keys.stream().filter(differing::contains).toList();
  }

  private String mark(Side side) throws SQLException {
    return oneWay ? side.markOfGroup() : side.mark();
  }

  private void prove(List<String> key) throws SQLException {
    Proof proof = Proof.UNDECIDED;
    for (int attempt = 0; attempt < PROOF_TRIES && proof == Proof.UNDECIDED; attempt++) {
      // whichever side writes the row: one of the two orders will do
      proof = oneWay || attempt % 2 == 0 ? prove(source, target, key) : prove(target, source, key);
    }
    if (proof == Proof.UNDECIDED) {
      undecided++;
    }
  }

  private Proof prove(Side locked, Side other, List<String> key) throws SQLException {
    try {
      Optional<List<String>> one = locked.lockRow(table, key);
      if (!other.has(mark(locked), PROOF_SECONDS)) {
        return Proof.UNDECIDED;
      }
      Optional<List<String>> two = other.row(table, key);
      if (one.equals(two)) {
        return Proof.EQUAL;
      }
      if (!oneWay && !locked.has(other.mark(), PROOF_SECONDS)) {
        return Proof.UNDECIDED;
      }
      differences.add(locked == source ? difference(key, one, two) : difference(key, two, one));
      return Proof.DIFFERENT;
    } catch (SQLException e) {
      if (isLock(e)) {
        return Proof.UNDECIDED;
      }
      throw e;
    } finally {
      locked.unlock();
    }
  }

  /** Whether somebody else had the lock that was wanted. */
  static boolean isLock(SQLException e) {
    return e.getErrorCode() == LOCK_WAIT_TIMEOUT || e.getErrorCode() == DEADLOCK;
  }

  private RowDifference difference(
      List<String> key, Optional<List<String>> atSource, Optional<List<String>> atTarget) {
    Map<String, String> named = new LinkedHashMap<>();
    for (int i = 0; i < key.size(); i++) {
      named.put(table.key().get(i), key.get(i));
    }
    Kind kind =
        atSource.isEmpty()
            ? Kind.MISSING_AT_SOURCE
            : atTarget.isEmpty() ? Kind.MISSING_AT_TARGET : Kind.CHANGED;
    List<String> columns =
        kind == Kind.CHANGED
            ? table.differing(atSource.orElseThrow(), atTarget.orElseThrow())
            : List.of();
    return new RowDifference(table.name().schema(), table.name().table(), named, kind, columns);
  }
}
