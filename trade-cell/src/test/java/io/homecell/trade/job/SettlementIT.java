package io.homecell.trade.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.trade.SettlementResult;
import io.homecell.api.trade.StaleJobException;
import io.homecell.core.http.ProblemException;
import io.homecell.trade.MeddlingRoutes;
import io.homecell.trade.TradeDatabase;
import io.homecell.trade.merchant.MerchantView;
import io.homecell.trade.merchant.Settlement;
import io.homecell.trade.order.Expiry;
import java.math.BigDecimal;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Settlement and the merchant's list, over a merchant view as the projection leaves it. */
@ExtendWith(TradeDatabase.Extension.class)
@Timeout(180)
class SettlementIT {
  private static final String DAY = "2026-03-14";
  private static final String ROWS =
      "SELECT merchant_id, day, slot, paid_orders, paid_total, refunded_orders, refunded_total,"
          + " settled_at FROM trade.settlement ORDER BY merchant_id";

  private final TradeDatabase cell;
  private final JobRuns runs;
  private final long alice;
  private final long bob;
  private final long southern;

  SettlementIT(TradeDatabase cell) {
    this.cell = cell;
    Clock clock = Clock.systemUTC();
    runs =
        new JobRuns(
            TradeDatabase.CELL,
            new Settlement(TradeDatabase.CELL, cell.database(), cell.routes(), clock),
            new Expiry(
                TradeDatabase.CELL, cell.database(), cell.routes(), clock, Duration.ofMinutes(15)));
    alice = cell.newId(5);
    bob = cell.newId(6);
    southern = cell.newId(900);
  }

  @BeforeEach
  void fill() {
    cell.execute(
        "DELETE FROM homecell.hc_job",
        "DELETE FROM trade.settlement",
        "DELETE FROM trade.merchant_order");
    sold(alice, "10.00", "PAID", "2026-03-14 00:00:00", null);
    sold(alice, "0.50", "PAID", "2026-03-14 23:59:59.999999", null);
    sold(alice, "7.00", "CANCELLED", "2026-03-13 23:59:59.999999", "2026-03-14 12:00:00");
    sold(alice, "3.00", "PAID", "2026-03-15 00:00:00", null);
    sold(bob, "4.00", "CANCELLED", "2026-03-14 08:00:00", "2026-03-20 08:00:00");
    sold(bob, "9.00", "PLACED", null, null);
    sold(southern, "100.00", "PAID", "2026-03-14 08:00:00", null);
  }

  private void sold(
      long merchant,
      String total,
      String status,
      @Nullable String paid,
      @Nullable String refunded) {
    int slot = cell.slots().of(merchant);
    cell.execute(
        ("INSERT INTO trade.merchant_order"
                + " VALUES (%d, %d, %d, 42, %s, '%s', 3, '2026-03-13', %s, %s, NOW(6))")
            .formatted(
                merchant, cell.newId(9), slot, total, status, quoted(paid), quoted(refunded)));
  }

  private static String quoted(@Nullable String time) {
    return time == null ? "NULL" : "'" + time + "'";
  }

  @Test
  void sumsWhatWasPaidAndRefundedOnTheDay() {
    SettlementResult result = runs.settle(TradeDatabase.CELL, DAY, 1);

    assertThat(result)
        .isEqualTo(
            new SettlementResult(
                TradeDatabase.CELL, DAY, 2, 3, new BigDecimal("14.50"), 1, new BigDecimal("7.00")));
    assertThat(cell.rows(ROWS.replace(", settled_at", "")))
        .containsExactly(
            alice + " 2026-03-14 5 2 10.50 1 7.00", bob + " 2026-03-14 6 1 4.00 0 0.00");
  }

  @Test
  void settlingAgainTouchesNothing() {
    SettlementResult first = runs.settle(TradeDatabase.CELL, DAY, 1);
    List<String> rows = cell.rows(ROWS);

    assertThat(runs.settle(TradeDatabase.CELL, DAY, 2)).isEqualTo(first);
    assertThat(cell.rows(ROWS)).isEqualTo(rows);
  }

  @Test
  void settlingAgainTakesWhatHasArrivedSince() {
    runs.settle(TradeDatabase.CELL, DAY, 1);
    sold(alice, "1.00", "PAID", "2026-03-14 10:00:00", null);

    runs.settle(TradeDatabase.CELL, DAY, 1);

    assertThat(cell.rows("SELECT paid_total FROM trade.settlement WHERE merchant_id = " + alice))
        .containsExactly("11.50");
  }

  @Test
  void anOlderRunIsRefusedAndWritesNothing() {
    assertThat(runs.settle(TradeDatabase.CELL, "2020-01-01", 5).merchants()).isZero();

    assertThatThrownBy(() -> runs.settle(TradeDatabase.CELL, DAY, 4))
        .isInstanceOfSatisfying(
            StaleJobException.class,
            e -> {
              assertThat(e.job()).isEqualTo("settlement");
              assertThat(e.epoch()).isEqualTo(4);
              assertThat(e.newest()).isEqualTo(5);
            });
    assertThat(cell.rows(ROWS)).isEmpty();
    assertThat(runs.settle(TradeDatabase.CELL, DAY, 5).merchants()).isEqualTo(2);
  }

  @Test
  void aRunThatIsOvertakenAfterItsBeginningIsRefused() {
    Settlement overtaken =
        new Settlement(
            TradeDatabase.CELL,
            cell.database(),
            new MeddlingRoutes(
                cell.routes(), () -> cell.execute("UPDATE homecell.hc_job SET epoch = 5")),
            Clock.systemUTC());

    assertThatThrownBy(() -> overtaken.settle(LocalDate.parse(DAY), new JobEpoch("settlement", 4)))
        .isInstanceOf(StaleJobException.class);
    assertThat(cell.rows(ROWS)).isEmpty();
  }

  @Test
  void anotherCellsRunAndNonsenseAreRefused() {
    assertThatThrownBy(() -> runs.settle("south-1", DAY, 1))
        .isInstanceOf(ProblemException.class)
        .hasMessage("cell: 'south-1' (expected: north-1)");
    assertThatThrownBy(() -> runs.settle(TradeDatabase.CELL, "yesterday", 1))
        .isInstanceOf(ProblemException.class)
        .hasMessageContaining("'yesterday'");
    assertThatThrownBy(() -> runs.expireOrders("south-1", 1)).isInstanceOf(ProblemException.class);
  }

  @Test
  void aMerchantSeesEachOrderOnce() {
    MerchantView view = new MerchantView(cell.database());

    assertThat(view.orders(alice, null, 3).items()).hasSize(3);
    assertThat(view.orders(alice, view.orders(alice, null, 3).next(), 3).items()).hasSize(1);
    assertThat(view.orders(alice, null, 50).items())
        .extracting(order -> order.total() + " " + order.status())
        .containsExactly("3.00 PAID", "7.00 CANCELLED", "0.50 PAID", "10.00 PAID");
    assertThat(view.orders(cell.newId(5), null, 3).items()).isEmpty();
  }
}
