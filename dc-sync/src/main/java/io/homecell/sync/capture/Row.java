package io.homecell.sync.capture;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One image of a row. Values are null or exact: {@link Long}, {@link java.math.BigDecimal}, {@link
 * Float}, {@link Double}, {@link String} (text, JSON), {@link CharsetText}, {@link JsonValue},
 * {@link Choice} (ENUM, SET), {@code byte[]}, {@link java.time.LocalDate}, {@link
 * java.time.LocalDateTime} (DATETIME as written, TIMESTAMP in UTC), {@link IrregularDate}, {@link
 * java.time.Duration} (TIME). The arrays are not copied: whoever makes a row leaves them.
 */
public final class Row {
  private final List<String> columns;
  private final @Nullable Object[] values;

  /** A row; {@code columns} is shared between the rows of a table. */
  public Row(List<String> columns, @Nullable Object[] values) {
    if (columns.size() != values.length) {
      throw new IllegalArgumentException(
          "row: " + values.length + " values (expected: " + columns.size() + ")");
    }
    this.columns = columns;
    this.values = values;
  }

  public List<String> columns() {
    return columns;
  }

  /** The value at an index of {@link #columns}. */
  public @Nullable Object value(int index) {
    return values[index];
  }

  /** The value of a column, empty if the row has no such column or NULL in it. */
  public Optional<Object> value(String column) {
    int index = columns.indexOf(column);
    return index < 0 ? Optional.empty() : Optional.ofNullable(values[index]);
  }

  /** About how much memory it holds. */
  long bytes() {
    long bytes = 64;
    for (Object value : values) {
      bytes += bytes(value);
    }
    return bytes;
  }

  private static long bytes(@Nullable Object value) {
    if (value instanceof String text) {
      return 56 + 2L * text.length();
    } else if (value instanceof byte[] bytes) {
      return 24L + bytes.length;
    } else if (value instanceof CharsetText text) {
      return 56L + text.hex().length();
    } else if (value instanceof JsonValue json) {
      return 112 + 2L * json.text().length() + 2L * json.sql().length();
    }
    return 24;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Row row
        && row.columns.equals(columns)
        && Arrays.deepEquals(row.values, values);
  }

  @Override
  public int hashCode() {
    return 31 * columns.hashCode() + Arrays.deepHashCode(values);
  }

  @Override
  public String toString() {
    return columns + "=" + Arrays.deepToString(values);
  }
}
