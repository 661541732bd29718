package io.homecell.sync.capture;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes a JSON value as text and as an SQL expression at once. */
final class JsonWriter {
  private static final HexFormat HEX = HexFormat.of();

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder sql = new StringBuilder();
  private boolean textual = true;
  private boolean scalar = true;

  /** A {@link String} if text is enough, else a {@link JsonValue}. */
  Object value() {
    if (textual) {
      return text.toString();
    }
    return new JsonValue(text.toString(), scalar ? "CAST(" + sql + " AS JSON)" : sql.toString());
  }

  /**
   * A number.
   *
   * @param exact whether MySQL reads the same type from the text again
   */
  void number(String shown, String expression, boolean exact) {
    text.append(shown);
    sql.append(expression);
    textual &= exact;
  }

  void signed(int number) {
    number(Integer.toString(number), Integer.toString(number), true);
  }

  void unsigned(BigInteger number) {
    number(
        number.toString(),
        "CAST(" + number + " AS UNSIGNED)",
        number.bitLength() > 32); // a smaller one would be read as signed
  }

  void real(double number) {
    String shown = Double.toString(number);
    number(shown, shown.indexOf('E') < 0 ? shown + "E0" : shown, true);
  }

  void truth(boolean truth) {
    number(Boolean.toString(truth), Boolean.toString(truth), true);
  }

  void nothing() {
    number("null", "NULL", true);
  }

  void temporal(String shown, String type) {
    text.append('"').append(shown).append('"');
    sql.append("CAST('").append(shown).append("' AS ").append(type).append(')');
    textual = false;
  }

  void string(String string) {
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

  void beginObject() {
    scalar = false;
    text.append('{');
    sql.append("JSON_OBJECT(");
  }

  void endObject() {
    text.append('}');
    sql.append(')');
  }

  void beginArray() {
    scalar = false;
    text.append('[');
    sql.append("JSON_ARRAY(");
  }

  void endArray() {
    text.append(']');
    sql.append(')');
  }

  /** A member's name; its value follows. */
  void name(String name) {
    string(name);
    text.append(':');
    sql.append(',');
  }

  /** Another element or member follows. */
  void next() {
    text.append(',');
    sql.append(',');
  }
}
