package io.homecell.trade.order;

import io.homecell.api.trade.OrderStatus;

/** The outcome of an event on an order. */
sealed interface Step {
  /** The order has a new state, to be written. */
  record Changed(OrderState next) implements Step {}

  /** The event had been applied before: nothing to write, the effect is there. */
  record AlreadyDone() implements Step {}

  /** The order does not allow the event: nothing to write. */
  record Refused(Reason reason) implements Step {}

  /** Why an event is refused; each is a kind of problem (HTTP 409) of its own. */
  enum Reason {
    PAYMENT_UNDER_WAY("payment-under-way", "a payment of this order is under way"),
    ALREADY_PAID("already-paid", "this order has been paid"),
    CANCELLATION_UNDER_WAY("cancellation-under-way", "this order is being cancelled"),
    ALREADY_CANCELLED("already-cancelled", "this order has been cancelled"),
    OTHER_PAYMENT("other-payment", "this order is not being paid by that payment"),
    OTHER_REFUND("other-refund", "this order is not being refunded by that refund");

    private final String kind;
    private final String detail;

    Reason(String kind, String detail) {
      this.kind = kind;
      this.detail = detail;
    }

    String kind() {
      return kind;
    }

    String detail() {
      return detail;
    }
  }

  /** The refusal of an event that a status does not allow. */
  static Refused refusedFor(OrderStatus status) {
    return new Refused(
        switch (status) {
          case PLACED -> throw new IllegalStateException("a PLACED order allows every event");
          case PAYING -> Reason.PAYMENT_UNDER_WAY;
          case PAID -> Reason.ALREADY_PAID;
          case REFUNDING -> Reason.CANCELLATION_UNDER_WAY;
          case CANCELLED -> Reason.ALREADY_CANCELLED;
        });
  }
}
