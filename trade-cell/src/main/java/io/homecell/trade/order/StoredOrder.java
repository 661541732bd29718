package io.homecell.trade.order;

import io.homecell.api.trade.Order;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** An order as its row holds it. The slot is its user's. */
record StoredOrder(
    long orderId,
    int slot,
    long userId,
    long merchantId,
    BigDecimal total,
    OrderState state,
    Instant placedAt) {

  StoredOrder with(OrderState next) {
    return new StoredOrder(orderId, slot, userId, merchantId, total, next, placedAt);
  }

  /** What its user is answered. */
  Order view(List<PricedLine> lines) {
    return new Order(
        Long.toString(orderId),
        Long.toString(userId),
        Long.toString(merchantId),
        total.toPlainString(),
        state.status(),
        state.version(),
        text(state.paymentId()),
        placedAt.toString(),
        lines.stream()
            .map(l -> new Order.Line(l.sku(), l.quantity(), l.price().toPlainString()))
            .toList());
  }

  private static @Nullable String text(OptionalLong id) {
    return id.isPresent() ? Long.toString(id.getAsLong()) : null;
  }
}
