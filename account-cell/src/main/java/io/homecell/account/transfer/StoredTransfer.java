package io.homecell.account.transfer;

import io.homecell.account.ledger.Money;
import io.homecell.api.account.Transfer;
import io.homecell.api.account.TransferStatus;
import java.math.BigDecimal;
import java.time.Instant;

/** A transfer as it is stored at the payer's home. */
record StoredTransfer(
    long transferId,
    long payer,
    long payee,
    BigDecimal amount,
    TransferStatus status,
    Instant startedAt) {

  Transfer shown() {
    return new Transfer(
        Long.toString(transferId),
        status,
        Long.toString(payee),
        Money.text(amount),
        startedAt.toString());
  }
}
