package io.homecell.sync.ddl;

import com.github.shyiko.mysql.binlog.event.QueryEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A statement in the log, with the session's settings that MySQL's own applier takes over from it
 * (the event's "status variables"). The binlog client's own reader leaves them out.
 */
final class QueryEvent extends QueryEventData {
  private static final long serialVersionUID = 1L;

  private static final int NO_FOREIGN_KEY_CHECKS = 1 << 26;
  private static final int RELAXED_UNIQUE_CHECKS = 1 << 27;
  private static final int SCHEMAS_UNKNOWN = 254;

  private final LinkedHashMap<String, String> session = new LinkedHashMap<>();
  private int clientCollation = -1;
  private boolean exact = true;
  private byte[] text = {};

  private QueryEvent() {}

  /** Reads it; for one {@code EventDeserializer}. */
  static EventDataDeserializer<QueryEventData> reader() {
    return QueryEvent::read;
  }

  private static QueryEvent read(ByteArrayInputStream in) throws IOException {
    QueryEvent event = new QueryEvent();
    event.setThreadId(in.readLong(4));
    event.setExecutionTime(in.readLong(4));
    in.readInteger(1); // the length of the database's name, which ends with a zero
    event.setErrorCode(in.readInteger(2));
    byte[] status = in.read(in.readInteger(2));
    event.setDatabase(in.readZeroTerminatedString());
    event.text = in.read(in.available());
    event.setSql(new String(event.text, StandardCharsets.UTF_8));
    event.readStatus(ByteBuffer.wrap(status).order(ByteOrder.LITTLE_ENDIAN));
    return event;
  }

  /** The session's settings; empty if the event has something that this class does not know. */
  Optional<Map<String, String>> session() {
    return exact ? Optional.of(session) : Optional.empty();
  }

  /** Whether {@link #getSql} is what the client sent, and no other character set was used. */
  boolean isTextExact() {
    for (byte b : text) {
      if (b < 0) {
        return isUtf8(clientCollation);
      }
    }
    return true;
  }

  /** The numbers that MySQL 8 gives to the collations of utf8mb3 and utf8mb4. */
  private static boolean isUtf8(int collation) {
    return collation == 33
        || collation == 45
        || collation == 46
        || collation == 76
        || collation == 83
        || (collation >= 192 && collation <= 247)
        || (collation >= 255 && collation <= 323);
  }

  private void readStatus(ByteBuffer status) {
    while (status.hasRemaining() && exact) {
      readOne(status.get(), status);
    }
  }

  private void readOne(int code, ByteBuffer status) {
    switch (code) {
      case 0 -> readFlags(status.getInt());
      case 1 -> session.put("sql_mode", Long.toString(status.getLong()));
      case 3 -> {
        session.put("auto_increment_increment", Integer.toString(status.getShort() & 0xffff));
        session.put("auto_increment_offset", Integer.toString(status.getShort() & 0xffff));
      }
      case 4 -> {
        clientCollation = status.getShort() & 0xffff;
        session.put("collation_connection", Integer.toString(status.getShort() & 0xffff));
        session.put("collation_server", Integer.toString(status.getShort() & 0xffff));
      }
      case 5 -> session.put("time_zone", "'" + text(status).replace("'", "''") + "'");
      case 6 -> text(status); // the catalog, always "std"
      case 7 -> session.put("lc_time_names", Integer.toString(status.getShort() & 0xffff));
      case 8 -> status.getShort(); // the database's collation: no longer used by MySQL 8
      case 9, 17 -> status.getLong(); // tables of a multi-table update; the number of the DDL
      case 10 -> status.getInt(); // length of the original event
      case 11 -> { // who called it: two names
        text(status);
        text(status);
      }
      case 12 -> readSchemas(status);
      case 13 -> status.position(status.position() + 3); // microseconds
      case 16 -> session.put("explicit_defaults_for_timestamp", Integer.toString(status.get()));
      case 18 ->
          session.put(
              "default_collation_for_utf8mb4", Integer.toString(status.getShort() & 0xffff));
      case 19 -> session.put("sql_require_primary_key", Integer.toString(status.get()));
      case 20 -> status.get(); // encryption by default: each server's own decision
      default -> exact = false;
    }
  }

  private void readFlags(int flags) {
    session.put("foreign_key_checks", (flags & NO_FOREIGN_KEY_CHECKS) == 0 ? "1" : "0");
    session.put("unique_checks", (flags & RELAXED_UNIQUE_CHECKS) == 0 ? "1" : "0");
  }

  private static String text(ByteBuffer status) {
    byte[] bytes = new byte[status.get() & 0xff];
    status.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void readSchemas(ByteBuffer status) {
    int count = status.get() & 0xff;
    for (int i = 0; count != SCHEMAS_UNKNOWN && i < count; i++) {
      while (status.get() != 0) {
        // to the end of the name
      }
    }
  }
}
