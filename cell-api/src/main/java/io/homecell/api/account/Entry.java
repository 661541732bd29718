package io.homecell.api.account;

/**
 * One line of an account's ledger. Ids and amounts are decimal text.
 *
 * @param amount with a minus sign when money left the account
 * @param balance after it
 * @param reference the id of its cause: no two entries of an account share kind and reference
 * @param at RFC 3339, UTC
 */
public record Entry(
    String entryId, Kind kind, String amount, String balance, String reference, String at) {
  /** What an entry comes from. */
  public enum Kind {
    DEPOSIT,
    TRANSFER_OUT,
    TRANSFER_IN,
    PAYMENT,
    /** A refund of a payment, or of a transfer that found no payee. */
    REFUND
  }
}
