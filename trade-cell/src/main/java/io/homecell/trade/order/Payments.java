package io.homecell.trade.order;

import io.homecell.api.account.AccountService;
import io.homecell.api.account.PaymentOutcome;
import io.homecell.api.trade.Order;
import io.homecell.api.trade.OrderStatus;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import io.homecell.core.id.IdSource;
import io.homecell.core.idempotency.Idempotency;
import io.homecell.core.idempotency.KeptAnswer;
import io.homecell.core.slot.Slots;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;

/**
 * Paying an order from its user's account.
 *
 * <p>Two transactions with the call of the account between them: the first makes the order {@code
 * PAYING} and writes the payment's id; the account debits at most once for that id and never
 * changes its answer; the second records it. Whatever breaks in between, whoever owns the slot can
 * ask the account again under the same id ({@link Recovery} does), so the order's money is taken
 * exactly once.
 *
 * <p>A request that comes again under its key while its payment is under way joins it; the answer
 * is kept in the second transaction, also if recovery runs that one. So is a refusal: a duplicate
 * that comes late, when the account holds more, pays nothing. The user may pay under another key.
 * Safe for any number of threads.
 */
public final class Payments {
  private final FencedDatabase database;
  private final Idempotency idempotency;
  private final Slots slots;
  private final IdSource ids;
  private final AccountService accounts;
  private final Clock clock;

  public Payments(
      FencedDatabase database, Slots slots, IdSource ids, AccountService accounts, Clock clock) {
    this.database = database;
    this.idempotency = new Idempotency(database, Orders.ANSWERS, clock);
    this.slots = slots;
    this.ids = ids;
    this.accounts = accounts;
    this.clock = clock;
  }

  /** What the first transaction finds: the answer of an earlier request, or a payment to make. */
  private sealed interface Begun {
    record Answered(Order order) implements Begun {}

    record Refused(ProblemException why) implements Begun {}

    record UnderWay(Attempt attempt) implements Begun {}
  }

  /** A payment as its row holds it. */
  private record Attempt(
      long paymentId,
      long orderId,
      long userId,
      BigDecimal amount,
      String key,
      String requestHash) {
    Caller caller() {
      return Caller.remembered(userId, key, requestHash);
    }

    ProblemException notEnoughFunds() {
      return new ProblemException(
          409,
          "not-enough-funds",
          "the account of user "
              + userId
              + " holds less than "
              + amount.toPlainString()
              + "; order "
              + orderId
              + " is still to be paid");
    }
  }

  /**
   * Pays an order.
   *
   * @throws ProblemException 404 if there is none, 403 if it is another user's, 409 if the account
   *     holds too little or the order is not there to be paid (for good under this key), 422 if the
   *     key was used for another request, 503 if the payment was begun but its outcome isn't known
   *     yet
   */
  public Order pay(Caller caller, long orderId) {
    int slot = slots.of(orderId);
    long paymentId = ids.next(slot);
    Begun begun = idempotency.write(slot, tx -> begin(tx, caller, orderId, paymentId));
    if (begun instanceof Begun.Answered answered) {
      return answered.order();
    }
    if (begun instanceof Begun.Refused refused) {
      throw refused.why();
    }
    return complete(((Begun.UnderWay) begun).attempt());
  }

  private Begun begin(Tx tx, Caller caller, long orderId, long paymentId) throws SQLException {
    StoredOrder order =
        Orders.ownedBy(caller.userId(), orderId, OrderRows.lock(tx, orderId).orElse(null));
    Optional<Order> kept = kept(tx, caller);
    if (kept.isPresent()) {
      return new Begun.Answered(kept.get());
    }
    if (order.state().status() == OrderStatus.PAYING) {
      Attempt running = attempt(tx, order.state().paymentId().orElseThrow());
      if (running.key().equals(caller.key().key())) {
        caller.key().requireSameRequest(running.requestHash());
        return new Begun.UnderWay(running);
      }
    }
    Step step = order.state().on(new OrderEvent.PaymentStarted(paymentId));
    if (!(step instanceof Step.Changed changed)) {
      ProblemException conflict = Conflicts.of(step, orderId);
      idempotency.keepRefusal(tx, order.slot(), caller.key(), conflict);
      return new Begun.Refused(conflict);
    }
    Instant now = Orders.now(clock);
    OrderRows.save(tx, order, changed.next(), now);
    tx.update(
        "INSERT INTO trade.payment (payment_id, slot, order_id, user_id, amount, state, idem_key,"
            + " request_hash, started_at) VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?)",
        paymentId,
        order.slot(),
        orderId,
        order.userId(),
        order.total(),
        caller.key().key(),
        caller.key().requestHash(),
        now);
    return new Begun.UnderWay(attempt(tx, paymentId));
  }

