package io.homecell.api.account;

/** What became of a payment, for good: whoever asks again under the same id hears the same. */
public enum PaymentOutcome {
  /** The account was debited. */
  DEBITED,
  /**
   * The balance was too small, or there is no such account. Nothing was taken, nor ever will be.
   */
  REFUSED
}
