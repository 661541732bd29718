package io.homecell.trade.order;

import io.homecell.api.trade.OrderStatus;
import java.util.OptionalLong;

/**
 * The part of an order that changes.
 *
 * <p>Invariant: there is a payment id exactly while a payment is under way or has been made, and a
 * refund id exactly while a refund is under way or has been made; so each id that the account was
 * asked with is known to whoever owns the order's slot.
 *
 * @param version 1 when placed, one more with each change
 * @param paymentId the payment under way, or the one that paid
 * @param refundId the refund under way, or the one made
 */
record OrderState(OrderStatus status, long version, OptionalLong paymentId, OptionalLong refundId) {

  /** An order that has just been placed. */
  static final OrderState PLACED =
      new OrderState(OrderStatus.PLACED, 1, OptionalLong.empty(), OptionalLong.empty());

  OrderState {
    if (version < 1) {
      throw new IllegalArgumentException("version: " + version + " (expected: >= 1)");
    }
    boolean consistent =
        switch (status) {
          case PLACED -> paymentId.isEmpty() && refundId.isEmpty();
          case PAYING, PAID -> paymentId.isPresent() && refundId.isEmpty();
          case REFUNDING -> paymentId.isPresent() && refundId.isPresent();
          case CANCELLED -> paymentId.isPresent() == refundId.isPresent();
        };
    if (!consistent) {
      throw new IllegalArgumentException(
          status + " with payment " + paymentId + " and refund " + refundId);
    }
  }

  /**
   * What an event does to this state. A pure function: no clock, no I/O.
   *
   * <p>An event that has already been applied under the same id is {@link Step.AlreadyDone}, so an
   * answer that was lost may be asked for again; one that the state does not allow is {@link
   * Step.Refused}. Only {@link Step.Changed} carries a new state, with the next version.
   */
  Step on(OrderEvent event) {
    if (event instanceof OrderEvent.PaymentStarted started) {
      return onPaymentStarted(started.paymentId());
    }
    if (event instanceof OrderEvent.PaymentDebited debited) {
      return onPaymentEnded(debited.paymentId(), true);
    }
    if (event instanceof OrderEvent.PaymentRefused refused) {
      return onPaymentEnded(refused.paymentId(), false);
    }
    if (event instanceof OrderEvent.CancellationAsked asked) {
      return onCancellationAsked(asked.refundId());
    }
    if (event instanceof OrderEvent.RefundCredited credited) {
      return onRefundCredited(credited.refundId());
    }
    return status == OrderStatus.PLACED ? cancelled() : Step.refusedFor(status);
  }

  private Step onPaymentStarted(long id) {
    if (status == OrderStatus.PLACED) {
      return to(OrderStatus.PAYING, OptionalLong.of(id), OptionalLong.empty());
    }
    return paymentId.isPresent() && paymentId.getAsLong() == id
        ? new Step.AlreadyDone()
        : Step.refusedFor(status);
  }

  private Step onPaymentEnded(long id, boolean debited) {
    if (paymentId.isEmpty() || paymentId.getAsLong() != id) {
      // The attempt was refused earlier, and its end has been recorded by another thread or cell.
      return debited ? new Step.Refused(Step.Reason.OTHER_PAYMENT) : new Step.AlreadyDone();
    }
    if (status == OrderStatus.PAYING) {
      return debited
          ? to(OrderStatus.PAID, paymentId, OptionalLong.empty())
          : to(OrderStatus.PLACED, OptionalLong.empty(), OptionalLong.empty());
    }
    return debited ? new Step.AlreadyDone() : new Step.Refused(Step.Reason.OTHER_PAYMENT);
  }

  private Step onCancellationAsked(long id) {
    return switch (status) {
      case PLACED -> cancelled();
      case PAID -> to(OrderStatus.REFUNDING, paymentId, OptionalLong.of(id));
      case REFUNDING, CANCELLED ->
          refundId.isPresent() && refundId.getAsLong() == id
              ? new Step.AlreadyDone()
              : Step.refusedFor(status);
      case PAYING -> Step.refusedFor(status);
    };
  }

  private Step onRefundCredited(long id) {
    if (refundId.isEmpty() || refundId.getAsLong() != id) {
      return new Step.Refused(Step.Reason.OTHER_REFUND);
    }
    return status == OrderStatus.REFUNDING
        ? to(OrderStatus.CANCELLED, paymentId, refundId)
        : new Step.AlreadyDone();
  }

  private Step cancelled() {
    return to(OrderStatus.CANCELLED, OptionalLong.empty(), OptionalLong.empty());
  }

  private Step to(OrderStatus next, OptionalLong payment, OptionalLong refund) {
    return new Step.Changed(new OrderState(next, version + 1, payment, refund));
  }
}
