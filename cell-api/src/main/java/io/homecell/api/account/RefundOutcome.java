package io.homecell.api.account;

/** What became of a refund. */
public enum RefundOutcome {
  /** The account was credited, now or before. */
  CREDITED,
  /** There is no such account. */
  NO_SUCH_ACCOUNT
}
