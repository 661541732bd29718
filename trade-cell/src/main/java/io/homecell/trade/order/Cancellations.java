package io.homecell.trade.order;

import io.homecell.api.account.AccountService;
import io.homecell.api.account.RefundOutcome;
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
import java.util.OptionalLong;

/**
 * Cancelling an order: at once if nothing was paid, else with a refund, by the same two
 * transactions as a payment (see {@link Payments}): the first makes the order {@code REFUNDING} and
 * writes the refund's id, the account credits once for that id, the second makes the order {@code
 * CANCELLED}.
 *
 * <p>Safe for any number of threads.
 */
public final class Cancellations {
  private final FencedDatabase database;
  private final Idempotency idempotency;
  private final Slots slots;
  private final IdSource ids;
  private final AccountService accounts;
  private final Clock clock;

  public Cancellations(
      FencedDatabase database, Slots slots, IdSource ids, AccountService accounts, Clock clock) {
    this.database = database;
    this.idempotency = new Idempotency(database, Orders.ANSWERS, clock);
    this.slots = slots;
    this.ids = ids;
    this.accounts = accounts;
    this.clock = clock;
  }

  /** What the first transaction leaves: the answer, or a refund to make. */
  private sealed interface Begun {
    record Answered(Order order) implements Begun {}

    record Refused(ProblemException why) implements Begun {}

    record UnderWay(Refund refund) implements Begun {}
  }

  /** A refund as its row holds it. */
  private record Refund(
      long refundId, long orderId, long userId, BigDecimal amount, String key, String requestHash) {
    Caller caller() {
      return Caller.remembered(userId, key, requestHash);
    }
  }

  /**
   * Cancels an order.
   *
   * @throws ProblemException 404 if there is none, 403 if it is another user's, 409 if a payment is
   *     under way or it is cancelled already, 422 if the key was used for another request
   */
  public Order cancel(Caller caller, long orderId) {
    int slot = slots.of(orderId);
    long refundId = ids.next(slot);
    Begun begun = idempotency.write(slot, tx -> begin(tx, caller, orderId, refundId));
    if (begun instanceof Begun.Answered answered) {
      return answered.order();
    }
    if (begun instanceof Begun.Refused refused) {
      throw refused.why();
    }
    return complete(((Begun.UnderWay) begun).refund());
  }

  private Begun begin(Tx tx, Caller caller, long orderId, long refundId) throws SQLException {
    StoredOrder order =
        Orders.ownedBy(caller.userId(), orderId, OrderRows.lock(tx, orderId).orElse(null));
    Optional<Order> kept = kept(tx, caller);
    if (kept.isPresent()) {
      return new Begun.Answered(kept.get());
    }
    if (order.state().status() == OrderStatus.REFUNDING) {
      Refund running = refund(tx, order.state().refundId());
      if (running.key().equals(caller.key().key())) {
        caller.key().requireSameRequest(running.requestHash());
        return new Begun.UnderWay(running);
      }
    }
    Step step = order.state().on(new OrderEvent.CancellationAsked(refundId));
    if (!(step instanceof Step.Changed changed)) {
      ProblemException conflict = Conflicts.of(step, orderId);
      idempotency.keepRefusal(tx, order.slot(), caller.key(), conflict);
      return new Begun.Refused(conflict);
    }
    Instant now = Orders.now(clock);
    StoredOrder next = OrderRows.save(tx, order, changed.next(), now);
    if (next.state().status() == OrderStatus.CANCELLED) {
      Order view = next.view(OrderRows.lines(tx, orderId));
      idempotency.keep(tx, next.slot(), caller.key(), 200, view);
      return new Begun.Answered(view);
    }
    tx.update(
        "INSERT INTO trade.refund (refund_id, slot, order_id, user_id, amount, state, idem_key,"
            + " request_hash, started_at) VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?, ?)",
        refundId,
        order.slot(),
        orderId,
        order.userId(),
        order.total(),
        caller.key().key(),
        caller.key().requestHash(),
        now);
    return new Begun.UnderWay(refund(tx, next.state().refundId()));
  }

  /** Credits the account and records it; may be done by several at once, and again. */
  private Order complete(Refund refund) {
    return Unfinished.explain(
        "refund " + refund.refundId(),
        () -> {
          RefundOutcome outcome =
              accounts.credit(
                  refund.userId(), refund.refundId(), refund.orderId(), refund.amount());
          if (outcome != RefundOutcome.CREDITED) {
            throw new IllegalStateException(
                "refund "
                    + refund.refundId()
                    + ": user "
                    + refund.userId()
                    + " paid, but "
                    + outcome);
          }
          return idempotency.write(slots.of(refund.orderId()), tx -> end(tx, refund));
        });
  }

  private Order end(Tx tx, Refund refund) throws SQLException {
    StoredOrder order = OrderRows.lock(tx, refund.orderId()).orElseThrow();
    Step step = order.state().on(new OrderEvent.RefundCredited(refund.refundId()));
    if (step instanceof Step.Refused refused) {
      throw new IllegalStateException(
          "refund "
              + refund.refundId()
              + " was credited but order "
              + refund.orderId()
              + " is "
              + order.state()
              + ": "
              + refused.reason());
    }
    if (step instanceof Step.Changed changed) {
      Instant now = Orders.now(clock);
      StoredOrder next = OrderRows.save(tx, order, changed.next(), now);
      tx.update(
          "UPDATE trade.refund SET state = 'CREDITED', ended_at = ? WHERE refund_id = ?",
          now,
          refund.refundId());
      Order view = next.view(OrderRows.lines(tx, next.orderId()));
      idempotency.keep(tx, next.slot(), refund.caller().key(), 200, view);
      return view;
    }
    Optional<Order> kept = kept(tx, refund.caller());
    return kept.isPresent() ? kept.get() : order.view(OrderRows.lines(tx, order.orderId()));
  }

  private Optional<Order> kept(Tx tx, Caller caller) throws SQLException {
    return idempotency.find(tx, caller.key(), Order.class).map(KeptAnswer::body);
  }

  /** Completes the refund of an order that was left {@code REFUNDING}, if it still is. */
  void recover(long orderId) {
    Optional<Refund> running =
        database.read(
            tx -> {
              Optional<StoredOrder> order =
                  OrderRows.find(tx, orderId)
                      .filter(found -> found.state().status() == OrderStatus.REFUNDING);
              return order.isEmpty()
                  ? Optional.empty()
                  : Optional.of(refund(tx, order.get().state().refundId()));
            });
    running.ifPresent(this::complete);
  }

  private static Refund refund(Tx tx, OptionalLong refundId) throws SQLException {
    return tx.one(
            "SELECT refund_id, order_id, user_id, amount, idem_key, request_hash"
                + " FROM trade.refund WHERE refund_id = ?",
            row ->
                new Refund(
                    row.getLong("refund_id"),
                    row.getLong("order_id"),
                    row.getLong("user_id"),
                    row.getBigDecimal("amount"),
                    row.getString("idem_key"),
                    row.getString("request_hash")),
            refundId.orElseThrow())
        .orElseThrow(() -> new IllegalStateException("refund " + refundId + " has no row"));
  }
}
