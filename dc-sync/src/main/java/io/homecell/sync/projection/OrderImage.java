package io.homecell.sync.projection;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Map;
import java.util.Optional;

/**
 * One row of {@code trade.orders} at one version.
 *
 * @param version grows with each change of the order: the higher one is the later state
 * @param placedAt in UTC, as the other times
 */
record OrderImage(
    long orderId,
    long merchantId,
    long userId,
    String status,
    long version,
    BigDecimal total,
    LocalDateTime placedAt,
    Optional<LocalDateTime> paidAt,
    Optional<LocalDateTime> refundedAt,
    LocalDateTime changedAt) {

  private static final DateTimeFormatter MYSQL_DATETIME =
      new DateTimeFormatterBuilder()
          .appendPattern("yyyy-MM-dd HH:mm:ss")
          .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
          .toFormatter(java.util.Locale.ROOT);

  /**
   * Reads a row image of the binlog.
   *
   * @param columns the text of each column by name
   * @throws IllegalArgumentException if a column is missing or not of its form
   */
  static OrderImage ofColumns(Map<String, String> columns) {
    try {
      return new OrderImage(
          Long.parseLong(column(columns, "order_id")),
          Long.parseLong(column(columns, "merchant_id")),
          Long.parseLong(column(columns, "user_id")),
          column(columns, "status"),
          Long.parseLong(column(columns, "version")),
          new BigDecimal(column(columns, "total")),
          time(columns, "placed_at").orElseThrow(() -> missing(columns, "placed_at")),
          time(columns, "paid_at"),
          time(columns, "refunded_at"),
          time(columns, "changed_at").orElseThrow(() -> missing(columns, "changed_at")));
    } catch (NumberFormatException | java.time.format.DateTimeParseException e) {
      throw new IllegalArgumentException("row of trade.orders: " + columns, e);
    }
  }

  private static String column(Map<String, String> columns, String name) {
    String value = columns.get(name);
    if (value == null) {
      throw missing(columns, name);
    }
    return value;
  }

  private static Optional<LocalDateTime> time(Map<String, String> columns, String name) {
    return Optional.ofNullable(columns.get(name))
        .map(text -> LocalDateTime.parse(text, MYSQL_DATETIME));
  }

  private static IllegalArgumentException missing(Map<String, String> columns, String name) {
    return new IllegalArgumentException(
        "row of trade.orders lacks column " + name + " (has " + columns.keySet() + ")");
  }
}
