package io.homecell.api.trade;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /orders} as it was sent: every part may be missing, trade-cell answers
 * 400 then.
 *
 * @param userId who orders: decimal text; must be the caller
 * @param merchantId who sells: decimal text
 */
public record NewOrder(
    @Nullable String userId, @Nullable String merchantId, @Nullable List<@Nullable Line> lines) {

  /** How many of what; the price is the catalog's. */
  public record Line(@Nullable String sku, @Nullable Integer quantity) {}
}
