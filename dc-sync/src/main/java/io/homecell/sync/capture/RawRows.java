package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.TransactionPayloadEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.TableMapEventDataDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import io.debezium.config.CommonConnectorConfig.EventProcessingFailureHandlingMode;
import io.debezium.connector.binlog.event.RowDeserializers;
import io.debezium.relational.RelationalDatabaseSchema;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.io.IOException;
import java.io.Serializable;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads rows from the binlog with every temporal value as a {@link Long}, just as the server packed
 * it (see {@link PackedTime}), so that no value is lost to a calendar on the way.
 */
final class RawRows {
  private static final EventProcessingFailureHandlingMode FAIL =
      EventProcessingFailureHandlingMode.FAIL;

  /** A table is named by a map event before its rows; an old map is never needed again. */
  private static final int TABLES_MAX = 10_000;

  private RawRows() {}

  /**
   * Has rows read so.
   *
   * @param schema by which they are understood behind it; rows of another shape are refused
   * @param options told of each table, and what tags ENUM and SET values
   */
  static EventDeserializer readBy(
      EventDeserializer deserializer, RelationalDatabaseSchema schema, LoggedOptions options) {
    Map<Long, TableMapEventData> tables = new TableMaps();
    deserializer.setEventDataDeserializer(EventType.TABLE_MAP, new Maps(tables, schema, options));
    deserializer.setEventDataDeserializer(EventType.WRITE_ROWS, new Writes(tables, options));
    deserializer.setEventDataDeserializer(EventType.UPDATE_ROWS, new Updates(tables, options));
    deserializer.setEventDataDeserializer(EventType.DELETE_ROWS, new Deletes(tables, options));
    deserializer.setEventDataDeserializer(
        EventType.EXT_WRITE_ROWS, new Writes(tables, options).setMayContainExtraInformation(true));
    deserializer.setEventDataDeserializer(
        EventType.EXT_UPDATE_ROWS,
        new Updates(tables, options).setMayContainExtraInformation(true));
    deserializer.setEventDataDeserializer(
        EventType.EXT_DELETE_ROWS,
        new Deletes(tables, options).setMayContainExtraInformation(true));
    LastGtid last = new LastGtid();
    deserializer.setEventDataDeserializer(EventType.GTID, last);
    deserializer.setEventDataDeserializer(EventType.TRANSACTION_PAYLOAD, new Compressed());
    deserializer.setEventDataDeserializer(EventType.PARTIAL_UPDATE_ROWS_EVENT, new Parts(last));
    return deserializer;
  }

