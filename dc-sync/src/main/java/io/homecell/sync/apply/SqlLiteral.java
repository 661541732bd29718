package io.homecell.sync.apply;

import io.homecell.sync.capture.CharsetText;
import io.homecell.sync.capture.Choice;
import io.homecell.sync.capture.IrregularDate;
import io.homecell.sync.capture.JsonValue;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Writes exact values as literals that no content can break out of: text and bytes go as
 * hexadecimal digits, so nothing depends on quoting rules or the session's SQL mode.
 */
final class SqlLiteral {
  private static final HexFormat HEX = HexFormat.of();
  private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("uuuu-MM-dd");
  private static final DateTimeFormatter DATE_TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS");

  private SqlLiteral() {}

  static void append(StringBuilder sql, @Nullable Object value) {
    if (value == null) {
      sql.append("NULL");
    } else if (value instanceof String text) {
      sql.append("_utf8mb4 x'");
      HEX.formatHex(sql, text.getBytes(StandardCharsets.UTF_8));
      sql.append('\'');
    } else if (value instanceof byte[] bytes) {
      sql.append("x'");
      HEX.formatHex(sql, bytes);
      sql.append('\'');
    } else if (value instanceof CharsetText text) {
      sql.append('_').append(text.charset()).append(" x'").append(text.hex()).append('\'');
    } else if (value instanceof JsonValue json) {
      sql.append(json.sql());
    } else if (value instanceof Choice choice) {
      if (choice.isByNumber()) {
        sql.append(choice.literal());
      } else {
        append(sql, choice.name());
      }
    } else if (value instanceof Float number) {
      // the double that equals it: what a comparison with the column needs
      appendDouble(sql, number.doubleValue());
    } else if (value instanceof Double number) {
      appendDouble(sql, number);
    } else if (value instanceof LocalDateTime
        || value instanceof LocalDate
        || value instanceof IrregularDate
        || value instanceof Duration) {
      sql.append('\'').append(text(value)).append('\'');
    } else {
      sql.append(text(value));
    }
  }

  /** With an exponent always: without one it would be a DECIMAL, which has no -0. */
  private static void appendDouble(StringBuilder sql, double number) {
    String text = Double.toString(number);
    sql.append(text);
    if (text.indexOf('E') < 0) {
      sql.append("E0");
    }
  }

  /** As MySQL writes it, without quotes; bytes as {@code 0x...}. */
  static String text(Object value) {
    if (value instanceof Long
        || value instanceof String
        || value instanceof Float
        || value instanceof Double) {
      return value.toString();
    } else if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    } else if (value instanceof byte[] bytes) {
      return "0x" + HEX.formatHex(bytes);
    } else if (value instanceof CharsetText text) {
      return "0x" + text.hex();
    } else if (value instanceof JsonValue json) {
      return json.text();
    } else if (value instanceof Choice choice) {
      return text(choice.name());
    } else if (value instanceof IrregularDate date) {
      return date.text();
    } else if (value instanceof LocalDate date) {
      return DATE.format(date);
    } else if (value instanceof LocalDateTime time) {
      return DATE_TIME.format(time);
    } else if (value instanceof Duration time) {
      Duration size = time.abs();
      return "%s%02d:%02d:%02d.%06d"
          .formatted(
              time.isNegative() ? "-" : "",
              size.toHours(),
              size.toMinutesPart(),
              size.toSecondsPart(),
              size.toNanosPart() / 1_000);
    }
    throw new IllegalArgumentException("no literal for " + value.getClass().getName());
  }
}
