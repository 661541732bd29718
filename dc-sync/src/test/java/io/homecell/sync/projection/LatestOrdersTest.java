package io.homecell.sync.projection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LatestOrdersTest {
  private static final long MERCHANT_IN_SLOT_5 = (7L << 10) | 5;
  private static final long MERCHANT_IN_SLOT_6 = (7L << 10) | 6;

  @Test
  void theLastVersionOfEachOrderRemains() {
    assertThat(
            LatestOrders.bySlot(
                List.of(
                    order(1, MERCHANT_IN_SLOT_5, 1),
                    order(2, MERCHANT_IN_SLOT_5, 1),
                    order(1, MERCHANT_IN_SLOT_5, 3),
                    order(1, MERCHANT_IN_SLOT_5, 2)),
                id -> (int) (id & 1023),
                slot -> true))
        .isEqualTo(
            Map.of(5, List.of(order(1, MERCHANT_IN_SLOT_5, 3), order(2, MERCHANT_IN_SLOT_5, 1))));
  }

  @Test
  void whatAnotherCellOwnsIsLeftOut() {
    assertThat(
            LatestOrders.bySlot(
                List.of(order(1, MERCHANT_IN_SLOT_5, 1), order(2, MERCHANT_IN_SLOT_6, 1)),
                id -> (int) (id & 1023),
                slot -> slot == 6))
        .isEqualTo(Map.of(6, List.of(order(2, MERCHANT_IN_SLOT_6, 1))));
  }

  @Test
  void aRowOfTheBinlogIsRead() {
    OrderImage order =
        OrderImage.ofColumns(
            Map.of(
                "order_id", "11",
                "merchant_id", "7173",
                "user_id", "3",
                "status", "PAID",
                "version", "4",
                "total", "12.30",
                "placed_at", "2026-11-22 10:00:00.120000",
                "paid_at", "2026-11-22 10:00:01",
                "changed_at", "2026-11-22 10:00:01.5"));
    assertThat(order.total()).isEqualTo(new BigDecimal("12.30"));
    assertThat(order.placedAt()).isEqualTo(LocalDateTime.of(2026, 11, 22, 10, 0, 0, 120_000_000));
    assertThat(order.paidAt()).contains(LocalDateTime.of(2026, 11, 22, 10, 0, 1));
    assertThat(order.refundedAt()).isEmpty();
  }

  @Test
  void aRowWithoutAColumnIsNamed() {
    assertThatThrownBy(() -> OrderImage.ofColumns(Map.of("order_id", "11")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lacks column merchant_id");
  }

  static OrderImage order(long id, long merchant, long version) {
    LocalDateTime at = LocalDateTime.of(2026, 11, 22, 10, 0);
    return new OrderImage(
        id,
        merchant,
        3,
        "PLACED",
        version,
        new BigDecimal("9.00"),
        at,
        Optional.empty(),
        Optional.empty(),
        at);
  }
}
