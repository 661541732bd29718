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

  static @Nullable Object exact(Field field, @Nullable Object value) {
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
      case "io.debezium.data.Enum", "io.debezium.data.EnumSet" -> option(field, (String) value);
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

  /**
   * Debezium gives options by name. The empty name stands for no member of a SET and for MySQL's
   * invalid value of an ENUM: where a member has it, too, they can't be told apart.
   */
  private static String option(Field field, String option) {
    if (option.isEmpty()
        || option.startsWith(",")
        || option.endsWith(",")
        || option.contains(",,")) {
      String all = "," + field.schema().parameters().get("allowed") + ",";
      if (all.contains(",,")) {
        throw new ReplicationHaltedException(
            Reason.VALUE_UNUSABLE,
            "column "
                + field.name()
                + " has a member with the empty name, which is not told from none; rename it");
      }
    }
    return unescaped(option);
  }

  private static byte[] reversed(byte[] littleEndian) {
    byte[] bytes = new byte[littleEndian.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = littleEndian[bytes.length - 1 - i];
    }
    return bytes;
  }

  /**
   * Debezium gives an option as it stands in the table's definition, with MySQL's escapes, and a
   * comma with one of its own.
   */
  static String unescaped(String option) {
    if (option.indexOf('\\') < 0) {
      return option;
    }
    StringBuilder text = new StringBuilder(option.length());
    for (int i = 0; i < option.length(); i++) {
      char c = option.charAt(i);
      if (c == '\\' && i + 1 < option.length()) {
        i++;
        c =
            switch (option.charAt(i)) {
              case '0' -> '\0';
              case 'n' -> '\n';
              case 'r' -> '\r';
              default -> option.charAt(i);
            };
      }
      text.append(c);
    }
    return text.toString();
  }
}
