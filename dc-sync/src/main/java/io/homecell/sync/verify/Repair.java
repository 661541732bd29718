package io.homecell.sync.verify;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.load.LoadedTable;
import io.homecell.sync.load.SourceTables;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttle;
import io.homecell.sync.verify.RepairedRow.Outcome;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes rows of one cell as another has them, after a verification has named them; see {@link
 * RowRepair} for a row. A person says which cell is right; where slots have owners, only the owner
 * is, and of a copy service only its center. Not safe for several at once over the same cells; one
 * is enough.
 */
final class Repair {
  private static final Logger LOG = LoggerFactory.getLogger(Repair.class);

  private final CellDatabase from;
  private final CellDatabase to;
  private final List<CellDatabase> others;
  private final Map<String, String> centers;
  private final Order order;
  private final List<RepairedRow> rows = new ArrayList<>();
  private long mended;
  private long left;

  /**
   * What a person has asked for.
   *
   * @param by who
   * @param reason why, for the log
   * @param dryRun only says what would be done
   * @param deleting whether rows are deleted that the right cell does not have
   */
  record Order(
      Scope scope, Duration within, boolean dryRun, boolean deleting, String by, String reason) {}

  /**
   * Over two cells of a group, or over copies in a cell of another group.
   *
   * @param group all cells of the group of {@code to}: what is done there must go to none of them
   * @param centers of copy services, the cell that writes each; only its rows are right
   */
  Repair(
      CellDatabase from,
      CellDatabase to,
      List<CellDatabase> group,
      Map<String, String> centers,
      Order order) {
    this.from = from;
    this.to = to;
    this.others = group.stream().filter(cell -> !cell.equals(to)).toList();
    this.centers = Map.copyOf(centers);
    this.order = order;
  }

  RepairResult run(PipelineVerification verification) throws SQLException, InterruptedException {
    Instant deadline = Instant.now().plus(order.within());
    VerifyResult found = verification.run(order.scope(), order.within(), Pace.ASKED_FOR);
    if (order.dryRun()) {
      named(found).forEach(row -> note(row, Outcome.WOULD_BE_MENDED, ""));
      return result(found, Optional.empty());
    }
    LOG.warn("{} repairs {} from {}, for: {}", order.by(), to.cell(), from.cell(), order.reason());
    boolean progress = true;
    while (progress && found.differing() > 0 && Instant.now().isBefore(deadline)) {
      long before = mended;
      rows.removeIf(row -> row.outcome() != Outcome.MENDED);
      left = 0;
      mend(named(found), deadline, verification);
      progress = mended > before;
      found = verification.run(order.scope(), order.within(), Pace.ASKED_FOR);
    }
    return result(found, Optional.of(found));
  }

  private RepairResult result(VerifyResult found, Optional<VerifyResult> verified) {
    return new RepairResult(
        from.cell(),
        to.cell(),
        order.dryRun(),
        mended,
        order.dryRun() ? found.differing() : Math.max(left, found.differing()),
        rows,
        verified);
  }

  private static List<RowDifference> named(VerifyResult found) {
    return found.tables().stream().flatMap(table -> table.differences().stream()).toList();
  }

  private void mend(
      List<RowDifference> differences, Instant deadline, PipelineVerification verification)
      throws SQLException, InterruptedException {
    CarriedTables carried = verification.carried();
    boolean copies = carried instanceof CarriedTables.Copies;
    try (Throttle throttle = verification.repairing(from, to);
        Side right = Side.open(from, order.within());
        Side wrong = Side.open(to, order.within());
        RowRepair repair =
            RowRepair.open(right, wrong, to, others, copies, order.deleting(), false)) {
      Map<String, ComparedTable> tables = right.tables(carried);
      Map<String, LoadedTable> stored = stored(from);
      for (RowDifference row : differences) {
        String name = row.schema() + "." + row.table();
        throttle.pause(why -> {}, () -> Instant.now().isAfter(deadline));
        Optional<String> center =
            Optional.ofNullable(copies ? centers.getOrDefault(row.schema(), "nobody") : null)
                .filter(cell -> !cell.equals(from.cell()));
        if (center.isPresent()) {
          note(row, Outcome.NOT_THE_OWNER, row.schema() + " is written by " + center.get());
        } else if (Instant.now().isAfter(deadline)) {
          note(row, Outcome.UNDECIDED, "the time was over before it");
        } else if (!stored.containsKey(name) || !tables.containsKey(name)) {
          note(row, Outcome.REFUSED, name + " is the framework's own, or has gone");
        } else if (tables.get(name).wholeOnly()) {
          note(row, Outcome.REFUSED, name + " has no primary key to mend by; mend it by hand");
        } else {
          ComparedTable table = tables.get(name);
          RowRepair.Done done =
              repair.mend(table, stored.get(name), RowRepair.keyOf(table, row.key()));
          note(row, done.outcome(), done.detail());
        }
      }
    }
  }

  /** The tables of a cell, the framework's apart, by name. */
  static Map<String, LoadedTable> stored(CellDatabase from) throws SQLException {
    Map<String, LoadedTable> stored = new HashMap<>();
    try (Connection connection = from.open()) {
      new SourceTables(connection).all().forEach(one -> stored.put(one.name().toString(), one));
    }
    return stored;
  }

  private void note(RowDifference row, Outcome outcome, String detail) {
    if (outcome == Outcome.MENDED) {
      mended++;
      LOG.warn("{}: {}.{} {} is as {} has it", to, row.schema(), row.table(), row.key(), from);
    } else if (outcome != Outcome.EQUAL) {
      left++;
    }
    if (rows.size() < RepairResult.LISTED_MAX) {
      rows.add(new RepairedRow(row.schema(), row.table(), row.key(), outcome, detail));
    }
  }
}
