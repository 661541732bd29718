package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventHeader;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of a server's log as {@link SourceEvent}s. What could change data and is not
 * understood stops by name; nothing is passed over but what is known to change nothing. At the end
 * of each transaction the bytes of its events must add up to what the server wrote at its front, so
 * an event that got lost between the server and here is seen.
 *
 * <p>No I/O, no clock. For one thread.
 */
final class BinlogEvents {
  /** Stands for no table: a statement's last event may have nothing but its end to say. */
  private static final long NO_TABLE = 0xFF_FFFF;

  private static final Set<EventType> BETWEEN_TRANSACTIONS =
      EnumSet.of(
          EventType.FORMAT_DESCRIPTION,
          EventType.ROTATE,
          EventType.STOP,
          EventType.PREVIOUS_GTIDS,
          EventType.HEARTBEAT);

  private static final Set<EventType> WITHOUT_CHANGES =
      EnumSet.of(EventType.ROWS_QUERY, EventType.IGNORABLE, EventType.VIEW_CHANGE);

  private final TableMaps tables;
  private final CarriedTables carried;
  private @Nullable Transaction transaction;

  /** The transaction whose events are being read. */
  private static final class Transaction {
    final Gtid gtid;
    final Instant committedAt;
    final long bytesWritten;
    long bytesRead;
    long rows;
    boolean begun;
    boolean left;

    Transaction(Gtid gtid, Instant committedAt, long bytesWritten) {
      this.gtid = gtid;
      this.committedAt = committedAt;
      this.bytesWritten = bytesWritten;
    }
  }

  BinlogEvents(TableMaps tables, CarriedTables carried) {
    this.tables = tables;
    this.carried = carried;
  }

