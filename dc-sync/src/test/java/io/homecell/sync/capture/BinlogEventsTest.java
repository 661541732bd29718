package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventHeaderV4;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.MySqlGtid;
import com.github.shyiko.mysql.binlog.event.QueryEventData;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Events of {@code CREATE TABLE a.t (id BIGINT UNSIGNED, n TINYINT, w VARCHAR(20))}, w in gbk. */
class BinlogEventsTest {
  private static final String UUID = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
  private static final Gtid GTID = new Gtid(UUID, 7);
  private static final TableName TABLE = new TableName("a", "t");
  private static final long LENGTH = 100;

  private static final String MAP =
      "2a0000000000" // the table's number
          + "0100" // flags
          + "016100"
          + "017400"
          + "03" // columns
          + "08010f" // their types
          + "02" // two bytes about them:
          + "1400" // w has at most 20
          + "07" // all may be NULL
          + "010180" // of the two numbers the first has no sign
          + "02011c" // collation 28
          + "0407026964016e0177"; // names

  private final BinlogEvents events =
      new BinlogEvents(
          new TableMaps(Map.of(28, "gbk")),
          new CarriedTables.AllBut(List.of(new TableName("a", "local"))));

  private static Event event(EventType type, EventData data) {
    EventHeaderV4 header = new EventHeaderV4();
    header.setEventType(type);
    header.setEventLength(LENGTH);
    return new Event(header, data);
  }

  private static Event gtid(long number, int eventsOfTransaction) {
    return event(
        EventType.GTID,
        new GtidEventData(
            MySqlGtid.fromString(UUID + ":" + number),
            (byte) 0,
            0,
            0,
            5_000_001,
            5_000_001,
            LENGTH * eventsOfTransaction,
            80033,
            80033));
  }

  private static Event query(String sql) {
    QueryEventData data = new QueryEventData();
    data.setSql(sql);
    return event(EventType.QUERY, data);
  }

  private static Event raw(EventType type, String hex) {
    return event(type, new RawEvent(HexFormat.of().parseHex(hex)));
  }

  private static Event map() {
    return raw(EventType.TABLE_MAP, MAP);
  }

  private static Event rows(EventType type, String images) {
    return raw(type, "2a0000000000" + "0100" + "0200" + "03" + images);
  }

  private static Event xid() {
    return raw(EventType.XID, "0000000000000000");
  }

