package io.homecell.trade.order;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.trade.NewOrder;
import io.homecell.api.trade.Order;
import io.homecell.api.trade.OrderStatus;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.http.ProblemException;
import io.homecell.core.rpc.CallUnknownException;
import io.homecell.trade.FakeAccounts;
import io.homecell.trade.TradeDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Payments and refunds, whatever breaks: the account is debited once, credited once. */
@ExtendWith(TradeDatabase.Extension.class)
@Timeout(180)
class PaymentIT {
  private static final String HASH = "0".repeat(64);
  private static final int SLOT = 17;

  private final TradeDatabase cell;
  private final FakeAccounts accounts = new FakeAccounts();
  private final Orders orders;
  private final Payments payments;
  private final Cancellations cancellations;
  private final Recovery recovery;
  private long user;
  private int keys;

  PaymentIT(TradeDatabase cell) {
    this.cell = cell;
    Clock clock = Clock.systemUTC();
    orders = new Orders(cell.database(), cell.slots(), cell.ids(), clock);
    payments = new Payments(cell.database(), cell.slots(), cell.ids(), accounts, clock);
    cancellations = new Cancellations(cell.database(), cell.slots(), cell.ids(), accounts, clock);
    recovery =
        new Recovery(
            TradeDatabase.CELL,
            cell.database(),
            cell.routes(),
            payments,
            cancellations,
            clock,
            Duration.ZERO,
            new SimpleMeterRegistry());
  }

  @BeforeEach
  void openAccount() {
    cell.execute("DELETE FROM trade.orders");
    user = cell.newId(SLOT);
    accounts.open(user, "100.00");
  }

  private Caller caller() {
    return Caller.remembered(user, "key-" + ++keys, HASH);
  }

  /** An order of 8.90. */
  private long place() {
    NewOrder body =
        new NewOrder(
            Long.toString(user),
            Long.toString(cell.newId(3)),
            List.of(new NewOrder.Line("tea-green", 1)));
    return Long.parseLong(orders.place(caller(), body).orderId());
  }

  private Order order(long orderId) {
    return orders.order(user, orderId);
  }

  @Test
  void paysOnceAndAnswersTheSameForTheSameKey() {
    long orderId = place();
    Caller caller = caller();
    Order paid = payments.pay(caller, orderId);

    assertThat(paid.status()).isEqualTo(OrderStatus.PAID);
    assertThat(paid.version()).isEqualTo(3);
    assertThat(paid.paymentId()).isNotNull();
    assertThat(payments.pay(caller, orderId)).isEqualTo(paid);
    assertThat(accounts.balance(user)).isEqualTo("91.10");
    assertThat(accounts.calls()).isEqualTo(1);
    assertProblem(409, "already-paid", () -> payments.pay(caller(), orderId));
    assertProblem(
        422,
        "idempotency-key-reused",
        () -> payments.pay(Caller.remembered(user, caller.key().key(), "1".repeat(64)), orderId));
  }

  @Test
  void whatWasRefusedBecauseAnotherPaymentWasUnderWayStaysRefused() {
    long orderId = place();
    accounts.nextMeets(FakeAccounts.Trouble.values()[0]);
    assertThatThrownBy(() -> payments.pay(caller(), orderId))
        .isInstanceOf(CallUnknownException.class);
    Caller second = caller();
    assertProblem(409, "payment-under-way", () -> payments.pay(second, orderId));
    Caller third = caller();
    assertProblem(409, "payment-under-way", () -> cancellations.cancel(third, orderId));
    assertThat(recovery.runOnce()).isEqualTo(1);
    assertProblem(409, "payment-under-way", () -> payments.pay(second, orderId));
    assertProblem(409, "payment-under-way", () -> cancellations.cancel(third, orderId));
    assertThat(order(orderId).status()).isEqualTo(OrderStatus.PAID);
  }

