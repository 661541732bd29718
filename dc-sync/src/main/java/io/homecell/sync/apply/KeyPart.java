package io.homecell.sync.apply;

import io.homecell.sync.capture.Choice;
import io.homecell.sync.capture.IrregularDate;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A column of a key, hashed so that two values which the server takes for equal give the same
 * number. Where that can't be said for sure, there is no number: a false conflict costs a wait, a
 * missed one the order. What is said here of collations is checked against the server by {@code
 * WriteSetIT}.
 *
 * @param prefix how many characters (or bytes) the key holds; {@link #WHOLE} for all
 */
record KeyPart(String column, Equality equality, int prefix) {
  static final int WHOLE = Integer.MAX_VALUE;

  /** By what the server tells values of the column apart. */
  enum Equality {
    /** Numbers, dates, bytes: by the value itself. */
    VALUE,
    /** Text by its characters; trailing blanks may count or not. */
    CHARACTERS,
    /**
     * Text by a collation in which the printable ASCII characters and the common Han characters
     * differ from each other, but for case; nothing is known of other characters.
     */
    LETTERS,
    /** Not known. */
    UNKNOWN
  }

  private static final Set<String> LETTER_COLLATIONS =
      Set.of(
          "ascii_general_ci",
          "utf8mb3_general_ci",
          "utf8mb3_unicode_ci",
          "utf8mb4_general_ci",
          "utf8mb4_unicode_ci",
          "utf8mb4_unicode_520_ci",
          "utf8mb4_0900_ai_ci",
          "utf8mb4_0900_as_ci",
          "utf8mb4_0900_as_cs");

  private static final Set<String> CHARACTER_COLLATIONS =
      Set.of("ascii_bin", "utf8mb3_bin", "utf8mb4_bin", "utf8mb4_0900_bin");

  private static final Set<String> BY_VALUE =
      Set.of(
          "tinyint",
          "smallint",
          "mediumint",
          "int",
          "bigint",
          "decimal",
          "float",
          "double",
          "bit",
          "year",
          "date",
          "datetime",
          "timestamp",
          "time",
          "binary",
          "varbinary",
          "tinyblob",
          "blob",
          "mediumblob",
          "longblob");

  static Equality equality(String dataType, @Nullable String collation) {
    if (collation != null) {
      String name = collation.toLowerCase(Locale.ROOT).replace("utf8_", "utf8mb3_");
      if (LETTER_COLLATIONS.contains(name)) {
        return Equality.LETTERS;
      }
      return CHARACTER_COLLATIONS.contains(name) ? Equality.CHARACTERS : Equality.UNKNOWN;
    }
    return BY_VALUE.contains(dataType.toLowerCase(Locale.ROOT)) ? Equality.VALUE : Equality.UNKNOWN;
  }

  /** Whether every value of the column has a number. */
  boolean alwaysKnown() {
    return equality == Equality.VALUE || equality == Equality.CHARACTERS;
  }

  /** The value's number; empty if it may equal values of any other number. */
  OptionalLong hash(Object value) {
    if (value instanceof Choice choice) {
      return OptionalLong.of(choice.number()); // whatever the names, the server goes by it
    }
    return switch (equality) {
      case VALUE -> OptionalLong.of(valueHash(value, prefix));
      case CHARACTERS ->
          OptionalLong.of(value instanceof String text ? characters(text, prefix) : 0);
      case LETTERS -> value instanceof String text ? letters(text, prefix) : OptionalLong.empty();
      case UNKNOWN -> OptionalLong.empty();
    };
  }

  private static long characters(String text, int prefix) {
    int end = text.length();
    if (prefix < end && text.codePointCount(0, end) > prefix) {
      end = text.offsetByCodePoints(0, prefix);
    }
    long hash = 0;
    for (int i = 0, stop = withoutBlanks(text, end); i < stop; i++) {
      hash = mix(hash, text.charAt(i));
    }
    return hash;
  }

  private static OptionalLong letters(String text, int prefix) {
    long hash = 0;
    for (int i = 0, stop = withoutBlanks(text, Math.min(text.length(), prefix)); i < stop; i++) {
      char c = text.charAt(i);
      if (!toldApart(c)) {
        return OptionalLong.empty();
      }
      hash = mix(hash, c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return OptionalLong.of(hash);
  }

  /** Characters that differ from each other in every collation of {@link Equality#LETTERS}. */
  static boolean toldApart(char c) {
    return (c >= ' ' && c <= '~') || (c >= '\u4E00' && c <= '\u9FA5');
  }

  private static int withoutBlanks(String text, int end) {
    int stop = end;
    while (stop > 0 && text.charAt(stop - 1) == ' ') {
      stop--;
    }
    return stop;
  }

  private static long valueHash(Object value, int prefix) {
    if (value instanceof Long number) {
      return number;
    } else if (value instanceof BigDecimal number) {
      return decimalHash(number);
    } else if (value instanceof byte[] bytes) {
      int end = Math.min(bytes.length, prefix);
      while (end > 0 && bytes[end - 1] == 0) {
        end--; // as BINARY pads
      }
      return Arrays.hashCode(Arrays.copyOf(bytes, end));
    } else if (value instanceof Float || value instanceof Double) {
      return Double.hashCode(((Number) value).doubleValue() + 0.0); // -0.0 equals 0.0
    } else if (value instanceof LocalDateTime
        || value instanceof LocalDate
        || value instanceof Duration
        || value instanceof IrregularDate) {
      return value.hashCode();
    }
    return 0; // none is known; all such are taken for equal
  }

  private static long decimalHash(BigDecimal number) {
    BigDecimal plain = number.stripTrailingZeros();
    return plain.scale() <= 0 && plain.toBigInteger().bitLength() < Long.SIZE
        ? plain.longValue()
        : plain.hashCode();
  }

  static long mix(long hash, long value) {
    long mixed = (hash ^ value) * 0x9E3779B97F4A7C15L;
    return mixed ^ (mixed >>> 29); // by 32 it would be undone by the hash of a Long
  }
}
