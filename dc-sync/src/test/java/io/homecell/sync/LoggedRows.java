package io.homecell.sync;

import com.github.shyiko.mysql.binlog.BinaryLogFileReader;
import com.github.shyiko.mysql.binlog.event.ByteArrayEventData;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.TableMapEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.ByteArrayEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializationException;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The rows that a server wrote into its log, as it stores them: a JSON part's type and digits, an
 * ENUM's number, the bytes of any value are seen, whatever queries show of them.
 */
final class LoggedRows {
  private LoggedRows() {}

  /**
   * By transaction and table: the images of its rows as hexadecimal digits, one behind the other,
   * whether an update changed a row's key or it was deleted and made anew.
   *
   * @param data the server's folder
   */
  static Map<String, String> read(Path data) throws IOException {
    Map<String, String> rows = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(data)) {
      List<Path> logs =
          files
              .filter(file -> file.getFileName().toString().matches("binlog\\.\\d+"))
              .sorted()
              .toList();
      for (Path log : logs) {
        read(log, rows);
      }
    }
    return rows;
  }

  private static void read(Path log, Map<String, String> rows) throws IOException {
    EventDeserializer deserializer = new EventDeserializer();
    for (EventType type :
        List.of(EventType.EXT_WRITE_ROWS, EventType.EXT_UPDATE_ROWS, EventType.EXT_DELETE_ROWS)) {
      deserializer.setEventDataDeserializer(type, new ByteArrayEventDataDeserializer());
    }
    Map<Long, String> tables = new HashMap<>();
    String gtid = "none";
    try (BinaryLogFileReader reader = new BinaryLogFileReader(log.toFile(), deserializer)) {
      for (Event event = next(reader); event != null; event = next(reader)) {
        if (event.getData() instanceof GtidEventData begin) {
          gtid = begin.getMySqlGtid().toString();
        } else if (event.getData() instanceof TableMapEventData map) {
          tables.put(map.getTableId(), map.getDatabase() + "." + map.getTable());
        } else if (event.getData() instanceof ByteArrayEventData data) {
          byte[] body = data.getData();
          rows.merge(gtid + " " + tables.get(id(body)), images(event, body), String::concat);
        }
      }
    }
  }

  /** Null behind the last whole event: the server may be writing another. */
  private static @Nullable Event next(BinaryLogFileReader reader) throws IOException {
    try {
      return reader.readEvent();
    } catch (EOFException beingWritten) {
      return null;
    } catch (EventDataDeserializationException e) {
      if (e.getCause() instanceof EOFException) {
        return null;
      }
      throw e;
    }
  }

  private static long id(byte[] body) {
    long id = 0;
    for (int i = 5; i >= 0; i--) {
      id = id << 8 | (body[i] & 0xff);
    }
    return id;
  }

  /** Behind number, flags, extra data, width and the columns that are there, which are all. */
  private static String images(Event event, byte[] body) {
    int extra = (body[8] & 0xff) | (body[9] & 0xff) << 8;
    int width = body[8 + extra] & 0xff;
    if (width > 250) {
      throw new IllegalArgumentException(width + " columns (expected: at most 250)");
    }
    int present = (width + 7) / 8;
    int maps = event.getHeader().getEventType() == EventType.EXT_UPDATE_ROWS ? 2 : 1;
    int from = 8 + extra + 1 + maps * present;
    return HexFormat.of().formatHex(Arrays.copyOfRange(body, from, body.length));
  }
}
