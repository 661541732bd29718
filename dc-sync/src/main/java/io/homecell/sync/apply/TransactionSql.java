package io.homecell.sync.apply;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.position.Gtid;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;

/**
 * One target transaction as statements that reach its commit only if all is as the source had it,
 * so that nobody has to look at their results before the commit is sent: one round trip.
 *
 * <p>A server stops a packet at the first statement that fails. So each condition is a statement
 * that fails, by an overflow, where the condition does not hold:
 *
 * <ul>
 *   <li>The fence comes first: the rows of all slots are locked in share mode and must name the
 *       origin as the owner. The locks are held to the end of the transaction, so a change of owner
 *       either came before and is seen (a locking read sees the newest row at any isolation level)
 *       or waits for this commit. An unknown slot fails as well.
 *   <li>An INSERT writes all its rows or fails. Behind each UPDATE and each DELETE the rows that it
 *       met are compared with those that it must meet, so that one too many can't make up for one
 *       that is missing.
 * </ul>
 *
 * <p>An identifier that the server has executed already makes it skip the statements of the rows:
 * they meet no row, which the first of them {@link Packet#telling tells}. Proven in {@code
 * PacketsIT}.
 */
final class TransactionSql {
  /**
   * As the replication applier of MySQL: values as they are, zero included; no gap locks, which
   * would let lanes wait for each other.
   */
  static final String SESSION =
      "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';"
          + " SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
          + " SET SESSION innodb_lock_wait_timeout = 5; SET NAMES utf8mb4";

  static final String ROLLBACK = "ROLLBACK; SET GTID_NEXT = 'AUTOMATIC'";

  /** The error of a condition that does not hold. */
  static final int OUT_OF_RANGE = 1690;

  /** The largest BIGINT: adding anything but nothing fails. */
  private static final String FULL = "9223372036854775807";

  private static final int PACKET_CHARS_MAX = 1 << 20;
  private static final int RUN_ROWS_MAX = 100;
  private static final int ONE_STATEMENT_BYTES_MAX = 64 << 10;

  private TransactionSql() {}

  /**
   * Some statements of a transaction, sent together.
   *
   * @param statements how many, and so how many results
   * @param telling the index of a statement that meets no row only if the identifier had been
   *     executed before, or -1 if there is none
   */
  record Packet(String sql, int statements, int telling) {}

  static String begin(Gtid gtid) {
    return setGtid(gtid) + "; BEGIN";
  }

  private static String setGtid(Gtid gtid) {
    return "SET GTID_NEXT = '" + gtid + "'";
  }

  /** Locks the fence rows of the slots in share mode, in one order for all. */
  static String selectOwners(Set<Integer> slots) {
    return "SELECT slot, owner FROM homecell.hc_slot WHERE slot IN "
        + list(slots)
        + " ORDER BY slot FOR SHARE";
  }

  /** Overflows unless the origin owns all the slots, whose fence rows it locks in share mode. */
  private static void appendFence(StringBuilder sql, Set<Integer> slots, String origin) {
    sql.append(FULL).append(" + ");
    if (slots.size() == 1) {
      sql.append("COALESCE((SELECT owner <> ");
      SqlLiteral.append(sql, origin);
      sql.append(" FROM homecell.hc_slot WHERE slot = ").append(slots.iterator().next());
      sql.append(" FOR SHARE), 1)");
    } else {
      sql.append("((SELECT COUNT(*) FROM homecell.hc_slot WHERE slot IN ").append(list(slots));
      sql.append(" AND owner = ");
      SqlLiteral.append(sql, origin);
      sql.append(" FOR SHARE) <> ").append(slots.size()).append(')');
    }
  }

  private static String list(Set<Integer> slots) {
    StringJoiner list = new StringJoiner(",", "(", ")");
    slots.forEach(slot -> list.add(slot.toString()));
    return list.toString();
  }

  /**
   * The whole transaction with its commit, in few packets, each made when it is asked for.
   *
   * @param origin the cell that must own the slots; empty only if there are no slots
   */
  static Iterator<Packet> packets(Plan plan, Optional<String> origin, TableShapes shapes) {
    return new Packets(plan, origin, shapes);
  }

  private static final class Packets implements Iterator<Packet> {
    private final Plan plan;
    private final Optional<String> origin;
    private final TableShapes shapes;
    private final List<RowChange> changes;
    private final StringBuilder sql;
    private int statements;
    private int telling;
    private int next;
    private boolean begun;
    private boolean committed;

