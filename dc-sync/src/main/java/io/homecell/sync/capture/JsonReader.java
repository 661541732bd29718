package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.deserialization.AbstractRowsEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import com.github.shyiko.mysql.binlog.event.deserialization.json.JsonBinary;
import com.github.shyiko.mysql.binlog.event.deserialization.json.JsonFormatter;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;

/**
 * Reads MySQL's binary JSON as what writes the same value again: as text where text is enough, as
 * an SQL expression ({@link JsonValue}) where a part would become another type on the way through
 * text: a DECIMAL a double, a date a string.
 */
final class JsonReader extends JsonBinary {
  /** MySQL reads a number up to here from text as signed, a larger positive one as unsigned. */
  private static final long SIGNED_MAX = 0xFFFF_FFFFL;

  private final ByteArrayInputStream in;
  private final JsonWriter writer = new JsonWriter();

  private JsonReader(ByteArrayInputStream in) {
    super(in);
    this.in = in;
  }

  /** A {@link String}, or a {@link JsonValue}. */
  static Object read(byte[] binary) {
    if (binary.length == 0) {
      return "null"; // what MySQL takes an empty document for
    }
    JsonReader reader = new JsonReader(new ByteArrayInputStream(binary));
    try {
      reader.parse(reader.writer);
    } catch (IOException e) {
      throw new ReplicationHaltedException(
          Reason.VALUE_UNUSABLE, "a JSON value can't be read: " + e.getMessage(), e);
    }
    return reader.writer.value();
  }

  @Override
  protected void parseUInt16(JsonFormatter formatter) throws IOException {
    writer.unsigned(BigInteger.valueOf(readUInt16()));
  }

  @Override
  protected void parseUInt32(JsonFormatter formatter) throws IOException {
    writer.unsigned(BigInteger.valueOf(readUInt32()));
  }

  @Override
  protected void parseUInt64(JsonFormatter formatter) throws IOException {
    writer.unsigned(readUInt64());
  }

  @Override
  protected void parseInt64(JsonFormatter formatter) throws IOException {
    long value = readInt64();
    writer.number(Long.toString(value), Long.toString(value), value <= SIGNED_MAX);
  }

  @Override
  protected void parseOpaque(JsonFormatter formatter) throws IOException {
    int code = in.read();
    int length = readVariableInt();
    byte[] bytes = in.read(length);
    ColumnType type = ColumnType.byCode(code);
    if (type == ColumnType.NEWDECIMAL) {
      decimal(bytes);
    } else if (type == ColumnType.DATE
        && PackedTime.dateTime(packed(bytes)) instanceof LocalDateTime time) {
      LocalDate date = time.toLocalDate();
      writer.temporal(date.toString(), "DATE");
    } else if (type == ColumnType.DATETIME
        && PackedTime.dateTime(packed(bytes)) instanceof LocalDateTime time) {
      writer.temporal(
          "%s %02d:%02d:%02d.%06d"
              .formatted(
                  time.toLocalDate(),
                  time.getHour(),
                  time.getMinute(),
                  time.getSecond(),
                  time.getNano() / 1_000),
          "DATETIME(6)");
    } else if (type == ColumnType.TIME
        && PackedTime.time(packed(bytes)).abs().compareTo(Duration.ofDays(1)) < 0) {
      // MySQL reads a longer one back as another
      Duration time = PackedTime.time(packed(bytes));
      Duration size = time.abs();
      writer.temporal(
          "%s%02d:%02d:%02d.%06d"
              .formatted(
                  time.isNegative() ? "-" : "",
                  size.toHours(),
                  size.toMinutesPart(),
                  size.toSecondsPart(),
                  size.toNanosPart() / 1_000),
          "TIME(6)");
    } else {
      throw new ReplicationHaltedException(
          Reason.VALUE_UNUSABLE,
          "a JSON value holds a part of MySQL's type "
              + (type == null ? code : type)
              + ", which no statement writes again; store it as text or number instead");
    }
  }

  private static long packed(byte[] littleEndian) {
    return ByteBuffer.wrap(littleEndian).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private void decimal(byte[] bytes) {
    int precision = bytes[0];
    int scale = bytes[1];
    byte[] digits = Arrays.copyOfRange(bytes, 2, bytes.length);
    BigDecimal value = AbstractRowsEventDataDeserializer.asBigDecimal(precision, scale, digits);
    String text = value.toPlainString();
    writer.number(text, text.indexOf('.') < 0 ? text + "." : text, false); // else an integer
  }
}
