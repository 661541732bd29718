package io.homecell.sync.capture;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * MySQL's packed temporal values: read from the binlog as one number each, and from that number as
 * what they mean. A DATETIME is {@code (((year * 13 + month) << 5 | day) << 17 | hour << 12 |
 * minute << 6 | second) << 24 | microsecond}; a TIME the same from the hour on, negative as a
 * whole; a DATE is {@code year << 9 | month << 5 | day}; a TIMESTAMP microseconds from 1970 on, 0
 * for the zero date.
 */
final class PackedTime {
  private static final String ZERO = "0000-00-00 00:00:00.000000";
  private static final DateTimeFormatter WRITTEN =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");
  private static final int FRACTION_BITS = 24;
  private static final long FRACTION_MASK = (1L << FRACTION_BITS) - 1;

  private PackedTime() {}

  static long readDate(Bytes in) {
    return in.littleEndian(3);
  }

  static long readDateTime(int digits, Bytes in) {
    long whole = in.bigEndian(5) - 0x80_0000_0000L;
    return (whole << FRACTION_BITS) + micros(digits, in);
  }

  static long readTimestamp(int digits, Bytes in) {
    long seconds = in.bigEndian(4);
    return seconds * 1_000_000 + micros(digits, in);
  }

  static long readTime(int digits, Bytes in) {
    long whole = in.bigEndian(3) - 0x80_0000L;
    int bytes = fractionBytes(digits);
    long fraction = in.bigEndian(bytes);
    if (bytes == 3) {
      return (whole << FRACTION_BITS) + fraction;
    }
    if (whole < 0 && fraction != 0) {
      // the two parts are one number in two's complement
      whole++;
      fraction -= 1L << (8 * bytes);
    }
    return (whole << FRACTION_BITS) + fraction * (bytes == 1 ? 10_000 : 100);
  }

  /** 0 for the year 0000. */
  static long readYear(Bytes in) {
    int year = in.unsignedByte();
    return year == 0 ? 0L : 1900L + year;
  }

  /** How many bytes the digits behind the second take. */
  static int fractionBytes(int digits) {
    return (digits + 1) / 2;
  }

  private static long micros(int digits, Bytes in) {
    return switch (fractionBytes(digits)) {
      case 0 -> 0;
      case 1 -> in.bigEndian(1) * 10_000;
      case 2 -> in.bigEndian(2) * 100;
      default -> in.bigEndian(3);
    };
  }

  /** A {@link LocalDate}, or an {@link IrregularDate} if no calendar has it. */
  static Object date(long packed) {
    int day = (int) (packed & 31);
    int month = (int) (packed >> 5 & 15);
    int year = (int) (packed >> 9);
    try {
      return LocalDate.of(year, month, day);
    } catch (DateTimeException e) {
      return new IrregularDate("%04d-%02d-%02d".formatted(year, month, day));
    }
  }

  /** A {@link LocalDateTime}, or an {@link IrregularDate} if no calendar has it. */
  static Object dateTime(long packed) {
    int micros = (int) (packed & FRACTION_MASK);
    long whole = packed >> FRACTION_BITS;
    int second = (int) (whole & 63);
    int minute = (int) (whole >> 6 & 63);
    int hour = (int) (whole >> 12 & 31);
    int day = (int) (whole >> 17 & 31);
    int yearMonth = (int) (whole >> 22);
    int year = yearMonth / 13;
    int month = yearMonth % 13;
    try {
      return LocalDateTime.of(year, month, day, hour, minute, second, micros * 1_000);
    } catch (DateTimeException e) {
      return new IrregularDate(
          "%04d-%02d-%02d %02d:%02d:%02d.%06d"
              .formatted(year, month, day, hour, minute, second, micros));
    }
  }

  /** A DATETIME as MySQL writes it with six digits behind the second. */
  static String text(long packed) {
    Object time = dateTime(packed);
    if (time instanceof LocalDateTime regular) {
      return WRITTEN.format(regular);
    }
    return ((IrregularDate) time).text();
  }

  /** A {@link LocalDateTime} in UTC, or an {@link IrregularDate} for the zero date. */
  static Object timestamp(long micros) {
    if (micros == 0) {
      return new IrregularDate(ZERO);
    }
    return LocalDateTime.ofInstant(
        Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L),
        ZoneOffset.UTC);
  }

  static Duration time(long packed) {
    long size = Math.abs(packed);
    long whole = size >> FRACTION_BITS;
    Duration time =
        Duration.ofHours(whole >> 12)
            .plusMinutes(whole >> 6 & 63)
            .plusSeconds(whole & 63)
            .plusNanos((size & FRACTION_MASK) * 1_000);
    return packed < 0 ? time.negated() : time;
  }
}
