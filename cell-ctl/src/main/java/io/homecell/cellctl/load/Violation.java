package io.homecell.cellctl.load;

/**
 * A promise that the services broke.
 *
 * @param detail the ids and amounts, enough to look it up
 */
record Violation(Kind kind, String detail) {
  /** Which promise. */
  enum Kind {
    /** An acknowledged operation is not there. */
    LOST,
    /** It is there more than once. */
    REPEATED,
    /** It is there with another amount, total or state than acknowledged. */
    WRONG,
    /** A read did not find what had been acknowledged before. */
    NOT_FOUND,
    /** A refused operation had an effect. */
    REFUSED_BUT_DONE,
    /** A ledger entry that nobody asked for. */
    ENTRY_WITHOUT_CAUSE,
    /** Entries do not add up to the balance, or the balance is below zero. */
    LEDGER_BROKEN,
    /** Deposits are not balances plus payments plus transfers under way. */
    MONEY_NOT_CONSERVED,
    /** A transfer did not end in time. */
    STUCK,
    /** The merchant view lacks an order, shows it twice or in an earlier state. */
    MERCHANT_VIEW,
    /** Two cells of a group hold different data. */
    COPIES_DIFFER
  }
}
