package io.homecell.trade.order;

import io.homecell.api.trade.OrderStatus;
import io.homecell.core.fence.Tx;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The statements on {@code trade.orders} and {@code trade.order_line}. No state. */
final class OrderRows {
  private static final String COLUMNS =
      "SELECT order_id, slot, user_id, merchant_id, total, status, version, payment_id, refund_id,"
          + " placed_at FROM trade.orders ";

  private OrderRows() {}

  static void insert(Tx tx, StoredOrder order, List<PricedLine> lines) throws SQLException {
    tx.update(
        "INSERT INTO trade.orders (order_id, slot, user_id, merchant_id, total, status, version,"
            + " placed_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        order.orderId(),
        order.slot(),
        order.userId(),
        order.merchantId(),
        order.total(),
        order.state().status().name(),
        order.state().version(),
        order.placedAt(),
        order.placedAt());
    for (int i = 0; i < lines.size(); i++) {
      PricedLine line = lines.get(i);
      tx.update(
          "INSERT INTO trade.order_line (order_id, line, slot, sku, quantity, price)"
              + " VALUES (?, ?, ?, ?, ?, ?)",
          order.orderId(),
          i + 1,
          order.slot(),
          line.sku(),
          line.quantity(),
          line.price());
    }
  }

  /** The order, locked until the transaction ends: every change of it goes through this. */
  static Optional<StoredOrder> lock(Tx tx, long orderId) throws SQLException {
    return tx.one(COLUMNS + "WHERE order_id = ? FOR UPDATE", OrderRows::order, orderId);
  }

  static Optional<StoredOrder> find(Tx tx, long orderId) throws SQLException {
    return tx.one(COLUMNS + "WHERE order_id = ?", OrderRows::order, orderId);
  }

  /**
   * Writes the next state of an order.
   *
   * @throws IllegalStateException if the row is not at the version before it: somebody changed it
   *     without the lock
   */
  static StoredOrder save(Tx tx, StoredOrder before, OrderState next, Instant now)
      throws SQLException {
    @Nullable Instant paidAt = next.status() == OrderStatus.PAID ? now : null;
    boolean refunded = next.status() == OrderStatus.CANCELLED && next.refundId().isPresent();
    int matched =
        tx.update(
            "UPDATE trade.orders SET status = ?, version = ?, payment_id = ?, refund_id = ?,"
                + " paid_at = COALESCE(paid_at, ?), refunded_at = ?, changed_at = ?"
                + " WHERE order_id = ? AND version = ?",
            next.status().name(),
            next.version(),
            boxed(next.paymentId()),
            boxed(next.refundId()),
            paidAt,
            refunded ? now : null,
            now,
            before.orderId(),
            before.state().version());
    if (matched != 1) {
      throw new IllegalStateException(
          "order " + before.orderId() + " is not at version " + before.state().version());
    }
    return before.with(next);
  }

  static List<PricedLine> lines(Tx tx, long orderId) throws SQLException {
    return tx.list(
        "SELECT sku, quantity, price FROM trade.order_line WHERE order_id = ? ORDER BY line",
        row -> new PricedLine(row.getString(1), row.getInt(2), row.getBigDecimal(3)),
        orderId);
  }

  /** The lines of several orders, by order. */
  static Map<Long, List<PricedLine>> lines(Tx tx, List<StoredOrder> orders) throws SQLException {
    Map<Long, List<PricedLine>> lines = new LinkedHashMap<>();
    for (StoredOrder order : orders) {
      lines.put(order.orderId(), new ArrayList<>());
    }
    if (!lines.isEmpty()) {
      tx.list(
          "SELECT order_id, sku, quantity, price FROM trade.order_line WHERE order_id IN ("
              + "?, ".repeat(lines.size() - 1)
              + "?) ORDER BY order_id, line",
          row ->
              lines
                  .computeIfAbsent(row.getLong(1), order -> new ArrayList<>())
                  .add(new PricedLine(row.getString(2), row.getInt(3), row.getBigDecimal(4))),
          lines.keySet().toArray());
    }
    return lines;
  }

  /** A user's orders below an id, the newest first: ids grow with time. */
  static List<StoredOrder> ofUser(Tx tx, long userId, long below, int atMost) throws SQLException {
    return tx.list(
        COLUMNS + "WHERE user_id = ? AND order_id < ? ORDER BY order_id DESC LIMIT " + atMost,
        OrderRows::order,
        userId,
        below);
  }

  /** Where a walk over orders of one status goes on. */
  record Position(Instant placedAt, long orderId) {
    static final Position START = new Position(Instant.EPOCH, 0);

    static Position of(StoredOrder order) {
      return new Position(order.placedAt(), order.orderId());
    }
  }

  /**
   * Orders of a status that was entered before a moment, the oldest first, whichever cell owns
   * them.
   *
   * @param enteredBefore compared with the last change
   */
  static List<StoredOrder> unchangedSince(
      Tx tx, OrderStatus status, Instant enteredBefore, Position after, int atMost)
      throws SQLException {
    return walk(tx, "changed_at", status, enteredBefore, after, atMost);
  }

  /** Orders of a status that were placed before a moment, the oldest first, whichever owns them. */
  static List<StoredOrder> placedBefore(
      Tx tx, OrderStatus status, Instant placedBefore, Position after, int atMost)
      throws SQLException {
    return walk(tx, "placed_at", status, placedBefore, after, atMost);
  }

  private static List<StoredOrder> walk(
      Tx tx, String column, OrderStatus status, Instant before, Position after, int atMost)
      throws SQLException {
    return tx.list(
        COLUMNS
            + "WHERE status = ? AND "
            + column
            + " < ? AND placed_at >= ? AND (placed_at > ? OR order_id > ?)"
            + " ORDER BY placed_at, order_id LIMIT "
            + atMost,
        OrderRows::order,
        status.name(),
        before,
        after.placedAt(),
        after.placedAt(),
        after.orderId());
  }

  private static StoredOrder order(ResultSet row) throws SQLException {
    return new StoredOrder(
        row.getLong("order_id"),
        row.getInt("slot"),
        row.getLong("user_id"),
        row.getLong("merchant_id"),
        row.getBigDecimal("total"),
        new OrderState(
            OrderStatus.valueOf(row.getString("status")),
            row.getLong("version"),
            optionalLong(row, "payment_id"),
            optionalLong(row, "refund_id")),
        row.getObject("placed_at", LocalDateTime.class).toInstant(ZoneOffset.UTC));
  }

  private static OptionalLong optionalLong(ResultSet row, String column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(value);
  }

  private static @Nullable Long boxed(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }
}
