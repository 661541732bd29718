package io.homecell.trade.order;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Collection;

/**
 * A line of an order at the price of the moment it was placed. Amounts have two digits after the
 * point; no rounding ever happens, because a quantity is a whole number.
 *
 * @param quantity 1 to {@link #QUANTITY_MAX}
 * @param price of one piece, positive
 */
record PricedLine(String sku, int quantity, BigDecimal price) {
  static final int QUANTITY_MAX = 10_000;
  static final int LINES_MAX = 100;

  /** The largest amount that a {@code DECIMAL(18,2)} holds. */
  static final BigDecimal TOTAL_MAX = new BigDecimal("9999999999999999.99");

  PricedLine {
    if (quantity < 1 || quantity > QUANTITY_MAX) {
      throw new IllegalArgumentException(
          "quantity: " + quantity + " (expected: 1 to " + QUANTITY_MAX + ")");
    }
    if (price.signum() <= 0) {
      throw new IllegalArgumentException("price: " + price + " (expected: > 0)");
    }
    price = price.setScale(2, RoundingMode.UNNECESSARY);
  }

  BigDecimal amount() {
    return price.multiply(BigDecimal.valueOf(quantity));
  }

  /**
   * What an order of these lines costs.
   *
   * @throws IllegalArgumentException if that is more than {@link #TOTAL_MAX}
   */
  static BigDecimal totalOf(Collection<PricedLine> lines) {
    BigDecimal total = BigDecimal.ZERO.setScale(2);
    for (PricedLine line : lines) {
      total = total.add(line.amount());
    }
    if (total.compareTo(TOTAL_MAX) > 0) {
      throw new IllegalArgumentException("total: " + total + " (expected: <= " + TOTAL_MAX + ")");
    }
    return total;
  }
}