  @Test
  void theAnswerOfAPaymentStaysTheFirstOneAfterACancellation() {
    long orderId = place();
    Caller pay = caller();
    Order paid = payments.pay(pay, orderId);
    cancellations.cancel(caller(), orderId);

    assertThat(payments.pay(pay, orderId)).isEqualTo(paid);
    assertThat(order(orderId).status()).isEqualTo(OrderStatus.CANCELLED);
    assertThat(accounts.balance(user)).isEqualTo("100.00");
  }

  @ParameterizedTest
  @EnumSource
  void aRequestThatComesAgainJoinsThePaymentUnderWay(FakeAccounts.Trouble trouble) {
    long orderId = place();
    Caller caller = caller();
    accounts.nextMeets(trouble);
    assertThatThrownBy(() -> payments.pay(caller, orderId))
        .isInstanceOf(CallUnknownException.class);
    assertThat(order(orderId).status()).isEqualTo(OrderStatus.PAYING);
    assertProblem(409, "payment-under-way", () -> payments.pay(caller(), orderId));
    assertProblem(409, "payment-under-way", () -> cancellations.cancel(caller(), orderId));
    assertProblem(
        422,
        "idempotency-key-reused",
        () -> payments.pay(Caller.remembered(user, caller.key().key(), "1".repeat(64)), orderId));

    Order paid = payments.pay(caller, orderId);

    assertThat(paid.status()).isEqualTo(OrderStatus.PAID);
    assertThat(accounts.balance(user)).isEqualTo("91.10");
  }

  @ParameterizedTest
  @EnumSource
  void recoveryCompletesAPaymentAndKeepsItsAnswer(FakeAccounts.Trouble trouble) {
    long orderId = place();
    Caller caller = caller();
    accounts.nextMeets(trouble);
    assertThatThrownBy(() -> payments.pay(caller, orderId))
        .isInstanceOf(CallUnknownException.class);

    assertThat(recovery.runOnce()).isEqualTo(1);
    Order paid = order(orderId);

    assertThat(paid.status()).isEqualTo(OrderStatus.PAID);
    assertThat(payments.pay(caller, orderId)).isEqualTo(paid);
    assertThat(recovery.runOnce()).isZero();
    assertThat(accounts.balance(user)).isEqualTo("91.10");
  }

  @Test
  void aSlotThatMovesBetweenTheTwoTransactionsLosesNothing() {
    long orderId = place();
    Caller caller = caller();
    accounts.pauseCalls(() -> cell.closeSlot(SLOT));
    try {
      assertThatThrownBy(() -> payments.pay(caller, orderId)).isInstanceOf(NotHomeException.class);
      assertThat(accounts.balance(user)).isEqualTo("91.10");
      accounts.pauseCalls(() -> {});
      assertThat(recovery.runOnce()).isZero();
      assertThatThrownBy(() -> payments.pay(caller, orderId)).isInstanceOf(NotHomeException.class);
    } finally {
      cell.openSlot(SLOT);
    }
    Order paid = payments.pay(caller, orderId);

    assertThat(paid.status()).isEqualTo(OrderStatus.PAID);
    assertThat(accounts.balance(user)).isEqualTo("91.10");
  }

  @Test
  void aLeaseThatEndsBetweenTheTwoTransactionsIsNotCalledWithoutEffect() {
    long orderId = place();
    Caller caller = caller();
    accounts.pauseCalls(
        () -> cell.execute("UPDATE homecell.hc_lease SET expires_at = '2000-01-01'"));
    try {
      assertThatThrownBy(() -> payments.pay(caller, orderId))
          .isInstanceOf(CallUnknownException.class)
          .hasMessageContaining("is under way");
    } finally {
      accounts.pauseCalls(() -> {});
      cell.execute("UPDATE homecell.hc_lease SET expires_at = '2100-01-01'");
    }
    assertThat(recovery.runOnce()).isEqualTo(1);
    assertThat(accounts.balance(user)).isEqualTo("91.10");
  }

