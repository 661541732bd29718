package io.homecell.account.ledger;

import io.homecell.api.account.Entry;
import io.homecell.api.account.PaymentOutcome;
import io.homecell.api.account.RefundOutcome;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Payments of orders and their refunds.
 *
 * <p>Invariant: the outcome of a payment is recorded in the transaction of its effect and never
 * changes, so a refused payment that arrives again late, when there is money, stays refused. Safe
 * for any number of threads.
 */
public final class Payments {
  private final Ledger ledger;

  public Payments(Ledger ledger) {
    this.ledger = ledger;
  }

  private record Recorded(long userId, long orderId, BigDecimal amount, PaymentOutcome outcome) {}

  /** Debits an account at most once for a payment; see the contract. */
  public PaymentOutcome debit(long userId, long paymentId, long orderId, BigDecimal amount) {
    BigDecimal checked = Money.checked(amount);
    return ledger.write(userId, tx -> debit(tx, userId, paymentId, orderId, checked));
  }

  private PaymentOutcome debit(Tx tx, long userId, long paymentId, long orderId, BigDecimal amount)
      throws SQLException {
    Optional<AccountRow> account = ledger.lock(tx, userId);
    Optional<Recorded> before = recorded(tx, paymentId);
    if (before.isPresent()) {
      Recorded known = before.get();
      if (known.userId() != userId
          || known.orderId() != orderId
          || known.amount().compareTo(amount) != 0) {
        throw reused("paymentId", paymentId);
      }
      return known.outcome();
    }
    PaymentOutcome outcome =
        account.isPresent() && account.get().balance().compareTo(amount) >= 0
            ? PaymentOutcome.DEBITED
            : PaymentOutcome.REFUSED;
    tx.update(
        "INSERT INTO account.payment (payment_id, slot, user_id, order_id, amount, outcome, at)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
        paymentId,
        ledger.slotOf(userId),
        userId,
        orderId,
        amount,
        outcome.name(),
        ledger.clock().instant());
    if (outcome == PaymentOutcome.DEBITED) {
      ledger.post(tx, account.orElseThrow(), Entry.Kind.PAYMENT, amount.negate(), paymentId);
    }
    return outcome;
  }

  private static Optional<Recorded> recorded(Tx tx, long paymentId) throws SQLException {
    return tx.one(
        "SELECT user_id, order_id, amount, outcome FROM account.payment WHERE payment_id = ?",
        row ->
            new Recorded(
                row.getLong(1),
                row.getLong(2),
                row.getBigDecimal(3),
                PaymentOutcome.valueOf(row.getString(4))),
        paymentId);
  }

  /** Credits an account at most once for a refund; see the contract. */
  public RefundOutcome credit(long userId, long refundId, BigDecimal amount) {
    BigDecimal checked = Money.checked(amount);
    return ledger.write(
        userId,
        tx -> {
          Optional<AccountRow> account = ledger.lock(tx, userId);
          if (account.isEmpty()) {
            return RefundOutcome.NO_SUCH_ACCOUNT;
          }
          Optional<BigDecimal> before = ledger.amountOf(tx, userId, Entry.Kind.REFUND, refundId);
          if (before.isEmpty()) {
            ledger.post(tx, account.get(), Entry.Kind.REFUND, checked, refundId);
          } else if (before.get().compareTo(checked) != 0) {
            throw reused("refundId", refundId);
          }
          return RefundOutcome.CREDITED;
        });
  }

  /** The refusal of an id that stands for something else already. */
  public static ProblemException reused(String what, long id) {
    return new ProblemException(
        422, "id-reused", what + ": " + id + " was used with other arguments");
  }
}
