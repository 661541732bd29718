package io.homecell.api.account;

/** What became of a transfer at the payee's home, for good. */
public enum TransferOutcome {
  /** The payee was credited. */
  CREDITED,
  /** There was no such payee when the transfer arrived: the payer gets the money back. */
  NO_SUCH_PAYEE
}
