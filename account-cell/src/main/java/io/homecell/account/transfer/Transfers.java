package io.homecell.account.transfer;

import io.homecell.account.ledger.AccountRow;
import io.homecell.account.ledger.Accounts;
import io.homecell.account.ledger.Ledger;
import io.homecell.account.ledger.Money;
import io.homecell.account.ledger.Payments;
import io.homecell.api.account.Entry;
import io.homecell.api.account.Transfer;
import io.homecell.api.account.TransferOutcome;
import io.homecell.api.account.TransferStatus;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import io.homecell.core.idempotency.Idempotency;
import io.homecell.core.idempotency.KeptAnswer;
import io.homecell.core.idempotency.RequestKey;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;

/**
 * What transfers do to the database, at both homes.
 *
 * <p>Invariant: money that leaves the payer is in the outbox until the payee's home has answered;
 * the payee is credited once for a transfer and the payer gets the money back only if the answer
 * was that there is no such payee. Each step is one fenced transaction, so whoever owns the payer's
 * slot next goes on from where this cell stopped. Safe for any number of threads.
 */
public final class Transfers {
  private static final String COLUMNS =
      "SELECT transfer_id, payer, payee, amount, status, started_at FROM account.transfer";

  private final Ledger ledger;
  private final Idempotency idempotency;

  public Transfers(Ledger ledger, Idempotency idempotency) {
    this.ledger = ledger;
    this.idempotency = idempotency;
  }

  /**
   * Takes the money from the payer and puts the transfer into the outbox.
   *
   * @throws ProblemException 404 if there is no such payer, 409 if the balance is too small
   */
  public KeptAnswer<Transfer> start(RequestKey key, long payer, long payee, BigDecimal amount) {
    int slot = ledger.slotOf(payer);
    return idempotency.run(
        slot,
        key,
        201,
        Transfer.class,
        tx -> {
          AccountRow account =
              ledger.lock(tx, payer).orElseThrow(() -> Accounts.noSuchAccount(payer));
          if (account.balance().compareTo(amount) < 0) {
            throw new ProblemException(
                409,
                "not-enough-funds",
                "balance: "
                    + Money.text(account.balance())
                    + " (expected: at least "
                    + Money.text(amount)
                    + ")");
          }
          StoredTransfer transfer =
              new StoredTransfer(
                  ledger.ids().next(slot),
                  payer,
                  payee,
                  amount,
                  TransferStatus.PENDING,
                  ledger.clock().instant().truncatedTo(ChronoUnit.MICROS));
          ledger.post(tx, account, Entry.Kind.TRANSFER_OUT, amount.negate(), transfer.transferId());
          insert(tx, slot, transfer);
          return transfer.shown();
        });
  }

  private static void insert(Tx tx, int slot, StoredTransfer transfer) throws SQLException {
    tx.update(
        "INSERT INTO account.transfer (transfer_id, slot, payer, payee, amount, status, started_at)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)",
        transfer.transferId(),
        slot,
        transfer.payer(),
        transfer.payee(),
        transfer.amount(),
        transfer.status().name(),
        transfer.startedAt());
    tx.update(
        "INSERT INTO account.transfer_outbox (transfer_id, slot, payer, payee, amount, started_at)"
            + " VALUES (?, ?, ?, ?, ?, ?)",
        transfer.transferId(),
        slot,
        transfer.payer(),
        transfer.payee(),
        transfer.amount(),
        transfer.startedAt());
  }

  /** A transfer of a payer. */
  public Optional<Transfer> read(long payer, long transferId) {
    return ledger
        .database()
        .read(
            tx ->
                tx.one(
                    COLUMNS + " WHERE transfer_id = ? AND payer = ?",
                    row -> stored(row).shown(),
                    transferId,
                    payer));
  }

  private static StoredTransfer stored(ResultSet row) throws SQLException {
    return new StoredTransfer(
        row.getLong(1),
        row.getLong(2),
        row.getLong(3),
        row.getBigDecimal(4),
        TransferStatus.valueOf(row.getString(5)),
        instant(row, 6));
  }