  private void refuses(Event event, Reason reason, String words) {
    assertThatThrownBy(() -> events.read(event))
        .isInstanceOfSatisfying(
            ReplicationHaltedException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(words);
  }

  private static Row row(Object... values) {
    return new Row(List.of("id", "n", "w"), values);
  }

  @Test
  void rowsAreReadByTheShapeThatTheLogGives() {
    assertThat(events.read(gtid(7, 8))).isEmpty();
    assertThat(events.read(query("BEGIN"))).containsExactly(new SourceEvent.Begin(GTID));
    assertThat(events.read(map())).isEmpty();
    List<SourceEvent> inserted =
        events.read(
            rows(
                EventType.EXT_WRITE_ROWS,
                "07" + "00" + "ffffffffffffffff" + "80" + "02b0a1" + "06" + "0100000000000000"));
    assertThat(inserted)
        .extracting(changed -> ((SourceEvent.Changed) changed).change())
        .containsExactly(
            new RowChange.Insert(
                TABLE,
                row(
                    new BigDecimal(new BigInteger("18446744073709551615")),
                    -128L,
                    new CharsetText("gbk", "b0a1"))),
            new RowChange.Insert(TABLE, row(BigDecimal.ONE, null, null)));
    assertThat(
            events.read(
                rows(EventType.EXT_UPDATE_ROWS, "0707" + "07" + "04" + "0100000000000000" + "05")))
        .extracting(changed -> ((SourceEvent.Changed) changed).change())
        .containsExactly(
            new RowChange.Update(TABLE, row(null, null, null), row(BigDecimal.ONE, 5L, null)));
    assertThat(events.read(rows(EventType.EXT_DELETE_ROWS, "07" + "07")))
        .extracting(changed -> ((SourceEvent.Changed) changed).change())
        .containsExactly(new RowChange.Delete(TABLE, row(null, null, null)));
    assertThat(events.read(raw(EventType.ROWS_QUERY, "00"))).isEmpty();
    assertThat(events.read(xid()))
        .containsExactly(
            new SourceEvent.End(GTID, 4, Instant.EPOCH.plusSeconds(5).plusNanos(1_000)));
  }

  @Test
  void anEventThatIsMissingIsSeen() {
    events.read(gtid(7, 5));
    events.read(query("BEGIN"));
    events.read(map());
    refuses(xid(), Reason.STREAM_INCONSISTENT, GTID + " has 500 bytes");
  }

  @Test
  void transactionsNeverMix() {
    refuses(xid(), Reason.STREAM_INCONSISTENT, "outside of a transaction");
    events.read(gtid(7, 0));
    events.read(query("BEGIN"));
    events.read(map());
    refuses(gtid(8, 0), Reason.STREAM_INCONSISTENT, "inside of " + GTID);
    events.read(query("COMMIT"));
    events.read(gtid(8, 0));
    refuses(xid(), Reason.STREAM_INCONSISTENT, "no begin");
    events.read(query("BEGIN"));
    refuses(rows(EventType.EXT_DELETE_ROWS, "0707"), Reason.STREAM_INCONSISTENT, "not named: 42");
  }

  @Test
  void aStatementIsASchemaChangeOfItsOwnOrOfTheTransactionThatItIsIn() {
    SourceEvent change =
        new SourceEvent.SchemaChange(GTID, Instant.EPOCH.plusSeconds(5).plusNanos(1_000), false);
    events.read(gtid(7, 2));
    assertThat(events.read(query("truncate table t"))).containsExactly(change);
    events.read(gtid(7, 4));
    events.read(query("BEGIN"));
    assertThat(events.read(query("CREATE TABLE t (id INT) START TRANSACTION")))
        .containsExactly(change);
    assertThat(events.read(xid())).hasSize(1);
  }

  @Test
  void whatIsNotUnderstoodStopsByName() {
    refuses(raw(EventType.ANONYMOUS_GTID, "00"), Reason.SOURCE_SETTINGS, "gtid_mode");
    events.read(gtid(7, 0));
    refuses(raw(EventType.TRANSACTION_PAYLOAD, "00"), Reason.SOURCE_SETTINGS, GTID.toString());
    refuses(raw(EventType.PARTIAL_UPDATE_ROWS_EVENT, "00"), Reason.SOURCE_SETTINGS, "JSON");
    refuses(raw(EventType.WRITE_ROWS, "00"), Reason.STREAM_INCONSISTENT, "WRITE_ROWS");
    refuses(raw(EventType.INCIDENT, "00"), Reason.STREAM_INCONSISTENT, "INCIDENT");
    refuses(raw(EventType.UNKNOWN, "00"), Reason.STREAM_INCONSISTENT, "UNKNOWN");
    events.read(query("BEGIN"));
    refuses(query("ROLLBACK"), Reason.STREAM_INCONSISTENT, "ROLLBACK");
    events.read(map());
    refuses(rows(EventType.EXT_WRITE_ROWS, "0500"), Reason.SOURCE_SETTINGS, "binlog_row_image");
    refuses(rows(EventType.EXT_WRITE_ROWS, "0700ff"), Reason.STREAM_INCONSISTENT, "column id");
  }

  @Test
  void rowsOfLocalTablesAreLeftOut() {
    events.read(gtid(7, 0));
    events.read(query("BEGIN"));
    events.read(raw(EventType.TABLE_MAP, MAP.replace("017400", "056c6f63616c00")));
    assertThat(events.read(rows(EventType.EXT_DELETE_ROWS, "0707"))).isEmpty();
    assertThat(events.read(xid()))
        .extracting(end -> ((SourceEvent.End) end).changes())
        .containsExactly(0L);
  }
}