  @Test
  void aRefusedPaymentLeavesTheOrderPayable() {
    accounts.open(user, "5.00");
    long orderId = place();
    Caller caller = caller();
    assertProblem(409, "not-enough-funds", () -> payments.pay(caller, orderId));
    Order placed = order(orderId);
    assertThat(placed.status()).isEqualTo(OrderStatus.PLACED);
    assertThat(placed.version()).isEqualTo(3);
    assertThat(placed.paymentId()).isNull();

    accounts.open(user, "8.90");
    // a duplicate that comes late pays nothing: its sender was told that it was refused
    assertProblem(409, "not-enough-funds", () -> payments.pay(caller, orderId));
    assertThat(order(orderId).version()).isEqualTo(3);
    Order paid = payments.pay(caller(), orderId);

    assertThat(paid.status()).isEqualTo(OrderStatus.PAID);
    assertThat(paid.version()).isEqualTo(5);
    assertThat(accounts.balance(user)).isEqualTo("0.00");
    assertThat(
            cell.rows(
                "SELECT state FROM trade.payment WHERE order_id = " + orderId + " ORDER BY 1"))
        .containsExactly("DEBITED", "REFUSED");
  }

  @Test
  void recoveryOfARefusedPaymentLeavesTheOrderPayable() {
    accounts.open(user, "5.00");
    long orderId = place();
    accounts.nextMeets(FakeAccounts.Trouble.ANSWER_LOST);
    assertThatThrownBy(() -> payments.pay(caller(), orderId))
        .isInstanceOf(CallUnknownException.class);

    assertThat(recovery.runOnce()).isEqualTo(1);

    assertThat(order(orderId).status()).isEqualTo(OrderStatus.PLACED);
  }

  @Test
  void ofManyPaymentsAtOnceOneWins() throws Exception {
    for (int round = 0; round < 5; round++) {
      accounts.open(user, "100.00");
      long orderId = place();
      List<String> outcomes =
          atOnce(8, i -> () -> payments.pay(caller(i), orderId).status().name());

      assertThat(outcomes).filteredOn("PAID"::equals).hasSize(1);
      assertThat(outcomes)
          .filteredOn(o -> !o.equals("PAID"))
          .allMatch(o -> o.equals("payment-under-way") || o.equals("already-paid"));
      assertThat(accounts.balance(user)).isEqualTo("91.10");
    }
  }

  @Test
  void manyRequestsWithOneKeyGetOneAnswer() throws Exception {
    long orderId = place();
    Caller caller = caller();
    List<String> outcomes = atOnce(8, i -> () -> payments.pay(caller, orderId).toString());

    assertThat(outcomes).hasSize(8);
    assertThat(outcomes.stream().distinct()).hasSize(1);
    assertThat(accounts.balance(user)).isEqualTo("91.10");
  }

  @Test
  void aPaymentAgainstACancellationHasOneWinner() throws Exception {
    for (int round = 0; round < 10; round++) {
      accounts.open(user, "100.00");
      long orderId = place();
      List<String> outcomes =
          atOnce(
              2,
              i ->
                  i == 0
                      ? () -> payments.pay(caller(1), orderId).status().name()
                      : () -> cancellations.cancel(caller(2), orderId).status().name());
      Order after = order(orderId);
      assertThat(outcomes.get(1)).isIn("CANCELLED", "payment-under-way");
      if (outcomes.get(1).equals("CANCELLED")) {
        assertThat(after.status()).isEqualTo(OrderStatus.CANCELLED);
        assertThat(accounts.balance(user)).isEqualTo("100.00");
      } else {
        assertThat(outcomes.get(0)).isEqualTo("PAID");
        assertThat(accounts.balance(user)).isEqualTo("91.10");
      }
    }
  }