  private static Instant instant(ResultSet row, int column) throws SQLException {
    return row.getObject(column, LocalDateTime.class).toInstant(ZoneOffset.UTC);
  }

  /** A part of the outbox, in the order of ids. Holds rows of slots that others own, too. */
  List<Undelivered> undelivered(long afterTransferId, int atMost) {
    return ledger
        .database()
        .read(
            tx ->
                tx.list(
                    "SELECT transfer_id, payer, payee, amount, started_at"
                        + " FROM account.transfer_outbox WHERE transfer_id > ?"
                        + " ORDER BY transfer_id LIMIT "
                        + atMost,
                    row ->
                        new Undelivered(
                            row.getLong(1),
                            row.getLong(2),
                            row.getLong(3),
                            row.getBigDecimal(4),
                            instant(row, 5)),
                    afterTransferId));
  }

  /** Takes in a transfer at the payee's home, once; see the contract. */
  public TransferOutcome receive(long payee, long transferId, long payer, BigDecimal amount) {
    BigDecimal checked = Money.checked(amount);
    return ledger.write(payee, tx -> receive(tx, payee, transferId, payer, checked));
  }

  private TransferOutcome receive(Tx tx, long payee, long transferId, long payer, BigDecimal amount)
      throws SQLException {
    Optional<AccountRow> account = ledger.lock(tx, payee);
    record Received(long payee, long payer, BigDecimal amount, TransferOutcome outcome) {}
    Optional<Received> before =
        tx.one(
            "SELECT payee, payer, amount, outcome FROM account.received_transfer"
                + " WHERE transfer_id = ?",
            row ->
                new Received(
                    row.getLong(1),
                    row.getLong(2),
                    row.getBigDecimal(3),
                    TransferOutcome.valueOf(row.getString(4))),
            transferId);
    if (before.isPresent()) {
      Received known = before.get();
      if (known.payee() != payee
          || known.payer() != payer
          || known.amount().compareTo(amount) != 0) {
        throw Payments.reused("transferId", transferId);
      }
      return known.outcome();
    }
    TransferOutcome outcome =
        account.isPresent() ? TransferOutcome.CREDITED : TransferOutcome.NO_SUCH_PAYEE;
    tx.update(
        "INSERT INTO account.received_transfer (transfer_id, slot, payee, payer, amount, outcome,"
            + " at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        transferId,
        ledger.slotOf(payee),
        payee,
        payer,
        amount,
        outcome.name(),
        ledger.clock().instant());
    if (account.isPresent()) {
      ledger.post(tx, account.get(), Entry.Kind.TRANSFER_IN, amount, transferId);
    }
    return outcome;
  }

  /** Records the answer of the payee's home, once, and gives the money back if it was a refusal. */
  TransferStatus end(Undelivered transfer, TransferOutcome outcome) {
    TransferStatus status =
        switch (outcome) {
          case CREDITED -> TransferStatus.DONE;
          case NO_SUCH_PAYEE -> TransferStatus.REFUSED;
        };
    return ledger.write(
        transfer.payer(),
        tx -> {
          // the account first, as everywhere: two that lock in different orders would deadlock
          AccountRow payer = ledger.lock(tx, transfer.payer()).orElseThrow();
          int ended =
              tx.update(
                  "UPDATE account.transfer SET status = ?, ended_at = ?"
                      + " WHERE transfer_id = ? AND status = 'PENDING'",
                  status.name(),
                  ledger.clock().instant(),
                  transfer.transferId());
          if (ended == 1) {
            tx.update(
                "DELETE FROM account.transfer_outbox WHERE transfer_id = ?", transfer.transferId());
            if (status == TransferStatus.REFUSED) {
              ledger.post(tx, payer, Entry.Kind.REFUND, transfer.amount(), transfer.transferId());
            }
          }
          return status;
        });
  }
}
