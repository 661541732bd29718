package io.homecell.trade.merchant;

import io.homecell.api.Page;
import io.homecell.api.trade.MerchantOrder;
import io.homecell.api.trade.OrderStatus;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.trade.list.Cursor;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A merchant's orders, from the projection that dc-sync writes into the merchant's own slot; a
 * moment behind the orders themselves. Safe for any number of threads.
 */
public final class MerchantView {
  private final FencedDatabase database;

  public MerchantView(FencedDatabase database) {
    this.database = database;
  }

  /**
   * A page of a merchant's orders, the newest first.
   *
   * @param cursor the {@code next} of the page before, if any
   */
  public Page<MerchantOrder> orders(long merchantId, @Nullable String cursor, int atMost) {
    long below = Cursor.readId(cursor, Long.MAX_VALUE);
    List<MerchantOrder> found =
        database.read(
            tx ->
                tx.list(
                    "SELECT order_id, merchant_id, user_id, total, status, version, placed_at"
                        + " FROM trade.merchant_order WHERE merchant_id = ? AND order_id < ?"
                        + " ORDER BY order_id DESC LIMIT "
                        + (atMost + 1),
                    MerchantView::order,
                    merchantId,
                    below));
    return Cursor.page(found, atMost, MerchantOrder::orderId);
  }

  private static MerchantOrder order(ResultSet row) throws SQLException {
    return new MerchantOrder(
        row.getString("order_id"),
        row.getString("merchant_id"),
        row.getString("user_id"),
        row.getBigDecimal("total").toPlainString(),
        OrderStatus.valueOf(row.getString("status")),
        row.getLong("version"),
        row.getObject("placed_at", LocalDateTime.class).toInstant(ZoneOffset.UTC).toString());
  }
}
