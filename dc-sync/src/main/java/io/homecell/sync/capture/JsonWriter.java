package io.homecell.sync.capture;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes a JSON value as text and as an SQL expression at once. Not safe for several threads. */
public final class JsonWriter {
  private static final HexFormat HEX = HexFormat.of();

  /** The scale is at most 30 in MySQL, and the most digits of a column. */
  private static final int DECIMAL_DIGITS_MAX = 65;

  private static final int DECIMAL_WORD = 9;

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder sql = new StringBuilder();
  private final JsonColumns columns = new JsonColumns();
  private boolean textual = true;
  private boolean scalar = true;

  /** A {@link String} if text is enough, else a {@link JsonValue}. */
  public Object value() {
    if (textual) {
      return text.toString();
    }
    return new JsonValue(
        text.toString(), columns.around(scalar ? "CAST(" + sql + " AS JSON)" : sql.toString()));
  }

  private void part(String shown, String expression, boolean exact) {
    text.append(shown);
    sql.append(expression);
    textual &= exact;
  }

  /** A signed whole number. */
  public void signed(long number) {
    String shown = Long.toString(number);
    // a positive one beyond 32 bits would be read from text as unsigned
    part(shown, shown, number <= 0xFFFF_FFFFL);
  }

  /** An unsigned whole number. */
  public void unsigned(BigInteger number) {
    part(
        number.toString(),
        "CAST(" + number + " AS UNSIGNED)",
        number.bitLength() > 32); // a smaller one would be read as signed
  }

  /** A floating point number. */
  public void real(double number) {
    String shown = Double.toString(number);
    part(shown, shown.indexOf('E') < 0 ? shown + "E0" : shown, true);
  }

  /**
   * A decimal number.
   *
   * @param digits that the server keeps it with, at least its own
   */
  public void decimal(BigDecimal number, int digits) {
    String shown = number.toPlainString();
    String literal = shown.indexOf('.') < 0 ? shown + "." : shown; // else an integer
    int whole = digits - number.scale();
    if (digits == Math.max(number.precision(), number.scale() + 1)) {
      part(shown, literal, false);
    } else if ((whole > 0 && whole % DECIMAL_WORD == 0) || digits > DECIMAL_DIGITS_MAX) {
      // a cast keeps whole words of digits, a column only those that are not zero
      String type = "DECIMAL(" + Math.min(digits, DECIMAL_DIGITS_MAX) + "," + number.scale() + ")";
      part(shown, "CAST(" + literal + " AS " + type + ")", false);
    } else if (columns.areFull()) {
      part(shown, literal, false); // the same number at least
    } else {
      String type = "DECIMAL(" + digits + "," + number.scale() + ")";
      part(shown, columns.add(literal, type, 32), false);
    }
  }

  /** A boolean. */
  public void truth(boolean truth) {
    part(Boolean.toString(truth), Boolean.toString(truth), true);
  }

  /** A null. */
  public void nothing() {
    part("null", "NULL", true);
  }

  /**
   * A date, or a date and time, any that MySQL holds.
   *
   * @param type {@code DATE}, {@code DATETIME(6)} or {@code TIMESTAMP(6)}
   */
  public void date(String shown, String type) {
    part('"' + shown + '"', columns.add("'" + shown + "'", type, 8), false);
  }

  /** A time of day or a span, as MySQL shows it: {@code [-]hours:mm:ss.ffffff}. */
  public void time(String shown) {
    int colon = shown.indexOf(':');
    String sign = shown.startsWith("-") ? "-" : "";
    int hours = Integer.parseInt(shown.substring(sign.length(), colon));
    String literal = "'" + shown + "'";
    if (hours >= 32) {
      // Up to 8.0 the server keeps the hours of a TIME within JSON as five bits under a count of
      // days (100 become 76), so the time that becomes this one is given to such a server.
      String before = sign + (hours / 24 * 32 + hours % 24) + shown.substring(colon);
      literal =
          "IF(CAST(JSON_ARRAY(CAST('32:00:00' AS TIME)) AS CHAR) LIKE '[\"32%',"
              + literal
              + ",'"
              + before
              + "')";
    }
    part('"' + shown + '"', "CAST(" + literal + " AS TIME(6))", false);
  }

  /**
   * Bytes of a type that JSON itself does not know.
   *
   * @param type MySQL's code of it
   * @return whether it can be written
   */
  public boolean opaque(int type, byte[] bytes) {
    String shown =
        "\"base64:type" + type + ":" + java.util.Base64.getEncoder().encodeToString(bytes) + '"';
    String literal = "x'" + HEX.formatHex(bytes) + "'";
    switch (type) {
      case 15 -> part(shown, literal, false); // VARCHAR: every expression of bytes
      case 16 -> {
        if (bytes.length == 0 || bytes.length > Long.BYTES) {
          return false;
        }
        String number = new BigInteger(1, bytes).toString();
        part(shown, columns.add(number, "BIT(" + 8 * bytes.length + ")", 8), false);
      }
      case 249 -> part(shown, columns.add(literal, "TINYBLOB", 12), false);
      case 250 -> part(shown, columns.add(literal, "MEDIUMBLOB", 12), false);
      case 251 -> part(shown, columns.add(literal, "LONGBLOB", 12), false);
      case 252 -> part(shown, columns.add(literal, "BLOB", 12), false);
      case 254 ->
          part(shown, columns.add(literal, "BINARY(" + bytes.length + ")", bytes.length), false);
      default -> {
        return false;
      }
    }
    return true;
  }

  /** A string. */
  public void string(String string) {
    text.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (c == '"' || c == '\\') {
        text.append('\\').append(c);
      } else if (c < ' ') {
        text.append("\\u00").append(HEX.toHexDigits((byte) c));
      } else {
        text.append(c);
      }
    }
    text.append('"');
    sql.append("_utf8mb4 x'");
    HEX.formatHex(sql, string.getBytes(StandardCharsets.UTF_8));
    sql.append('\'');
  }

  /** An object; names and values follow. */
  public void beginObject() {
    scalar = false;
    text.append('{');
    sql.append("JSON_OBJECT(");
  }

  /** The end of an object. */
  public void endObject() {
    text.append('}');
    sql.append(')');
  }

  /** An array; values follow. */
  public void beginArray() {
    scalar = false;
    text.append('[');
    sql.append("JSON_ARRAY(");
  }

  /** The end of an array. */
  public void endArray() {
    text.append(']');
    sql.append(')');
  }

  /** A member's name; its value follows. */
  public void name(String name) {
    string(name);
    text.append(':');
    sql.append(',');
  }

  /** Another element or member follows. */
  public void next() {
    text.append(',');
    sql.append(',');
  }
}
