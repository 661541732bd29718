package io.homecell.sync.apply;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.position.Gtid;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.StringJoiner;

/** The statements of one target transaction, packed so that it costs few round trips. */
final class TransactionSql {
  /** A statement whose number of affected rows says nothing. */
  static final int ANY = -1;

  static final String COMMIT = "COMMIT; SET GTID_NEXT = 'AUTOMATIC'";
  static final String ROLLBACK = "ROLLBACK; SET GTID_NEXT = 'AUTOMATIC'";

  private static final int PACKET_CHARS_MAX = 1 << 20;

  private TransactionSql() {}

  /**
   * Some statements of a transaction, sent together.
   *
   * @param expected for each row statement the rows that it must affect, or {@link #ANY}
   */
  record Packet(String sql, List<Integer> expected) {
    Packet {
      expected = List.copyOf(expected);
    }
  }

  /** A transaction that only closes its identifier. */
  static String empty(Gtid gtid) {
    return begin(gtid) + "; " + COMMIT;
  }

  static String begin(Gtid gtid) {
    return "SET GTID_NEXT = '" + gtid + "'; BEGIN";
  }

  /** Empty exactly if the server has executed the identifier already. */
  static String selectOwned() {
    return "SELECT @@session.gtid_owned";
  }

  /** Locks the fence rows of the slots in share mode, in one order for all. */
  static String selectOwners(Set<Integer> slots) {
    StringJoiner list = new StringJoiner(",", "(", ")");
    slots.forEach(slot -> list.add(slot.toString()));
    return "SELECT slot, owner FROM homecell.hc_slot WHERE slot IN "
        + list
        + " ORDER BY slot FOR SHARE";
  }

  /** The whole transaction up to its commit, in few packets, each made when it is asked for. */
  static Iterator<Packet> packets(Plan plan, TableShapes shapes) {
    StringBuilder start = new StringBuilder(512);
    start.append(begin(plan.transaction().gtid())).append("; ").append(selectOwned());
    if (!plan.slots().isEmpty()) {
      start.append("; ").append(selectOwners(plan.slots()));
    }
    return new Packets(start, plan.changes().iterator(), shapes);
  }

  private static final class Packets implements Iterator<Packet> {
    private final StringBuilder sql;
    private final Iterator<RowChange> changes;
    private final TableShapes shapes;
    private boolean first = true;

    Packets(StringBuilder start, Iterator<RowChange> changes, TableShapes shapes) {
      this.sql = start;
      this.changes = changes;
      this.shapes = shapes;
    }

    @Override
    public boolean hasNext() {
      return first || changes.hasNext();
    }

    @Override
    public Packet next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      List<Integer> expected = new ArrayList<>();
      while (changes.hasNext() && sql.length() < PACKET_CHARS_MAX) {
        append(changes.next(), expected);
      }
      Packet packet = new Packet(sql.toString(), expected);
      sql.setLength(0);
      first = false;
      return packet;
    }

    private void append(RowChange change, List<Integer> expected) {
      int before = sql.length();
      if (before > 0) {
        sql.append("; ");
      }
      int start = sql.length();
      if (FrameworkTables.isReplicated(change.table())) {
        appendFramework(sql, change, shapes);
        if (sql.length() == start) {
          sql.setLength(before);
          return;
        }
        expected.add(ANY);
      } else {
        RowStatements.append(sql, change, shapes.of(change.table()));
        expected.add(1);
      }
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
