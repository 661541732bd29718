package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import com.github.shyiko.mysql.binlog.event.deserialization.json.JsonFormatter;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes a JSON value as text and as an SQL expression at once. */
final class JsonWriter implements JsonFormatter {
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

  void unsigned(BigInteger number) {
    number(
        number.toString(),
        "CAST(" + number + " AS UNSIGNED)",
        number.bitLength() > 32); // a smaller one would be read as signed
  }

  void temporal(String shown, String type) {
    text.append('"').append(shown).append('"');
    sql.append("CAST('").append(shown).append("' AS ").append(type).append(')');
    textual = false;
  }

  @Override
  public void beginObject(int members) {
    scalar = false;
    text.append('{');
    sql.append("JSON_OBJECT(");
  }

  @Override
  public void beginArray(int elements) {
    scalar = false;
    text.append('[');
    sql.append("JSON_ARRAY(");
  }

  @Override
  public void endObject() {
    text.append('}');
    sql.append(')');
  }

  @Override
  public void endArray() {
    text.append(']');
    sql.append(')');
  }

  @Override
  public void name(String name) {
    value(name);
    text.append(':');
    sql.append(',');
  }

  @Override
  public void nextEntry() {
    text.append(',');
    sql.append(',');
  }

  @Override
  public void value(String string) {
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

  @Override
  public void value(int number) {
    number(Integer.toString(number), Integer.toString(number), true);
  }

  @Override
  public void value(long number) {
    throw unusable("integer"); // JsonReader tells the kinds of integers apart
  }

  @Override
  public void value(BigInteger number) {
    throw unusable("integer");
  }

  @Override
  public void value(double number) {
    String shown = Double.toString(number);
    number(shown, shown.indexOf('E') < 0 ? shown + "E0" : shown, true);
  }

  @Override
  public void value(boolean truth) {
    number(Boolean.toString(truth), Boolean.toString(truth), true);
  }

  @Override
  public void valueNull() {
    number("null", "NULL", true);
  }

  @Override
  public void value(BigDecimal number) {
    throw unusable("decimal");
  }

  @Override
  public void valueYear(int year) {
    throw unusable("year");
  }

  @Override
  public void valueDate(int year, int month, int day) {
    throw unusable("date");
  }

  @Override
  public void valueDatetime(
      int year, int month, int day, int hour, int minute, int second, int micros) {
    throw unusable("datetime");
  }

  @Override
  public void valueTime(int hour, int minute, int second, int micros) {
    throw unusable("time");
  }

  @Override
  public void valueTimestamp(long seconds, int micros) {
    throw unusable("timestamp");
  }

  @Override
  public void valueOpaque(ColumnType type, byte[] bytes) {
    throw unusable(String.valueOf(type));
  }

  private static ReplicationHaltedException unusable(String kind) {
    return new ReplicationHaltedException(
        Reason.VALUE_UNUSABLE, "a JSON value holds a part of unknown kind: " + kind);
  }
}
