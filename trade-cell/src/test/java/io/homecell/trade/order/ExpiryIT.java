package io.homecell.trade.order;

import static io.homecell.trade.order.PaymentIT.atOnce;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.trade.NewOrder;
import io.homecell.api.trade.OrderStatus;
import io.homecell.api.trade.StaleJobException;
import io.homecell.core.rpc.CallUnknownException;
import io.homecell.trade.FakeAccounts;
import io.homecell.trade.MeddlingRoutes;
import io.homecell.trade.TradeDatabase;
import io.homecell.trade.job.JobEpoch;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Expiry by a clock that the test moves. */
@ExtendWith(TradeDatabase.Extension.class)
@Timeout(180)
class ExpiryIT {
  private static final Duration UNPAID_FOR = Duration.ofMinutes(15);
  private static final int SLOT = 60;

  /** A clock that stands until it is moved. */
  private static final class StandingClock extends Clock {
    private volatile Instant now = Instant.now();

    void move(Duration by) {
      now = now.plus(by);
    }

    @Override
    public Instant instant() {
      return now;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }

  private final TradeDatabase cell;
  private final StandingClock clock = new StandingClock();
  private final FakeAccounts accounts = new FakeAccounts();
  private final Orders orders;
  private final Payments payments;
  private final Expiry expiry;
  private long user;

  ExpiryIT(TradeDatabase cell) {
    this.cell = cell;
    orders = new Orders(cell.database(), cell.slots(), cell.ids(), clock);
    payments = new Payments(cell.database(), cell.slots(), cell.ids(), accounts, clock);
    expiry = new Expiry(TradeDatabase.CELL, cell.database(), cell.routes(), clock, UNPAID_FOR);
  }

  @BeforeEach
  void newUser() {
    user = cell.newId(SLOT);
    accounts.open(user, "100.00");
    cell.execute("DELETE FROM homecell.hc_job", "DELETE FROM trade.orders");
  }

  private Caller caller() {
    return Caller.remembered(user, UUID.randomUUID().toString(), "0".repeat(64));
  }

  private static JobEpoch run(long epoch) {
    return new JobEpoch("expire-orders", epoch);
  }

  private long place() {
    return place(user);
  }

  private long place(long by) {
    NewOrder body =
        new NewOrder(Long.toString(by), "7", List.of(new NewOrder.Line("tea-green", 1)));
    Caller caller = Caller.remembered(by, UUID.randomUUID().toString(), "0".repeat(64));
    return Long.parseLong(orders.place(caller, body).orderId());
  }

  private OrderStatus status(long orderId) {
    return orders.order(user, orderId).status();
  }

  @Test
  void onlyUnpaidOrdersOfAgeExpire() {
    long old = place();
    long paid = place();
    payments.pay(caller(), paid);
    long paying = place();
    accounts.nextMeets(FakeAccounts.Trouble.NOT_REACHED);
    assertThatThrownBy(() -> payments.pay(caller(), paying))
        .isInstanceOf(CallUnknownException.class);
    clock.move(UNPAID_FOR);
    long young = place();
    assertThat(expiry.run(run(1))).isZero();
    clock.move(Duration.ofSeconds(1));

    assertThat(expiry.run(run(1))).isEqualTo(1);

    assertThat(status(old)).isEqualTo(OrderStatus.CANCELLED);
    assertThat(status(paid)).isEqualTo(OrderStatus.PAID);
    assertThat(status(paying)).isEqualTo(OrderStatus.PAYING);
    assertThat(status(young)).isEqualTo(OrderStatus.PLACED);
    assertThat(expiry.run(run(1))).isZero();
  }

  @Test
  void anOlderRunIsRefusedAndChangesNothing() {
    long orderId = place();
    clock.move(UNPAID_FOR.plusSeconds(1));
    cell.execute("INSERT INTO homecell.hc_job VALUES ('expire-orders', 8)");

    assertThatThrownBy(() -> expiry.run(run(7)))
        .isInstanceOfSatisfying(StaleJobException.class, e -> assertThat(e.newest()).isEqualTo(8));
    assertThat(status(orderId)).isEqualTo(OrderStatus.PLACED);

    assertThat(expiry.run(run(9))).isEqualTo(1);
    assertThat(cell.rows("SELECT epoch FROM homecell.hc_job WHERE job = 'expire-orders'"))
        .containsExactly("9");
    assertThatThrownBy(() -> expiry.run(run(8))).isInstanceOf(StaleJobException.class);
  }

  @Test
  void aRunThatIsOvertakenAfterItsBeginningIsRefused() {
    long orderId = place();
    clock.move(UNPAID_FOR.plusSeconds(1));
    Expiry overtaken =
        new Expiry(
            TradeDatabase.CELL,
            cell.database(),
            new MeddlingRoutes(
                cell.routes(), () -> cell.execute("UPDATE homecell.hc_job SET epoch = 8")),
            clock,
            UNPAID_FOR);

    assertThatThrownBy(() -> overtaken.run(run(7))).isInstanceOf(StaleJobException.class);
    assertThat(status(orderId)).isEqualTo(OrderStatus.PLACED);
  }

  @Test
  void manyOrdersOfManySlotsExpireInBatches() {
    for (int slot = 100; slot < 103; slot++) {
      long by = cell.newId(slot);
      for (int i = 0; i < 50; i++) {
        place(by);
      }
    }
    clock.move(UNPAID_FOR.plusSeconds(1));

    assertThat(expiry.run(run(1))).isEqualTo(150);

    assertThat(cell.rows("SELECT DISTINCT status, version FROM trade.orders"))
        .containsExactly("CANCELLED 2");
  }

  @Test
  void aSlotThatMovedAwayIsLeftAlone() {
    long orderId = place();
    long other = cell.newId(61);
    place(other);
    clock.move(UNPAID_FOR.plusSeconds(1));
    cell.closeSlot(SLOT);
    try {
      assertThat(expiry.run(run(1))).isEqualTo(1);
    } finally {
      cell.openSlot(SLOT);
    }
    assertThat(status(orderId)).isEqualTo(OrderStatus.PLACED);
    assertThat(expiry.run(run(1))).isEqualTo(1);
  }

  @Test
  void anExpiryAgainstAPaymentHasOneWinner() throws Exception {
    for (int round = 0; round < 20; round++) {
      accounts.open(user, "100.00");
      long orderId = place();
      clock.move(UNPAID_FOR.plusSeconds(1));
      List<String> outcomes = new ArrayList<>();
      outcomes.addAll(
          atOnce(
              2,
              i ->
                  i == 0
                      ? () -> payments.pay(caller(), orderId).status().name()
                      : () -> "expired " + expiry.run(run(1))));

      if (status(orderId) == OrderStatus.PAID) {
        assertThat(outcomes).containsExactly("PAID", "expired 0");
        assertThat(accounts.balance(user)).isEqualTo("91.10");
      } else {
        assertThat(outcomes).containsExactly("already-cancelled", "expired 1");
        assertThat(accounts.balance(user)).isEqualTo("100.00");
      }
    }
  }
}
