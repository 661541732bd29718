package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.jspecify.annotations.Nullable;

/**
 * Turns Debezium's values into the exact ones of {@link Row}. Debezium tells temporal types by the
 * schema's name; the modes that this relies on are set in {@link DebeziumCapture}.
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
      case "io.debezium.time.Date" -> LocalDate.ofEpochDay(((Number) value).longValue());
      case "io.debezium.time.Timestamp" -> utc(((Number) value).longValue(), TimeUnit.MILLISECONDS);
      case "io.debezium.time.MicroTimestamp" ->
          utc(((Number) value).longValue(), TimeUnit.MICROSECONDS);
      case "io.debezium.time.ZonedTimestamp" ->
          LocalDateTime.ofInstant(OffsetDateTime.parse((String) value).toInstant(), ZoneOffset.UTC);
      case "io.debezium.time.MicroTime" ->
          Duration.ofNanos(TimeUnit.MICROSECONDS.toNanos(((Number) value).longValue()));
      case "io.debezium.data.Enum", "io.debezium.data.EnumSet" -> unescaped((String) value);
      case "io.debezium.data.Bits" -> reversed((byte[]) value);
      default -> plain(field.name(), name, value);
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

  /** About how much memory a value holds. */
  static long bytes(@Nullable Object value) {
    if (value instanceof String text) {
      return 56 + 2L * text.length();
    } else if (value instanceof byte[] bytes) {
      return 24L + bytes.length;
    }
    return 24;
  }

  private static LocalDateTime utc(long amount, TimeUnit unit) {
    long micros = unit.toMicros(amount);
    long seconds = Math.floorDiv(micros, 1_000_000L);
    long rest = Math.floorMod(micros, 1_000_000L);
    return LocalDateTime.ofInstant(Instant.ofEpochSecond(seconds, rest * 1_000), ZoneOffset.UTC);
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