  /**
   * What an event of the log says.
   *
   * @throws ReplicationHaltedException if that can't be carried over
   */
  List<SourceEvent> read(Event event) {
    try {
      return readOne(event);
    } catch (ReplicationHaltedException e) {
      throw transaction == null ? e : e.at(transaction.gtid);
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT, "an event can't be read: " + event.getHeader() + ": " + e, e);
    }
  }

  private List<SourceEvent> readOne(Event event) {
    EventHeader header = event.getHeader();
    EventType type = header.getEventType();
    if (BETWEEN_TRANSACTIONS.contains(type)) {
      return List.of();
    } else if (type == EventType.GTID) {
      begin(header, event.getData());
      return List.of();
    } else if (type == EventType.ANONYMOUS_GTID) {
      throw new ReplicationHaltedException(
          Reason.SOURCE_SETTINGS,
          "the source committed a transaction without an identifier; set gtid_mode='ON' there, and"
              + " load the target anew");
    }
    Transaction now = transaction;
    if (now == null) {
      throw unexpected(type + " outside of a transaction");
    }
    now.bytesRead += length(header);
    if (now.left || WITHOUT_CHANGES.contains(type)) {
      return List.of();
    }
    return switch (type) {
      case QUERY -> query(now, event.getData());
      case XID -> end(now);
      case TABLE_MAP -> {
        tables.add(((RawEvent) event.getData()).body());
        yield List.of();
      }
      case EXT_WRITE_ROWS, EXT_UPDATE_ROWS, EXT_DELETE_ROWS ->
          rows(now, type, ((RawEvent) event.getData()).body());
      case TRANSACTION_PAYLOAD -> throw RawRows.compressed();
      case PARTIAL_UPDATE_ROWS_EVENT -> throw RawRows.partsOfJson();
      default -> throw unexpected("an event of type " + type);
    };
  }

  private static long length(EventHeader header) {
    return ((EventHeaderV4) header).getEventLength();
  }

  private static ReplicationHaltedException unexpected(String what) {
    return new ReplicationHaltedException(
        Reason.STREAM_INCONSISTENT, what + " in the source's log is not understood");
  }

  private void begin(EventHeader header, GtidEventData event) {
    Gtid gtid = Gtid.parse(event.getMySqlGtid().toString());
    Transaction before = transaction;
    if (before != null && !before.left) {
      throw unexpected("the begin of " + gtid + " inside of " + before.gtid);
    }
    long micros = event.getImmediateCommitTimestamp();
    Instant at =
        micros == 0
            ? Instant.ofEpochMilli(header.getTimestamp())
            : Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    Transaction begun = new Transaction(gtid, at, event.getTransactionLength());
    begun.bytesRead = length(header);
    transaction = begun;
    tables.forgetIds();
  }

  private List<SourceEvent> query(Transaction now, QueryEventData event) {
    String sql = event.getSql().strip().toUpperCase(Locale.ROOT);
    if (sql.equals("BEGIN")) {
      now.begun = true;
      return List.of(new SourceEvent.Begin(now.gtid));
    } else if (sql.equals("COMMIT")) {
      return end(now);
    } else if (now.begun && sql.startsWith("SAVEPOINT")) {
      return List.of(); // what was rolled back to one was never written
    } else if (now.begun && sql.startsWith("ROLLBACK")) {
      throw unexpected("a ROLLBACK of rows that were written (of tables without transactions)");
    }
    SourceEvent change = new SourceEvent.SchemaChange(now.gtid, now.committedAt, false);
    if (sql.startsWith("XA ")) {
      now.left = true; // whoever takes the statement decides on its rows, too
    } else if (!now.begun) {
      requireWhole(now);
      transaction = null;
    }
    return List.of(change);
  }

  private List<SourceEvent> rows(Transaction now, EventType type, byte[] body) {
    Bytes in = new Bytes(body);
    long id = in.littleEndian(6);
    in.skip(2); // flags
    int more = (int) in.littleEndian(2);
    in.skip(more - 2);
    if (id == NO_TABLE) {
      return List.of();
    }
    TableMap table = tables.get(id);
    if (!carried.include(table.table())) {
      return List.of();
    }
    boolean update = type == EventType.EXT_UPDATE_ROWS;
    requireWhole(table, in, update ? 2 : 1);
    List<SourceEvent> changes = new ArrayList<>(1);
    while (in.available() > 0) {
      Row row = table.row(in);
      RowChange change;
      long bytes = row.bytes();
      if (update) {
        Row after = table.row(in);
        bytes += after.bytes();
        change = new RowChange.Update(table.table(), row, after);
      } else if (type == EventType.EXT_WRITE_ROWS) {
        change = new RowChange.Insert(table.table(), row);
      } else {
        change = new RowChange.Delete(table.table(), row);
      }
      changes.add(new SourceEvent.Changed(now.gtid, change, bytes));
    }
    now.rows += changes.size();
    return changes;
  }

  /** Every image must have every column. */
  private static void requireWhole(TableMap table, Bytes in, int images) {
    int width = in.packed();
    if (width != table.columns().size()) {
      throw unexpected(
          "a row of "
              + width
              + " columns of "
              + table.table()
              + " (its map says: "
              + table.columns().size()
              + ")");
    }
    for (int image = 0; image < images; image++) {
      int present = in.skip((width + 7) / 8);
      for (int i = 0; i < width; i++) {
        if (!in.bit(present, i)) {
          throw new ReplicationHaltedException(
              Reason.SOURCE_SETTINGS,
              "rows of "
                  + table.table()
                  + " were written in part; set binlog_row_image='FULL', and carry this"
                  + " transaction over by hand");
        }
      }
    }
  }

  private List<SourceEvent> end(Transaction now) {
    if (!now.begun) {
      throw unexpected("the end of a transaction that has no begin");
    }
    requireWhole(now);
    transaction = null;
    return List.of(new SourceEvent.End(now.gtid, now.rows, now.committedAt));
  }

  private static void requireWhole(Transaction now) {
    if (now.bytesWritten != 0 && now.bytesRead != now.bytesWritten) {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT,
          now.gtid
              + " has "
              + now.bytesWritten
              + " bytes in the source's log, captured: "
              + now.bytesRead
              + "; nothing of it was applied, the pipeline reads it again from its beginning");
    }
  }
}
