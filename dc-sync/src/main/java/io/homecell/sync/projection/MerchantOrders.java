package io.homecell.sync.projection;

import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The table {@code trade.merchant_order} of one cell.
 *
 * <p>Invariant: a row never goes back to an earlier version, whatever is repeated or comes late;
 * and it is written through the fence, so only by the owner of the merchant's slot. Tested by
 * {@code MerchantProjectionIT}.
 */
final class MerchantOrders {
  // An older version leaves every column as it is; version is set last, for MySQL assigns in order.
  private static final String UPSERT =
      """
      INSERT INTO trade.merchant_order
        (merchant_id, order_id, slot, user_id, total, status, version, placed_at, paid_at,
         refunded_at, changed_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) AS incoming
      ON DUPLICATE KEY UPDATE
        status = IF(incoming.version > merchant_order.version, incoming.status,
                    merchant_order.status),
        paid_at = IF(incoming.version > merchant_order.version, incoming.paid_at,
                     merchant_order.paid_at),
        refunded_at = IF(incoming.version > merchant_order.version, incoming.refunded_at,
                         merchant_order.refunded_at),
        changed_at = IF(incoming.version > merchant_order.version, incoming.changed_at,
                        merchant_order.changed_at),
        version = GREATEST(incoming.version, merchant_order.version)
      """;

  // Orders that the view lacks or shows in an earlier state, in pages by order id.
  private static final String BEHIND =
      """
      SELECT o.order_id, o.merchant_id, o.user_id, o.status, o.version, o.total, o.placed_at,
        o.paid_at, o.refunded_at, o.changed_at
      FROM trade.orders o
      LEFT JOIN trade.merchant_order m
        ON m.merchant_id = o.merchant_id AND m.order_id = o.order_id
      WHERE o.order_id > ? AND (m.version IS NULL OR m.version < o.version)
      ORDER BY o.order_id
      LIMIT ?
      """;

  private final FencedDatabase database;

  MerchantOrders(FencedDatabase database) {
    this.database = database;
  }

  /** Writes orders in one fenced transaction over the slots given as keys. */
  void write(Map<Integer, List<OrderImage>> bySlot) {
    database.write(
        bySlot.keySet(),
        tx -> {
          for (Map.Entry<Integer, List<OrderImage>> slot : bySlot.entrySet()) {
            for (OrderImage order : slot.getValue()) {
              upsert(tx, slot.getKey(), order);
            }
          }
          return bySlot.size();
        });
  }

  private static void upsert(Tx tx, int slot, OrderImage order) throws SQLException {
    tx.update(
        UPSERT,
        order.merchantId(),
        order.orderId(),
        slot,
        order.userId(),
        order.total(),
        order.status(),
        order.version(),
        order.placedAt(),
        order.paidAt().orElse(null),
        order.refundedAt().orElse(null),
        order.changedAt());
  }

  /** The next page of orders that the view of this cell lacks or shows in an earlier state. */
  List<OrderImage> behind(long afterOrderId, int limit) {
    return database.read(
        tx ->
            tx.list(
                BEHIND,
                row ->
                    new OrderImage(
                        row.getLong("order_id"),
                        row.getLong("merchant_id"),
                        row.getLong("user_id"),
                        row.getString("status"),
                        row.getLong("version"),
                        row.getBigDecimal("total"),
                        row.getObject("placed_at", LocalDateTime.class),
                        Optional.ofNullable(row.getObject("paid_at", LocalDateTime.class)),
                        Optional.ofNullable(row.getObject("refunded_at", LocalDateTime.class)),
                        row.getObject("changed_at", LocalDateTime.class)),
                afterOrderId,
                limit));
  }
}
