package io.homecell.account;

import io.homecell.account.ledger.Payments;
import io.homecell.account.transfer.Transfers;
import io.homecell.api.account.AccountService;
import io.homecell.api.account.PaymentOutcome;
import io.homecell.api.account.RefundOutcome;
import io.homecell.api.account.TransferOutcome;
import java.math.BigDecimal;

/** The RPC calls of this cell. */
final class AccountCalls implements AccountService {
  private final Payments payments;
  private final Transfers transfers;

  AccountCalls(Payments payments, Transfers transfers) {
    this.payments = payments;
    this.transfers = transfers;
  }

  @Override
  public PaymentOutcome debit(long userId, long paymentId, long orderId, BigDecimal amount) {
    return payments.debit(userId, paymentId, orderId, amount);
  }

  @Override
  public RefundOutcome credit(long userId, long refundId, long orderId, BigDecimal amount) {
    return payments.credit(userId, refundId, amount);
  }

  @Override
  public TransferOutcome receive(long payee, long transferId, long payer, BigDecimal amount) {
    return transfers.receive(payee, transferId, payer, amount);
  }
}
