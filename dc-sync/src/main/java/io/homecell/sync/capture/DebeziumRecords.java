package io.homecell.sync.capture;

import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.time.Instant;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** Reads Debezium's records as {@link SourceEvent}s. For one thread. */
final class DebeziumRecords {
  private static final String TRANSACTION = "io.debezium.connector.common.TransactionMetadataValue";
  private static final String SCHEMA_CHANGE = "io.debezium.connector.mysql.SchemaChangeValue";

  /** The column names of each schema that was seen, shared between its rows. */
  private final IdentityHashMap<Schema, List<String>> columns = new IdentityHashMap<>();

  private final LoggedOptions options;

  /** With what has tagged ENUM and SET values. */
  DebeziumRecords(LoggedOptions options) {
    this.options = options;
  }

  /** The event of a record; empty for those that carry none, such as Debezium's own signals. */
  Optional<SourceEvent> event(SourceRecord record) {
    if (!(record.value() instanceof Struct value)) {
      return Optional.empty();
    }
    String schema = String.valueOf(value.schema().name());
    if (schema.equals(TRANSACTION)) {
      return Optional.of(boundary(value));
    } else if (schema.equals(SCHEMA_CHANGE)) {
      return schemaChange(value);
    } else if (value.schema().field("op") != null && value.schema().field("source") != null) {
      return Optional.of(change(value));
    }
    throw new ReplicationHaltedException(
        Reason.STREAM_INCONSISTENT, "a record of unknown kind: " + schema);
  }

  private static SourceEvent boundary(Struct value) {
    Gtid gtid = Gtid.parse(value.getString("id"));
    return switch (value.getString("status")) {
      case "BEGIN" -> new SourceEvent.Begin(gtid);
      case "END" ->
          new SourceEvent.End(
              gtid, value.getInt64("event_count"), Instant.ofEpochMilli(value.getInt64("ts_ms")));
      default ->
          throw new ReplicationHaltedException(
              Reason.STREAM_INCONSISTENT,
              gtid + ": boundary '" + value.getString("status") + "' (expected: BEGIN or END)");
    };
  }

  private static Optional<SourceEvent> schemaChange(Struct value) {
    Struct source = value.getStruct("source");
    String gtid = source.getString("gtid");
    if (gtid == null) {
      return Optional.empty(); // the schema as read at the start
    }
    return Optional.of(
        new SourceEvent.SchemaChange(
            Gtid.parse(gtid), Instant.ofEpochMilli(source.getInt64("ts_ms")), false));
  }

  private SourceEvent change(Struct value) {
    Struct source = value.getStruct("source");
    TableName table = new TableName(source.getString("db"), source.getString("table"));
    String gtidText = source.getString("gtid");
    if (gtidText == null) {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT, "a row of " + table + " without a transaction");
    }
    Gtid gtid = Gtid.parse(gtidText);
    String operation = value.getString("op");
    Row before;
    Row after;
    try {
      before = row(value.getStruct("before"));
      after = row(value.getStruct("after"));
    } catch (ReplicationHaltedException e) {
      throw e.at(gtid);
    }
    RowChange change;
    if (operation.equals("c") && after != null) {
      change = new RowChange.Insert(table, after);
    } else if (operation.equals("u") && before != null && after != null) {
      change = new RowChange.Update(table, before, after);
    } else if (operation.equals("d") && before != null) {
      change = new RowChange.Delete(table, before);
    } else if (operation.equals("t")) {
      return new SourceEvent.SchemaChange(
          gtid, Instant.ofEpochMilli(source.getInt64("ts_ms")), true);
    } else {
      throw new ReplicationHaltedException(
          Reason.STREAM_INCONSISTENT,
          gtid + ": operation '" + operation + "' on " + table + " without its row images");
    }
    return new SourceEvent.Changed(gtid, change, bytes(before) + bytes(after));
  }

  private @Nullable Row row(@Nullable Struct image) {
    if (image == null) {
      return null;
    }
    Schema schema = image.schema();
    List<String> names =
        columns.computeIfAbsent(schema, key -> key.fields().stream().map(Field::name).toList());
    @Nullable Object[] values = new Object[names.size()];
    for (Field field : schema.fields()) {
      values[field.index()] =
          DebeziumValues.exact(field, image.getWithoutDefault(field.name()), options);
    }
    return new Row(names, values);
  }

  private static long bytes(@Nullable Row row) {
    return row == null ? 0 : row.bytes();
  }
}