    Packets(Plan plan, Optional<String> origin, TableShapes shapes) {
      this.plan = plan;
      this.origin = origin;
      this.shapes = shapes;
      this.changes = plan.changes();
      // about as long as its rows are large: it need not grow step by step
      this.sql =
          new StringBuilder((int) Math.min(PACKET_CHARS_MAX, 512 + plan.transaction().bytes()));
    }

    @Override
    public boolean hasNext() {
      return !committed;
    }

    @Override
    public Packet next() {
      if (committed) {
        throw new NoSuchElementException();
      }
      sql.setLength(0);
      statements = 0;
      telling = -1;
      if (!begun && isOneInsert()) {
        appendOneInsert();
      } else {
        appendSome();
      }
      return new Packet(sql.toString(), statements, telling);
    }

    private boolean isOneInsert() {
      return plan.slots().size() <= 1
          && plan.transaction().bytes() <= ONE_STATEMENT_BYTES_MAX
          && !changes.isEmpty()
          && changes.get(0) instanceof RowChange.Insert insert
          && !FrameworkTables.isReplicated(insert.table())
          && RowRun.at(changes, 0, shapes.of(insert.table()), changes.size()).isAll(changes);
    }

    /** One statement is a transaction by itself: the fence is locked as part of its first value. */
    private void appendOneInsert() {
      sql.append(setGtid(plan.transaction().gtid())).append("; ");
      StringBuilder slot = new StringBuilder();
      if (!plan.slots().isEmpty()) {
        appendFence(slot, plan.slots(), origin.orElseThrow());
        slot.append(" - ").append(FULL).append(" + ").append(plan.slots().first());
      }
      TableShape shape = shapes.of(changes.get(0).table());
      RowRun.at(changes, 0, shape, changes.size()).append(sql, slot.toString(), Integer.MAX_VALUE);
      statements = 2;
      telling = 1;
      begun = true;
      committed = true;
    }

    private void appendSome() {
      if (!begun) {
        sql.append(begin(plan.transaction().gtid()));
        statements = 2;
        if (!plan.slots().isEmpty()) {
          sql.append("; SET @homecell_check = ");
          appendFence(sql, plan.slots(), origin.orElseThrow());
          statements++;
        }
      }
      while (next < changes.size() && sql.length() < PACKET_CHARS_MAX) {
        appendRun(!begun && telling < 0);
      }
      begun = true;
      if (next == changes.size()) {
        separate();
        sql.append("COMMIT");
        statements++;
        committed = true;
      }
    }

    private void separate() {
      if (sql.length() > 0) {
        sql.append("; ");
      }
    }

    private void appendRun(boolean first) {
      RowChange change = changes.get(next);
      if (FrameworkTables.isReplicated(change.table())) {
        appendFramework(change, first);
        next++;
        return;
      }
      separate();
      int rows =
          RowRun.at(changes, next, shapes.of(change.table()), RUN_ROWS_MAX)
              .append(sql, "", PACKET_CHARS_MAX);
      if (first) {
        telling = statements;
      }
      statements++;
      next += rows;
      if (!(change instanceof RowChange.Insert)) {
        sql.append("; SET @homecell_check = ").append(FULL);
        sql.append(" + (ROW_COUNT() <> ").append(rows).append(')');
        statements++;
      }
    }

    private void appendFramework(RowChange change, boolean first) {
      int before = sql.length();
      separate();
      int start = sql.length();
      TransactionSql.appendFramework(sql, change, shapes);
      if (sql.length() == start) {
        sql.setLength(before); // a fence row that was deleted
        return;
      }
      if (first && !(change instanceof RowChange.Delete)) {
        telling = statements;
      }
      statements++;
    }
  }

  /** The statement of a change to a framework table; nothing for a fence row that is deleted. */
  static void appendFramework(StringBuilder sql, RowChange change, TableShapes shapes) {
    boolean fence = change.table().equals(FrameworkTables.SLOT);
    TableShape shape = shapes.of(change.table());
    if (change instanceof RowChange.Insert insert) {
      appendImage(sql, fence, insert.after(), shape);
    } else if (change instanceof RowChange.Update update) {
      appendImage(sql, fence, update.after(), shape);
    } else if (change instanceof RowChange.Delete delete && !fence) {
      RowStatements.delete(sql, delete.before(), shape);
    }
  }

  private static void appendImage(StringBuilder sql, boolean fence, Row after, TableShape shape) {
    if (fence) {
      RowStatements.raiseFence(sql, after);
    } else {
      RowStatements.replace(sql, after, shape);
    }
  }
}
