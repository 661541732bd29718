package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.deserialization.AbstractRowsEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;

/**
 * Reads MySQL's binary JSON as what writes the same value again: as text where text is enough, as
 * an SQL expression ({@link JsonValue}) where a part would become another type on the way through
 * text: a DECIMAL a double, a date a string.
 *
 * <p>The binlog client has a reader of this format, too, which takes a small unsigned number inside
 * an object for a signed one and extends the sign of a large one. The format is described at the
 * head of {@code sql-common/json_binary.h} of MySQL's source.
 */
final class JsonReader {
  private static final int SMALL_OBJECT = 0;
  private static final int LARGE_OBJECT = 1;
  private static final int SMALL_ARRAY = 2;
  private static final int LARGE_ARRAY = 3;
  private static final int LITERAL = 4;
  private static final int INT16 = 5;
  private static final int UINT16 = 6;
  private static final int INT32 = 7;
  private static final int UINT32 = 8;
  private static final int INT64 = 9;
  private static final int UINT64 = 10;
  private static final int DOUBLE = 11;
  private static final int STRING = 12;
  private static final int OPAQUE = 15;

  private final ByteBuffer in;
  private final JsonWriter out = new JsonWriter();

  private JsonReader(byte[] binary) {
    this.in = ByteBuffer.wrap(binary).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A {@link String}, or a {@link JsonValue}. */
  static Object read(byte[] binary) {
    if (binary.length == 0) {
      return "null"; // what MySQL takes an empty document for
    }
    JsonReader reader = new JsonReader(binary);
    try {
      reader.value(reader.in.get(0), 1);
    } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
      throw unusable("a JSON value ends within a part of it");
    }
    return reader.out.value();
  }

  private void value(int type, int at) {
    switch (type) {
      case SMALL_OBJECT -> object(at, false);
      case LARGE_OBJECT -> object(at, true);
      case SMALL_ARRAY -> array(at, false);
      case LARGE_ARRAY -> array(at, true);
      case LITERAL -> literal(in.get(at));
      case INT16 -> out.signed(in.getShort(at));
      case UINT16 -> out.unsigned(BigInteger.valueOf(Short.toUnsignedInt(in.getShort(at))));
      case INT32 -> out.signed(in.getInt(at));
      case UINT32 -> out.unsigned(BigInteger.valueOf(Integer.toUnsignedLong(in.getInt(at))));
      case INT64 -> out.signed(in.getLong(at));
      case UINT64 -> out.unsigned(new BigInteger(Long.toUnsignedString(in.getLong(at))));
      case DOUBLE -> out.real(in.getDouble(at));
      case STRING -> {
        in.position(at);
        out.string(text(length()));
      }
      case OPAQUE -> opaque(at);
      default -> throw unusable("a JSON value holds a part of unknown kind: " + type);
    }
  }

  private void literal(int literal) {
    switch (literal) {
      case 0 -> out.nothing();
      case 1 -> out.truth(true);
      case 2 -> out.truth(false);
      default -> throw unusable("a JSON value holds an unknown literal: " + literal);
    }
  }

  private void object(int start, boolean large) {
    int word = large ? 4 : 2;
    int members = word(start, large);
    int keys = start + 2 * word;
    int values = keys + members * (word + 2);
    out.beginObject();
    for (int i = 0; i < members; i++) {
      if (i > 0) {
        out.next();
      }
      int key = keys + i * (word + 2);
      in.position(start + word(key, large));
      out.name(text(Short.toUnsignedInt(in.getShort(key + word))));
      entry(start, values + i * (word + 1), large);
    }
    out.endObject();
  }

  private void array(int start, boolean large) {
    int word = large ? 4 : 2;
    int elements = word(start, large);
    out.beginArray();
    for (int i = 0; i < elements; i++) {
      if (i > 0) {
        out.next();
      }
      entry(start, start + 2 * word + i * (word + 1), large);
    }
    out.endArray();
  }

  /** What fits into the place of an offset stands there itself. */
  private void entry(int start, int at, boolean large) {
    int type = in.get(at);
    boolean here =
        type == LITERAL
            || type == INT16
            || type == UINT16
            || (large && (type == INT32 || type == UINT32));
    value(type, here ? at + 1 : start + word(at + 1, large));
  }

  private int word(int at, boolean large) {
    return large ? in.getInt(at) : Short.toUnsignedInt(in.getShort(at));
  }

  /** Seven bits in each byte, the lowest first; the top bit says that more follow. */
  private int length() {
    int length = 0;
    for (int shift = 0; ; shift += 7) {
      byte part = in.get();
      length |= (part & 0x7f) << shift;
      if (part >= 0) {
        return length;
      }
    }
  }

  private byte[] bytes(int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return bytes;
  }

  private String text(int length) {
    return new String(bytes(length), StandardCharsets.UTF_8);
  }

  private void opaque(int at) {
    in.position(at);
    int code = in.get() & 0xff;
    byte[] value = bytes(length());
    if (code == ColumnType.NEWDECIMAL.getCode()) {
      decimal(value);
    } else if (code == ColumnType.DATE.getCode()) {
      out.date(PackedTime.text(packed(value)).substring(0, "2026-01-01".length()), "DATE");
    } else if (code == ColumnType.DATETIME.getCode()) {
      out.date(PackedTime.text(packed(value)), "DATETIME(6)");
    } else if (code == ColumnType.TIMESTAMP.getCode()) {
      out.date(PackedTime.text(packed(value)), "TIMESTAMP(6)");
    } else if (code == ColumnType.TIME.getCode()) {
      time(PackedTime.time(packed(value)));
    } else if (!out.opaque(code, value)) {
      throw unusable(
          "a JSON value holds "
              + value.length
              + " bytes of MySQL's type "
              + code
              + ", which no statement writes again; store it as text or number instead");
    }
  }

  private void time(Duration time) {
    Duration size = time.abs();
    out.time(
        "%s%02d:%02d:%02d.%06d"
            .formatted(
                time.isNegative() ? "-" : "",
                size.toHours(),
                size.toMinutesPart(),
                size.toSecondsPart(),
                size.toNanosPart() / 1_000));
  }

  private static long packed(byte[] littleEndian) {
    return ByteBuffer.wrap(littleEndian).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private void decimal(byte[] bytes) {
    int precision = bytes[0];
    int scale = bytes[1];
    byte[] digits = Arrays.copyOfRange(bytes, 2, bytes.length);
    BigDecimal value = AbstractRowsEventDataDeserializer.asBigDecimal(precision, scale, digits);
    out.decimal(value, precision);
  }

  private static ReplicationHaltedException unusable(String why) {
    return new ReplicationHaltedException(Reason.VALUE_UNUSABLE, why);
  }
}
