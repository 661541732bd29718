package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Turns Debezium's values into the exact ones of {@link Row}. What Debezium would not carry exactly
 * comes as {@link ExactConverter} let it through, told by the schema's name; the modes that the
 * rest relies on are set in {@link DebeziumCapture}.
 */
final class DebeziumValues {
  private DebeziumValues() {}

  static @Nullable Object exact(Field field, @Nullable Object value, LoggedOptions options) {
    if (value == null) {
      return null;
    }
    Schema schema = field.schema();
    String name = schema.name();
    return switch (name == null ? "" : name) {
      case ExactConverter.DATE -> PackedTime.date((Long) value);
      case ExactConverter.DATE_TIME -> PackedTime.dateTime((Long) value);
      case ExactConverter.TIMESTAMP -> PackedTime.timestamp((Long) value);
      case ExactConverter.TIME -> PackedTime.time((Long) value);
      case ExactConverter.YEAR -> value;
      case ExactConverter.JSON -> JsonReader.read((byte[]) value);
      case ExactConverter.GEOMETRY -> value;
      case ExactConverter.OPTIONS -> options.choice((String) value);
      case "io.debezium.data.Bits" -> reversed((byte[]) value);
      default -> {
        if (name != null && name.startsWith(ExactConverter.TEXT)) {
          yield CharsetText.exact(name.substring(ExactConverter.TEXT.length()), (byte[]) value);
        }
        yield plain(field.name(), name, value);
      }
    };
  }

  private static Object plain(String column, @Nullable String type, Object value) {
    if (value instanceof Byte || value instanceof Short || value instanceof Integer) {
      return ((Number) value).longValue();
    } else if (value instanceof Boolean bit) {
      return bit ? 1L : 0L;
    } else if (value instanceof ByteBuffer buffer) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.duplicate().get(bytes);
      return bytes;
    } else if (value instanceof Long
        || value instanceof BigDecimal
        || value instanceof String
        || value instanceof byte[]
        || value instanceof Float
        || value instanceof Double) {
      return value;
    }
    throw new ReplicationHaltedException(
        Reason.TABLE_UNUSABLE,
        "column "
            + column
            + ": "
            + value.getClass().getName()
            + " of type "
            + type
            + " is not carried over yet");
  }

  private static byte[] reversed(byte[] littleEndian) {
    byte[] bytes = new byte[littleEndian.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = littleEndian[bytes.length - 1 - i];
    }
    return bytes;
  }
}
