package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.deserialization.AbstractRowsEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;

/** Reads the values of one column, which are not NULL, as {@link Row} wants them. */
@FunctionalInterface
interface BinlogColumn {
  /** The charset of bytes that are no text. */
  String BINARY = "binary";

  /** Reads one value, and no byte more. */
  Object read(Bytes in);

  /**
   * The reader of a column, by what the table map says of it.
   *
   * @param type as the server wrote it, with an ENUM's or SET's own type in place of STRING
   * @param meta the type's two bytes, the first one high; one byte for types that have one
   * @param charset of text; {@value #BINARY} else
   * @param options of an ENUM or a SET
   */
  static BinlogColumn of(
      ColumnType type, int meta, boolean unsigned, String charset, ColumnOptions options) {
    return switch (type) {
      case TINY -> integer(1, unsigned);
      case SHORT -> integer(2, unsigned);
      case INT24 -> integer(3, unsigned);
      case LONG -> integer(4, unsigned);
      case LONGLONG -> unsigned ? in -> unsignedLong(in.littleEndian(8)) : integer(8, false);
      case FLOAT -> in -> Float.intBitsToFloat((int) in.littleEndian(4));
      case DOUBLE -> in -> Double.longBitsToDouble(in.littleEndian(8));
      case NEWDECIMAL -> decimal(meta >> 8, meta & 0xff);
      case BIT -> bits(meta);
      case YEAR -> PackedTime::readYear;
      case DATE -> in -> PackedTime.date(PackedTime.readDate(in));
      case TIME_V2 -> in -> PackedTime.time(PackedTime.readTime(meta, in));
      case DATETIME_V2 -> in -> PackedTime.dateTime(PackedTime.readDateTime(meta, in));
      case TIMESTAMP_V2 -> in -> PackedTime.timestamp(PackedTime.readTimestamp(meta, in));
      case VARCHAR, VAR_STRING -> {
        // the two bytes are one number, its low byte first
        int lengthBytes = (meta >> 8 | (meta & 0xff) << 8) < 256 ? 1 : 2;
        yield charset.equals(BINARY)
            ? in -> counted(lengthBytes, in)
            : in -> CharsetText.exact(charset, counted(lengthBytes, in));
      }
      case STRING -> fixedLength(meta, charset);
      case BLOB ->
          charset.equals(BINARY)
              ? in -> counted(meta, in)
              : in -> CharsetText.exact(charset, counted(meta, in));
      case GEOMETRY -> in -> counted(meta, in);
      case JSON -> in -> JsonReader.read(counted(meta, in));
      case ENUM -> in -> options.one((int) in.littleEndian(meta & 0xff));
      case SET -> in -> options.all(in.littleEndian(meta & 0xff));
      case TIMESTAMP, DATETIME, TIME ->
          in -> {
            throw RawRows.oldFormat(type.name());
          };
      default ->
          in -> {
            throw new ReplicationHaltedException(
                Reason.TABLE_UNUSABLE, "a column of type " + type + " is not carried over yet");
          };
    };
  }

  private static byte[] counted(int lengthBytes, Bytes in) {
    return in.take((int) in.littleEndian(lengthBytes));
  }

  private static BinlogColumn integer(int length, boolean unsigned) {
    return unsigned ? in -> in.littleEndian(length) : in -> in.signed(length);
  }

  private static BigDecimal unsignedLong(long bits) {
    return bits >= 0
        ? BigDecimal.valueOf(bits)
        : new BigDecimal(new BigInteger(Long.toUnsignedString(bits)));
  }

  private static BinlogColumn decimal(int precision, int scale) {
    int length = decimalBytes(precision - scale) + decimalBytes(scale);
    return in -> AbstractRowsEventDataDeserializer.asBigDecimal(precision, scale, in.take(length));
  }

  /** Nine digits take four bytes, what is left of them less. */
  private static int decimalBytes(int digits) {
    return digits / 9 * 4 + (digits % 9 + 1) / 2;
  }

  private static BinlogColumn bits(int meta) {
    int more = meta >> 8;
    int length = (meta & 0xff) + (more > 0 ? 1 : 0);
    if (length == 1 && more == 1) {
      return in -> in.littleEndian(1);
    }
    return in -> in.take(length);
  }

  /** CHAR without the spaces that it ends with, BINARY with its zeros again. */
  private static BinlogColumn fixedLength(int meta, String charset) {
    // two bits of the length are in the type's byte, inverted
    int length = (((meta >> 8 & 0x30) ^ 0x30) << 4) | (meta & 0xff);
    int lengthBytes = length < 256 ? 1 : 2;
    return charset.equals(BINARY)
        ? in -> Arrays.copyOf(counted(lengthBytes, in), length)
        : in -> CharsetText.exact(charset, counted(lengthBytes, in));
  }
}