  @Test
  void cancellingAnUnpaidOrderAsksNoAccount() {
    long orderId = place();
    Caller caller = caller();
    Order cancelled = cancellations.cancel(caller, orderId);

    assertThat(cancelled.status()).isEqualTo(OrderStatus.CANCELLED);
    assertThat(cancelled.version()).isEqualTo(2);
    assertThat(cancellations.cancel(caller, orderId)).isEqualTo(cancelled);
    assertThat(accounts.calls()).isZero();
    assertProblem(409, "already-cancelled", () -> cancellations.cancel(caller(), orderId));
    assertProblem(409, "already-cancelled", () -> payments.pay(caller(), orderId));
  }

  @ParameterizedTest
  @EnumSource
  void cancellingAPaidOrderRefundsOnce(FakeAccounts.Trouble trouble) {
    long orderId = place();
    payments.pay(caller(), orderId);
    Caller caller = caller();
    accounts.nextMeets(trouble);
    assertThatThrownBy(() -> cancellations.cancel(caller, orderId))
        .isInstanceOf(CallUnknownException.class);
    assertThat(order(orderId).status()).isEqualTo(OrderStatus.REFUNDING);
    assertProblem(409, "cancellation-under-way", () -> cancellations.cancel(caller(), orderId));

    Order cancelled = cancellations.cancel(caller, orderId);

    assertThat(cancelled.status()).isEqualTo(OrderStatus.CANCELLED);
    assertThat(cancelled.version()).isEqualTo(5);
    assertThat(cancellations.cancel(caller, orderId)).isEqualTo(cancelled);
    assertThat(accounts.balance(user)).isEqualTo("100.00");
    assertThat(recovery.runOnce()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void recoveryCompletesARefund(FakeAccounts.Trouble trouble) {
    long orderId = place();
    payments.pay(caller(), orderId);
    accounts.nextMeets(trouble);
    assertThatThrownBy(() -> cancellations.cancel(caller(), orderId))
        .isInstanceOf(CallUnknownException.class);

    assertThat(recovery.runOnce()).isEqualTo(1);

    assertThat(order(orderId).status()).isEqualTo(OrderStatus.CANCELLED);
    assertThat(accounts.balance(user)).isEqualTo("100.00");
    assertThat(cell.rows("SELECT state FROM trade.refund WHERE order_id = " + orderId))
        .containsExactly("CREDITED");
  }

  @Test
  void anotherUsersOrderIsNeitherPaidNorCancelled() {
    long orderId = place();
    Caller stranger = Caller.remembered(cell.newId(SLOT), "key", HASH);

    assertProblem(403, "not-yours", () -> payments.pay(stranger, orderId));
    assertProblem(403, "not-yours", () -> cancellations.cancel(stranger, orderId));
    assertProblem(403, "not-yours", () -> orders.order(stranger.userId(), orderId));
    assertProblem(404, "no-such-order", () -> payments.pay(caller(), cell.newId(SLOT)));
    assertThat(order(orderId).version()).isEqualTo(1);
  }

  private Caller caller(int i) {
    return Caller.remembered(user, "round-" + keys + "-" + i, HASH);
  }

  interface Task {
    Callable<String> of(int i);
  }

  /** Runs tasks at once; what each returned, or the kind of the problem it met. */
  static List<String> atOnce(int count, Task task) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(count);
    try {
      CountDownLatch start = new CountDownLatch(1);
      List<Future<String>> futures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        Callable<String> body = task.of(i);
        futures.add(
            threads.submit(
                () -> {
                  start.await();
                  try {
                    return body.call();
                  } catch (ProblemException e) {
                    return e.kind();
                  }
                }));
      }
      start.countDown();
      List<String> outcomes = new ArrayList<>();
      for (Future<String> future : futures) {
        outcomes.add(future.get(60, TimeUnit.SECONDS));
      }
      return outcomes;
    } finally {
      threads.shutdownNow();
    }
  }

  static void assertProblem(int status, String kind, Callable<?> call) {
    assertThatThrownBy(call::call)
        .isInstanceOfSatisfying(
            ProblemException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e.status()).isEqualTo(status);
            });
  }
}
