package io.homecell.account;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.api.account.AccountService;
import io.homecell.api.account.PaymentOutcome;
import io.homecell.api.account.RefundOutcome;
import io.homecell.api.account.TransferOutcome;
import io.homecell.core.http.ProblemException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What other services ask: exactly once, whatever is repeated. Over real RPC and MySQL. */
@Timeout(240)
@ExtendWith(TwoCells.Extension.class)
class AccountCallsIT {
  private static final BigDecimal TEN = new BigDecimal("10.00");

  private final TwoCells cells;
  private final AccountService calls;

  AccountCallsIT(TwoCells cells) {
    this.cells = cells;
    this.calls = cells.north.client().of(AccountService.class);
  }

  private static <T> List<T> atOnce(int times, Callable<T> call) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(times);
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> each : threads.invokeAll(java.util.Collections.nCopies(times, call))) {
        results.add(each.get());
      }
      return results;
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aDebitIsTakenOnceHoweverOftenItIsAsked() throws Exception {
    long user = cells.user(cells.south, "25.00");
    long payment = cells.newId(1);
    assertThat(atOnce(12, () -> calls.debit(user, payment, 77, TEN)))
        .containsOnly(PaymentOutcome.DEBITED);
    assertThat(calls.debit(user, payment, 77, TEN)).isEqualTo(PaymentOutcome.DEBITED);
    assertThat(cells.south.balance(user)).isEqualTo("15.00");
    assertThat(
            cells.south.rows(
                "SELECT kind, reference, amount, balance FROM account.entry WHERE user_id = "
                    + user
                    + " AND kind = 'PAYMENT'"))
        .containsExactly("PAYMENT " + payment + " -10.00 15.00");
  }

  @Test
  void aLateDuplicateOfARefusedPaymentStaysRefused() {
    long user = cells.user(cells.north, "5.00");
    long payment = cells.newId(1);
    assertThat(calls.debit(user, payment, 77, TEN)).isEqualTo(PaymentOutcome.REFUSED);
    cells.north.deposit(user, TwoCells.key(), "100.00");
    assertThat(calls.debit(user, payment, 77, TEN)).isEqualTo(PaymentOutcome.REFUSED);
    assertThat(cells.north.balance(user)).isEqualTo("105.00");
    assertThat(calls.debit(user, cells.newId(1), 77, TEN)).isEqualTo(PaymentOutcome.DEBITED);
  }

  @Test
  void concurrentPaymentsNeverTakeMoreThanThereIs() throws Exception {
    long user = cells.user(cells.north, "35.00");
    List<PaymentOutcome> outcomes = atOnce(10, () -> calls.debit(user, cells.newId(1), 77, TEN));
    assertThat(outcomes).filteredOn(PaymentOutcome.DEBITED::equals).hasSize(3);
    assertThat(cells.north.balance(user)).isEqualTo("5.00");
  }

  @Test
  void aPaymentOfNobodyIsRefusedOnceAndForAll() throws Exception {
    long nobody = cells.newId(600);
    long payment = cells.newId(1);
    assertThat(atOnce(8, () -> calls.debit(nobody, payment, 77, TEN)))
        .containsOnly(PaymentOutcome.REFUSED);
    assertThat(calls.credit(nobody, cells.newId(1), 77, TEN))
        .isEqualTo(RefundOutcome.NO_SUCH_ACCOUNT);
  }

  @Test
  void aCreditIsGivenOnceHoweverOftenItIsAsked() throws Exception {
    long user = cells.user(cells.south, "1.00");
    long refund = cells.newId(1);
    assertThat(atOnce(12, () -> calls.credit(user, refund, 77, TEN)))
        .containsOnly(RefundOutcome.CREDITED);
    assertThat(cells.south.balance(user)).isEqualTo("11.00");
  }

  @Test
  void aTransferIsReceivedOnceAndItsRefusalOutlivesALaterRegistration() throws Exception {
    long user = cells.user(cells.south, "0");
    long transfer = cells.newId(1);
    assertThat(atOnce(12, () -> calls.receive(user, transfer, 1, TEN)))
        .containsOnly(TransferOutcome.CREDITED);
    assertThat(cells.south.balance(user)).isEqualTo("10.00");

    long later = cells.newId(600);
    long refused = cells.newId(1);
    assertThat(atOnce(8, () -> calls.receive(later, refused, 1, TEN)))
        .containsOnly(TransferOutcome.NO_SUCH_PAYEE);
    cells.south.execute(
        "INSERT INTO account.account VALUES (%d, 600, 'Late', 0, 0, NOW(6))".formatted(later));
    assertThat(calls.receive(later, refused, 1, TEN)).isEqualTo(TransferOutcome.NO_SUCH_PAYEE);
    assertThat(cells.south.balance(later)).isEqualTo("0.00");
  }

  @Test
  void anIdUsedWithOtherArgumentsIsRefused() {
    long user = cells.user(cells.north, "100.00");
    long id = cells.newId(1);
    calls.debit(user, id, 77, TEN);
    calls.credit(user, id, 77, TEN);
    calls.receive(user, id, 1, TEN);
    BigDecimal other = new BigDecimal("10.01");
    for (Runnable call :
        List.<Runnable>of(
            () -> calls.debit(user, id, 77, other),
            () -> calls.debit(user, id, 78, TEN),
            () -> calls.credit(user, id, 77, other),
            () -> calls.receive(user, id, 2, TEN))) {
      assertThatThrownBy(call::run)
          .isInstanceOfSatisfying(
              ProblemException.class, refused -> assertThat(refused.status()).isEqualTo(422));
    }
    assertThatThrownBy(() -> calls.debit(user, cells.newId(1), 77, new BigDecimal("-5")))
        .isInstanceOfSatisfying(
            ProblemException.class, refused -> assertThat(refused.status()).isEqualTo(400));
    assertThat(cells.north.balance(user)).isEqualTo("110.00");
  }

  @Test
  void aCallToAClosedSlotIsDoneByTheNewOwnerWhenTheTableNamesIt() throws Exception {
    long user = cells.user(cells.south, "30.00");
    int slot = (int) (user & 1023);
    long payment = cells.newId(1);
    cells.close(slot, cells.south);
    cells.south.copySlotTo(cells.north, slot);
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<PaymentOutcome> paid = thread.submit(() -> calls.debit(user, payment, 77, TEN));
      assertThatThrownBy(() -> paid.get(500, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      cells.open(slot, cells.south, cells.north, "north-1");
      assertThat(paid.get(10, TimeUnit.SECONDS)).isEqualTo(PaymentOutcome.DEBITED);
    } finally {
      thread.shutdownNow();
    }
    assertThat(cells.north.balance(user)).isEqualTo("20.00");
    assertThat(cells.south.rows("SELECT balance FROM account.account WHERE user_id = " + user))
        .containsExactly("30.00");
    assertThat(cells.south.get("/accounts/" + user, user).status()).isEqualTo(421);
  }
}
