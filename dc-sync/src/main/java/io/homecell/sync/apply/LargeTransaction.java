package io.homecell.sync.apply;

import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one transaction that is too large to be held in memory: part by part as it comes, in one
 * target transaction under the source's identifier, with nothing beside it. What is remembered of
 * earlier parts does not grow with them.
 *
 * <p>A part in which a row is not as the source had it is undone and done again with care. If the
 * origin turns out not to own a slot, everything is undone and the transaction is kept as stranded,
 * with its first changes. Whatever breaks, nothing of it is committed, and the source sends it
 * again from its beginning.
 *
 * <p>For one thread, but for {@link #rows} and {@link #close}.
 */
final class LargeTransaction implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LargeTransaction.class);
  private static final int PACKET_CHARS_MAX = 1 << 18;
  private static final int RUN_ROWS_MAX = 100;

  /** A statement whose number of affected rows says nothing. */
  private static final int ANY = -1;

  private static final int KEPT_MAX = 200;
  private static final int LOGGED_MAX = 20;

  /** To write a log of this size, or to undo as much, takes the server more than a statement. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  /** Longer than the lanes wait, since beginning again costs more here. */
  private static final Duration LOCK_WITHIN = Duration.ofSeconds(20);

  private enum Fate {
    APPLY,
    SKIP,
    STRAND
  }

  private final CellDatabase target;
  private final Gtid gtid;
  private final Optional<String> origin;
  private final TableShapes shapes;
  private final Connection connection;
  private final Statement statement;
  private final CarefulApply careful;

  /** If it belongs to a load: its parts are applied whatever they find. */
  private final Optional<WindowApply> window;

  private final SortedSet<Integer> slots = new TreeSet<>();
  private final Map<TableName, Long> rowsByTable = new LinkedHashMap<>();
  private final List<RowChange> first = new ArrayList<>();
  private Fate fate = Fate.APPLY;
  private int conflicts;
  private volatile int rows;

  private LargeTransaction(
      CellDatabase target,
      Gtid gtid,
      Optional<String> origin,
      TableShapes shapes,
      boolean inWindow,
      Connection connection)
      throws SQLException {
    this.target = target;
    this.gtid = gtid;
    this.origin = origin;
    this.shapes = shapes;
    this.connection = connection;
    this.careful = new CarefulApply(connection, shapes);
    this.statement = connection.createStatement();
    statement.setEscapeProcessing(false); // all is written as the server reads it
    statement.execute(TransactionSql.SESSION);
    this.window = inWindow ? Optional.of(new WindowApply(connection, shapes)) : Optional.empty();
    if (inWindow) {
      statement.execute("SET SESSION foreign_key_checks = 0");
    }
    statement.execute("SET SESSION innodb_lock_wait_timeout = " + LOCK_WITHIN.toSeconds());
    statement.execute("SET GTID_NEXT = '" + gtid + "'");
    statement.execute("BEGIN");
    if (!isOwned()) {
      fate = Fate.SKIP;
    }
    statement.execute("SAVEPOINT start");
  }

  /**
   * Begins.
   *
   * @param origin the cell that made it, if known
   * @param inWindow whether it belongs to the window of a load
   */
  static LargeTransaction begin(
      CellDatabase target, Gtid gtid, Optional<String> origin, TableShapes shapes, boolean inWindow)
      throws SQLException {
    Connection connection = target.open();
    try {
      LOG.info("{}: {} is large, it is applied in parts", target, gtid);
      return new LargeTransaction(target, gtid, origin, shapes, inWindow, connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** False exactly if the server has executed the identifier already. */
  private boolean isOwned() throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT @@session.gtid_owned")) {
      row.next();
      String owned = row.getString(1);
      return owned != null && !owned.isBlank();
    }
  }

  Gtid gtid() {
    return gtid;
  }

  /** How many rows have come so far. */
  int rows() {
    return rows;
  }

  /**
   * Applies the next part.
   *
   * @throws ReplicationHaltedException if the target refuses it for good
   */
  void add(Plan part) throws SQLException {
    remember(part);
    if (fate == Fate.APPLY && window.isPresent()) {
      window.get().change(statement, part);
    } else if (fate == Fate.APPLY) {
      requireOwner(part.slots());
    }
    if (fate == Fate.APPLY && window.isEmpty()) {
      statement.execute("SAVEPOINT part");
      if (!appliedAtOnce(part.changes())) {
        statement.execute("ROLLBACK TO SAVEPOINT part");
        applyWithCare(part.changes());
      }
    }
    int now = rows + part.changes().size();
    rows = now;
  }

  private void remember(Plan part) {
    for (RowChange change : part.changes()) {
      rowsByTable.merge(change.table(), 1L, Long::sum);
      if (first.size() < KEPT_MAX) {
        first.add(change);
      }
    }
  }

  /** Locks the fence rows of the slots that are new; they are held until the end. */
  private void requireOwner(Set<Integer> ofPart) throws SQLException {
    SortedSet<Integer> added = new TreeSet<>(ofPart);
    added.removeAll(slots);
    slots.addAll(ofPart);
    if (added.isEmpty()) {
      return;
    }
    Map<Integer, String> owners = new HashMap<>();
    try (ResultSet found = statement.executeQuery(TransactionSql.selectOwners(added))) {
      while (found.next()) {
        owners.put(found.getInt(1), found.getString(2));
      }
    }
    if (Verdict.of(true, origin, added, owners) instanceof Verdict.Strand strand) {
      LOG.warn(
          "{} of {} is stranded: slots are owned by {} now",
          gtid,
          origin.orElseThrow(),
          strand.owners());
      connection.setNetworkTimeout(Runnable::run, (int) LONGEST.toMillis());
      statement.execute("ROLLBACK TO SAVEPOINT start");
      fate = Fate.STRAND;
    }
  }

  private boolean appliedAtOnce(List<RowChange> changes) throws SQLException {
    try {
      StringBuilder sql = new StringBuilder();
      List<Integer> expected = new ArrayList<>();
      int next = 0;
      while (next < changes.size()) {
        next += append(sql, expected, changes, next);
        if (sql.length() >= PACKET_CHARS_MAX) {
          if (!sent(sql, expected)) {
            return false;
          }
          sql.setLength(0);
          expected.clear();
        }
      }
      return sent(sql, expected);
    } catch (SQLException e) {
      if (!SqlErrors.isRefusal(e)) {
        throw e;
      }
      LOG.info("{}: a part of {} is applied with care: {}", target, gtid, e.toString());
      return false;
    }
  }

  /** Adds one statement; tells how many changes it makes. */
  private int append(StringBuilder sql, List<Integer> expected, List<RowChange> changes, int next) {
    RowChange change = changes.get(next);
    int before = sql.length();
    if (before > 0) {
      sql.append(';');
    }
    int start = sql.length();
    if (!FrameworkTables.isReplicated(change.table())) {
      int made =
          RowRun.at(changes, next, shapes.of(change.table()), RUN_ROWS_MAX)
              .append(sql, "", PACKET_CHARS_MAX);
      expected.add(made);
      return made;
    }
    TransactionSql.appendFramework(sql, change, shapes);
    if (sql.length() == start) {
      sql.setLength(before); // a fence row that was deleted
    } else {
      expected.add(ANY);
    }
    return 1;
  }

  private boolean sent(StringBuilder sql, List<Integer> expected) throws SQLException {
    if (expected.isEmpty()) {
      return true;
    }
    statement.execute(sql.toString());
    boolean agree = true;
    for (int count : expected) {
      agree &= count == ANY || statement.getUpdateCount() == count;
      statement.getMoreResults();
    }
    return agree;
  }

  private void applyWithCare(List<RowChange> changes) throws SQLException {
    try {
      for (RowChange change : changes) {
        if (!careful.applied(statement, change) && conflicts++ < LOGGED_MAX) {
          LOG.warn(
              "{}: conflict at {}, the owner's row wins: {}",
              gtid,
              change.table(),
              careful.key(change));
        }
      }
    } catch (SQLException e) {
      if (!SqlErrors.isRefusal(e)) {
        throw e;
      }
      throw new ReplicationHaltedException(
          Reason.TRANSACTION_REFUSED,
          gtid
              + " is refused by the target: "
              + e.getMessage()
              + " (error "
              + e.getErrorCode()
              + ")",
          e);
    }
  }

  /** Commits, after the last part: the transaction was whole. */
  Outcome commit(Instant committedAt) throws SQLException {
    connection.setNetworkTimeout(Runnable::run, (int) LONGEST.toMillis());
    if (fate == Fate.SKIP) {
      statement.execute("ROLLBACK");
      return new Outcome(Kind.SKIPPED, 0, 0);
    } else if (fate == Fate.STRAND) {
      statement.execute(
          CarefulApply.strand(
              gtid,
              origin.orElseThrow(),
              slots,
              committedAt,
              StrandedJson.writeFirst(
                  first, CarefulApply.currentRows(statement, first, shapes), shapes, rowsByTable)));
    }
    statement.execute("COMMIT");
    LOG.info("{}: {} is done, {} rows", target, gtid, rows);
    return fate == Fate.STRAND
        ? new Outcome(Kind.STRANDED, 0, 0)
        : new Outcome(Kind.APPLIED, rows, conflicts);
  }

  /** Ends the connection; what is not committed is undone by the server. */
  @Override
  public void close() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      LOG.debug("leaving {} at {}: {}", gtid, target, e.toString());
    }
  }
}
