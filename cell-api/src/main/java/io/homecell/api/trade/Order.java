package io.homecell.api.trade;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An order as its user sees it. Ids and amounts are decimal text, times RFC 3339 in UTC.
 *
 * @param total what it costs, at the prices of the moment it was placed
 * @param version 1 when placed, one more with each change of status
 * @param paymentId the payment under way, or the one that paid
 */
public record Order(
    String orderId,
    String userId,
    String merchantId,
    String total,
    OrderStatus status,
    long version,
    @Nullable String paymentId,
    String placedAt,
    List<Line> lines) {
  public Order {
    lines = List.copyOf(lines);
  }

  /**
   * One line.
   *
   * @param price of one piece when the order was placed
   */
  public record Line(String sku, int quantity, String price) {}
}
