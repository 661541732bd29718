package io.homecell.api.account;

/** Where a transfer stands, as its payer sees it. */
public enum TransferStatus {
  /** Taken from the payer, not yet known to have reached the payee. */
  PENDING,
  /** The payee was credited. */
  DONE,
  /** There is no such payee; the payer has the money back. */
  REFUSED
}
