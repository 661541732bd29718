package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.load.LoadedTable;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling;
import io.homecell.sync.verify.RepairedRow.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes rows of one cell as their owner has them, whatever that is: changed, put back, or deleted.
 * The rows are named by somebody who has decided on them, and no other row is touched; see {@link
 * RowRepair} for why a row is right and why the change stays in its cell. Every cell of the group
 * must be up.
 *
 * <p>Doing it again has no further effect. Proven by {@code UndoIT}. For one thread.
 */
public final class OwnersRows {
  private static final Logger LOG = LoggerFactory.getLogger(OwnersRows.class);
  private static final Duration QUERY_WITHIN = Duration.ofSeconds(60);

  private final CellDatabase owner;
  private final CellDatabase target;
  private final List<CellDatabase> group;
  private final String why;

  /**
   * A row by its key.
   *
   * @param key the key's columns
   * @param literals their values, as MySQL reads them
   */
  public record Named(TableName table, List<String> key, List<String> literals) {
    public Named {
      key = List.copyOf(key);
      literals = List.copyOf(literals);
    }

    private String condition() {
      StringBuilder condition = new StringBuilder();
      for (int i = 0; i < key.size(); i++) {
        condition.append(i == 0 ? "" : " AND ");
        condition.append(TableName.quote(key.get(i))).append('=').append(literals.get(i));
      }
      return condition.toString();
    }
  }

  /**
   * A row that was not made equal.
   *
   * @param byHand whether it will not be next time either: its table has no primary key by which a
   *     row could be found; a comparison of the whole table tells whether it differs
   */
  public record Left(String why, boolean byHand) {}

  /** A row that is still to be made equal. */
  private record Pending(Named named, ComparedTable table, LoadedTable stored, List<String> key) {
    @Override
    public String toString() {
      return table.name() + " " + String.join(",", key);
    }
  }

  /**
   * Over two cells.
   *
   * @param group all cells of theirs
   * @param why for the log
   */
  public OwnersRows(CellDatabase owner, CellDatabase target, List<CellDatabase> group, String why) {
    this.owner = owner;
    this.target = target;
    this.group = List.copyOf(group);
    this.why = why;
  }

  /**
   * Makes these rows equal, in as many passes as make progress: one row may stand in another's way.
   *
   * @param ahead whether also while the target is not as far as the owner, see {@link RowRepair}
   * @return those that are left, each with the reason; empty if all are equal now
   */
  public Map<Named, Left> restore(Collection<Named> rows, boolean ahead, Instant deadline)
      throws SQLException {
    List<CellDatabase> others = group.stream().filter(cell -> !cell.equals(target)).toList();
    try (Side right = Side.open(owner, QUERY_WITHIN);
        Side wrong = Side.open(target, QUERY_WITHIN);
        RowRepair repair = RowRepair.open(right, wrong, target, others, false, true, ahead)) {
      Map<Named, Left> impossible = new HashMap<>();
      List<Pending> pending = resolve(rows, right, wrong, impossible);
      Map<Named, Left> left;
      int before;
      do {
        before = pending.size();
        left = new HashMap<>();
        pending = pass(repair, pending, left, deadline);
      } while (!pending.isEmpty() && pending.size() < before && Instant.now().isBefore(deadline));
      left.putAll(impossible);
      return left;
    }
  }

  /** Those that are still not equal behind it. */
  private List<Pending> pass(
      RowRepair repair, List<Pending> rows, Map<Named, Left> left, Instant deadline)
      throws SQLException {
    List<Pending> still = new ArrayList<>();
    boolean behind = false;
    for (Pending row : rows) {
      RowRepair.Done done =
          behind || Instant.now().isAfter(deadline)
              ? RowRepair.NOT_REACHED
              : repair.mend(row.table(), row.stored(), row.key());
      behind |= done.equals(RowRepair.NOT_REACHED);
      if (done.outcome() == Outcome.MENDED) {
        LOG.warn("{}: {} is as {} has it, for: {}", target, row, owner, why);
      } else if (done.outcome() != Outcome.EQUAL) {
        still.add(row);
        left.put(row.named(), new Left(target.cell() + ": " + row + ": " + done.detail(), false));
      }
    }
    return still;
  }

  /** The keys as the two cells write them; a row that neither has needs nothing. */
  private List<Pending> resolve(
      Collection<Named> rows, Side right, Side wrong, Map<Named, Left> impossible)
      throws SQLException {
    CarriedTables carried = new CarriedTables.AllBut(FrameworkTables.LOCAL);
    Map<String, ComparedTable> here = right.tables(carried);
    Map<String, ComparedTable> there = wrong.tables(carried);
    Map<String, LoadedTable> stored = Repair.stored(owner);
    Set<Pending> pending = new LinkedHashSet<>();
    for (Named row : rows) {
      String name = row.table().toString();
      ComparedTable table = here.get(name);
      LoadedTable columns = stored.get(name);
      if (table == null || columns == null || !there.containsKey(name)) {
        continue; // it was dropped since, and its rows with it
      }
      if (table.wholeOnly() || !table.equals(there.get(name))) {
        impossible.put(
            row,
            table.wholeOnly()
                ? new Left(target.cell() + ": " + name + " has no primary key", true)
                : new Left(target.cell() + ": " + name + " has other columns there", false));
        continue;
      }
      for (Side side : List.of(right, wrong)) {
        for (List<String> key : side.keysWhere(table, row.condition())) {
          pending.add(new Pending(row, table, columns, key));
        }
      }
    }
    return List.copyOf(pending);
  }

  /**
   * Makes all rows of some slots equal in some tables: where it is not known which rows.
   *
   * @return what is left; empty if all are equal now
   */
  public List<String> restore(
      Collection<SlotRange> slots, Collection<String> tables, Instant deadline)
      throws SQLException, InterruptedException {
    List<String> left = new ArrayList<>();
    for (SlotRange range : slots) {
      for (String table : tables) {
        Duration within = Duration.between(Instant.now(), deadline);
        if (within.compareTo(Duration.ofSeconds(1)) < 0) {
          left.add(table + " slots " + range + ": the time was over before it");
          continue;
        }
        Repair.Order order =
            new Repair.Order(
                new Scope(Optional.of(range), Optional.of(table)),
                within,
                false,
                true,
                "dc-sync",
                why);
        RepairResult result = new Repair(owner, target, group, Map.of(), order).run(comparison());
        boolean equal = result.verified().filter(VerifyResult::equal).isPresent();
        if (!equal) {
          left.add(table + " slots " + range + ": " + result.left() + " rows, " + first(result));
        }
      }
    }
    return left;
  }

  /** Of a part only, for this once: what it finds is of use to nobody else. */
  private PipelineVerification comparison() {
    return new PipelineVerification(
        owner,
        target,
        new CarriedTables.AllBut(FrameworkTables.LOCAL),
        new VerificationRecord() {
          @Override
          public Optional<Found> read() {
            return Optional.empty();
          }

          @Override
          public void add(VerifyResult result) {
            // told by what is left
          }
        },
        Throttling.NONE,
        new SimpleMeterRegistry());
  }

  private static String first(RepairResult result) {
    return result.rows().stream()
        .filter(row -> row.outcome() != Outcome.MENDED)
        .map(row -> row.key() + " " + row.outcome() + " " + row.detail())
        .limit(1)
        .collect(Collectors.joining())
        .concat(
            result.verified().stream()
                .flatMap(verified -> verified.tables().stream())
                .map(table -> ", " + table.undecided() + " undecided")
                .collect(Collectors.joining()));
  }
}