  private static final class TableMaps extends LinkedHashMap<Long, TableMapEventData> {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<Long, TableMapEventData> eldest) {
      return size() > TABLES_MAX;
    }
  }

  private static final class Maps extends TableMapEventDataDeserializer {
    private final Map<Long, TableMapEventData> tables;
    private final RelationalDatabaseSchema schema;
    private final LoggedOptions options;

    Maps(
        Map<Long, TableMapEventData> tables,
        RelationalDatabaseSchema schema,
        LoggedOptions options) {
      this.tables = tables;
      this.schema = schema;
      this.options = options;
    }

    @Override
    public TableMapEventData deserialize(ByteArrayInputStream in) throws IOException {
      byte[] body = in.read(in.available());
      TableMapEventData map = super.deserialize(new ByteArrayInputStream(body));
      options.add(body);
      tables.remove(map.getTableId()); // the last one used goes last
      tables.put(map.getTableId(), map);
      requireKnownShape(map);
      return map;
    }

    private void requireKnownShape(TableMapEventData map) {
      Table table = schema.tableFor(new TableId(map.getDatabase(), null, map.getTable()));
      if (table != null) { // else it isn't captured, or Debezium says so
        RowShape.difference(map, table)
            .ifPresent(
                difference -> {
                  throw new ReplicationHaltedException(
                      Reason.SCHEMA_CHANGE,
                      map.getDatabase()
                          + "."
                          + map.getTable()
                          + " was changed at one side alone: "
                          + difference
                          + "; make the target's table as the source's was");
                });
      }
    }
  }

  private static final class Compressed
      implements EventDataDeserializer<TransactionPayloadEventData> {
    @Override
    public TransactionPayloadEventData deserialize(ByteArrayInputStream in) {
      throw compressed();
    }
  }

  /** Debezium passes over such an event without a word. */
  private static final class Parts implements EventDataDeserializer<EventData> {
    private final LastGtid last;

    Parts(LastGtid last) {
      this.last = last;
    }

    @Override
    public EventData deserialize(ByteArrayInputStream in) {
      throw last.name(partsOfJson());
    }
  }

  static ReplicationHaltedException partsOfJson() {
    return new ReplicationHaltedException(
        Reason.SOURCE_SETTINGS,
        "a session of the source wrote parts of JSON values; set binlog_row_value_options='',"
            + " and carry this transaction over by hand");
  }

  static ReplicationHaltedException compressed() {
    return new ReplicationHaltedException(
        Reason.SOURCE_SETTINGS,
        "a session of the source compressed a transaction; set"
            + " binlog_transaction_compression='OFF', and carry this one over by hand");
  }

  /** A part of a row can't be told from a whole one further on. */
  private static void requireWhole(@Nullable TableMapEventData map, BitSet included) {
    if (map != null && included.cardinality() < map.getColumnTypes().length) {
      throw new ReplicationHaltedException(
          Reason.SOURCE_SETTINGS,
          "rows of "
              + map.getDatabase()
              + "."
              + map.getTable()
              + " were written in part; set binlog_row_image='FULL', and carry this transaction"
              + " over by hand");
    }
  }

  static ReplicationHaltedException oldFormat(String type) {
    return new ReplicationHaltedException(
        Reason.TABLE_UNUSABLE,
        "a "
            + type
            + " in the format before MySQL 5.6.4; rebuild the table at the source:"
            + " ALTER TABLE ... FORCE");
  }

  private static Bytes bytes(ByteArrayInputStream in, int length) throws IOException {
    return new Bytes(in.read(length));
  }

  private static Bytes bytes(ByteArrayInputStream in, int whole, int digits) throws IOException {
    return bytes(in, whole + PackedTime.fractionBytes(digits));
  }

  private static final class Writes extends RowDeserializers.WriteRowsDeserializer {
    private final Map<Long, TableMapEventData> tables;
    private final LoggedOptions options;

    Writes(Map<Long, TableMapEventData> tables, LoggedOptions options) {
      super(tables, FAIL);
      this.tables = tables;
      this.options = options;
    }

    @Override
    protected Serializable[] deserializeRow(long id, BitSet included, ByteArrayInputStream in)
        throws IOException {
      requireWhole(tables.get(id), included);
      return options.tag(id, super.deserializeRow(id, included, in));
    }

    @Override
    protected Serializable deserializeDate(ByteArrayInputStream in) throws IOException {
      return PackedTime.readDate(bytes(in, 3));
    }

    @Override
    protected Serializable deserializeDatetimeV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readDateTime(meta, bytes(in, 5, meta));
    }

    @Override
    protected Serializable deserializeTimestampV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readTimestamp(meta, bytes(in, 4, meta));
    }

    @Override
    protected Serializable deserializeTimeV2(int meta, ByteArrayInputStream in) throws IOException {
      return PackedTime.readTime(meta, bytes(in, 3, meta));
    }

    @Override
    protected Serializable deserializeYear(ByteArrayInputStream in) throws IOException {
      return PackedTime.readYear(bytes(in, 1));
    }

    @Override
    protected Serializable deserializeDatetime(ByteArrayInputStream in) {
      throw oldFormat("DATETIME");
    }

    @Override
    protected Serializable deserializeTimestamp(ByteArrayInputStream in) {
      throw oldFormat("TIMESTAMP");
    }

    @Override
    protected Serializable deserializeTime(ByteArrayInputStream in) {
      throw oldFormat("TIME");
    }
  }

  private static final class Updates extends RowDeserializers.UpdateRowsDeserializer {
    private final Map<Long, TableMapEventData> tables;
    private final LoggedOptions options;

    Updates(Map<Long, TableMapEventData> tables, LoggedOptions options) {
      super(tables, FAIL);
      this.tables = tables;
      this.options = options;
    }

    @Override
    protected Serializable[] deserializeRow(long id, BitSet included, ByteArrayInputStream in)
        throws IOException {
      requireWhole(tables.get(id), included);
      return options.tag(id, super.deserializeRow(id, included, in));
    }

    @Override
    protected Serializable deserializeDate(ByteArrayInputStream in) throws IOException {
      return PackedTime.readDate(bytes(in, 3));
    }

    @Override
    protected Serializable deserializeDatetimeV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readDateTime(meta, bytes(in, 5, meta));
    }

    @Override
    protected Serializable deserializeTimestampV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readTimestamp(meta, bytes(in, 4, meta));
    }

    @Override
    protected Serializable deserializeTimeV2(int meta, ByteArrayInputStream in) throws IOException {
      return PackedTime.readTime(meta, bytes(in, 3, meta));
    }

    @Override
    protected Serializable deserializeYear(ByteArrayInputStream in) throws IOException {
      return PackedTime.readYear(bytes(in, 1));
    }

    @Override
    protected Serializable deserializeDatetime(ByteArrayInputStream in) {
      throw oldFormat("DATETIME");
    }

    @Override
    protected Serializable deserializeTimestamp(ByteArrayInputStream in) {
      throw oldFormat("TIMESTAMP");
    }

    @Override
    protected Serializable deserializeTime(ByteArrayInputStream in) {
      throw oldFormat("TIME");
    }
  }

  private static final class Deletes extends RowDeserializers.DeleteRowsDeserializer {
    private final Map<Long, TableMapEventData> tables;
    private final LoggedOptions options;

    Deletes(Map<Long, TableMapEventData> tables, LoggedOptions options) {
      super(tables, FAIL);
      this.tables = tables;
      this.options = options;
    }

    @Override
    protected Serializable[] deserializeRow(long id, BitSet included, ByteArrayInputStream in)
        throws IOException {
      requireWhole(tables.get(id), included);
      return options.tag(id, super.deserializeRow(id, included, in));
    }

    @Override
    protected Serializable deserializeDate(ByteArrayInputStream in) throws IOException {
      return PackedTime.readDate(bytes(in, 3));
    }

    @Override
    protected Serializable deserializeDatetimeV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readDateTime(meta, bytes(in, 5, meta));
    }

    @Override
    protected Serializable deserializeTimestampV2(int meta, ByteArrayInputStream in)
        throws IOException {
      return PackedTime.readTimestamp(meta, bytes(in, 4, meta));
    }

    @Override
    protected Serializable deserializeTimeV2(int meta, ByteArrayInputStream in) throws IOException {
      return PackedTime.readTime(meta, bytes(in, 3, meta));
    }

    @Override
    protected Serializable deserializeYear(ByteArrayInputStream in) throws IOException {
      return PackedTime.readYear(bytes(in, 1));
    }

    @Override
    protected Serializable deserializeDatetime(ByteArrayInputStream in) {
      throw oldFormat("DATETIME");
    }

    @Override
    protected Serializable deserializeTimestamp(ByteArrayInputStream in) {
      throw oldFormat("TIMESTAMP");
    }

    @Override
    protected Serializable deserializeTime(ByteArrayInputStream in) {
      throw oldFormat("TIME");
    }
  }
}
