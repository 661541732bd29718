package io.homecell.sync.projection;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongToIntFunction;

/**
 * What a batch of order changes asks of this cell. Pure: a function of the changes and the owner.
 */
final class LatestOrders {
  private LatestOrders() {}

  /**
   * The last version of each order whose merchant's slot this cell owns, by slot. The others are
   * the business of the projection at the merchant's home, which sees the same orders through
   * replication.
   */
  static Map<Integer, List<OrderImage>> bySlot(
      Collection<OrderImage> changes, LongToIntFunction slotOf, IntPredicate ownedHere) {
    Map<Long, OrderImage> latest = new HashMap<>();
    for (OrderImage change : changes) {
      if (ownedHere.test(slotOf.applyAsInt(change.merchantId()))) {
        latest.merge(change.orderId(), change, (a, b) -> a.version() >= b.version() ? a : b);
      }
    }
    Map<Integer, List<OrderImage>> bySlot = new HashMap<>();
    for (OrderImage order : latest.values()) {
      bySlot
          .computeIfAbsent(slotOf.applyAsInt(order.merchantId()), slot -> new ArrayList<>())
          .add(order);
    }
    return bySlot;
  }
}
