package io.homecell.trade.order;

/** What may happen to an order after it was placed. Payments and refunds carry their durable id. */
sealed interface OrderEvent {
  /** The user pays: the account will be asked under this id. */
  record PaymentStarted(long paymentId) implements OrderEvent {}

  /** The account was debited under this id. */
  record PaymentDebited(long paymentId) implements OrderEvent {}

  /** The account refused the debit under this id, for good. */
  record PaymentRefused(long paymentId) implements OrderEvent {}

  /**
   * The user cancels.
   *
   * @param refundId used only if there is something to refund
   */
  record CancellationAsked(long refundId) implements OrderEvent {}

  /** The account was credited under this id. */
  record RefundCredited(long refundId) implements OrderEvent {}

  /** Nobody paid in time. */
  record Expired() implements OrderEvent {}
}
