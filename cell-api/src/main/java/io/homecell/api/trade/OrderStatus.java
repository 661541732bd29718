package io.homecell.api.trade;

/**
 * Where an order stands. {@code PLACED -> PAYING -> PAID -> REFUNDING -> CANCELLED}; a refused
 * payment goes back from {@code PAYING} to {@code PLACED}; {@code PLACED -> CANCELLED} without a
 * refund.
 */
public enum OrderStatus {
  /** Waits for payment. */
  PLACED,
  /** A payment is under way: the account has been asked, or is about to be. */
  PAYING,
  /** The account was debited. */
  PAID,
  /** A paid order that is being cancelled: the account is about to be credited. */
  REFUNDING,
  /** Final: never paid, or paid and refunded. */
  CANCELLED
}