  /** Asks the account and records its answer; may be done by several at once, and again. */
  private Order complete(Attempt attempt) {
    return Unfinished.explain(
        "payment " + attempt.paymentId(),
        () -> {
          PaymentOutcome outcome =
              accounts.debit(
                  attempt.userId(), attempt.paymentId(), attempt.orderId(), attempt.amount());
          boolean debited = outcome == PaymentOutcome.DEBITED;
          Optional<Order> paid =
              idempotency.write(slots.of(attempt.orderId()), tx -> end(tx, attempt, debited));
          return paid.orElseThrow(attempt::notEnoughFunds);
        });
  }

  /** The paid order, or empty if the account refused. */
  private Optional<Order> end(Tx tx, Attempt attempt, boolean debited) throws SQLException {
    StoredOrder order = OrderRows.lock(tx, attempt.orderId()).orElseThrow();
    Step step =
        order
            .state()
            .on(
                debited
                    ? new OrderEvent.PaymentDebited(attempt.paymentId())
                    : new OrderEvent.PaymentRefused(attempt.paymentId()));
    if (step instanceof Step.Refused refused) {
      throw new IllegalStateException(
          "payment "
              + attempt.paymentId()
              + (debited ? " was debited" : " was refused")
              + " but order "
              + attempt.orderId()
              + " is "
              + order.state()
              + ": "
              + refused.reason());
    }
    if (step instanceof Step.Changed changed) {
      Instant now = Orders.now(clock);
      StoredOrder next = OrderRows.save(tx, order, changed.next(), now);
      tx.update(
          "UPDATE trade.payment SET state = ?, ended_at = ? WHERE payment_id = ?",
          debited ? "DEBITED" : "REFUSED",
          now,
          attempt.paymentId());
      if (!debited) {
        idempotency.keepRefusal(tx, next.slot(), attempt.caller().key(), attempt.notEnoughFunds());
        return Optional.empty();
      }
      Order view = next.view(OrderRows.lines(tx, next.orderId()));
      idempotency.keep(tx, next.slot(), attempt.caller().key(), 200, view);
      return Optional.of(view);
    }
    if (!debited) {
      return Optional.empty();
    }
    Optional<Order> kept = kept(tx, attempt.caller());
    return kept.isPresent() ? kept : Optional.of(order.view(OrderRows.lines(tx, order.orderId())));
  }

  private Optional<Order> kept(Tx tx, Caller caller) throws SQLException {
    return idempotency.find(tx, caller.key(), Order.class).map(KeptAnswer::body);
  }

  /** Completes the payment of an order that was left {@code PAYING}, if it still is. */
  void recover(long orderId) {
    Optional<Attempt> running =
        database.read(
            tx -> {
              Optional<StoredOrder> order =
                  OrderRows.find(tx, orderId)
                      .filter(found -> found.state().status() == OrderStatus.PAYING);
              return order.isEmpty()
                  ? Optional.empty()
                  : Optional.of(attempt(tx, order.get().state().paymentId().orElseThrow()));
            });
    if (running.isPresent()) {
      try {
        complete(running.get());
      } catch (ProblemException refused) {
        if (refused.status() != 409) {
          throw refused;
        }
      }
    }
  }

  private static Attempt attempt(Tx tx, long paymentId) throws SQLException {
    return tx.one(
            "SELECT payment_id, order_id, user_id, amount, idem_key, request_hash"
                + " FROM trade.payment WHERE payment_id = ?",
            row ->
                new Attempt(
                    row.getLong("payment_id"),
                    row.getLong("order_id"),
                    row.getLong("user_id"),
                    row.getBigDecimal("amount"),
                    row.getString("idem_key"),
                    row.getString("request_hash")),
            paymentId)
        .orElseThrow(() -> new IllegalStateException("payment " + paymentId + " has no row"));
  }
}
