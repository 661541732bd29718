package io.homecell.account.transfer;

import io.homecell.account.ledger.Money;
import io.homecell.api.account.Transfer;
import io.homecell.api.account.TransferStatus;
import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.http.ProblemException;
import io.homecell.core.idempotency.KeptAnswer;
import io.homecell.core.idempotency.RequestKey;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Takes a transfer and waits a moment for its outcome, so that most callers hear {@code DONE} or
 * that there is no such payee at once. Safe for any number of threads.
 */
public final class TransferDesk {
  /** How long a caller waits before hearing {@code PENDING}. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Transfers transfers;
  private final Deliverer deliverer;

  public TransferDesk(Transfers transfers, Deliverer deliverer) {
    this.transfers = transfers;
    this.deliverer = deliverer;
  }

  /**
   * Sends money to another user.
   *
   * @return the transfer, done or pending; of a request that comes again the same transfer as it is
   *     by now
   * @throws ProblemException 404 if there is no such payer, or no such payee (the payer has the
   *     money back then), 409 if the balance is too small
   */
  public KeptAnswer<Transfer> send(RequestKey key, long payer, long payee, BigDecimal amount)
      throws InterruptedException {
    KeptAnswer<Transfer> started = transfers.start(key, payer, payee, amount);
    Transfer transfer = started.body();
    if (!started.replayed()) {
      tryAtOnce(payer, payee, transfer);
    }
    Transfer now = asItIsNow(payer, transfer);
    if (now.status() == TransferStatus.REFUSED) {
      throw new ProblemException(
          404,
          "no-such-payee",
          "there is no account " + payee + "; transfer " + now.transferId() + " was taken back");
    }
    return new KeptAnswer<>(started.status(), now, started.replayed());
  }

  private Transfer asItIsNow(long payer, Transfer transfer) {
    try {
      return transfers.read(payer, Long.parseLong(transfer.transferId())).orElse(transfer);
    } catch (DatabaseUnavailableException e) {
      // passed on, it would say that the request had no effect
      return transfer;
    }
  }

  private void tryAtOnce(long payer, long payee, Transfer transfer) throws InterruptedException {
    Undelivered undelivered =
        new Undelivered(
            Long.parseLong(transfer.transferId()),
            payer,
            payee,
            Money.parse(transfer.amount()),
            Instant.parse(transfer.at()));
    try {
      deliverer.deliver(undelivered).get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException later) {
      // the outbox brings it
    }
  }
}
