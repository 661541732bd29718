package io.homecell.account.ledger;

import io.homecell.api.account.Entry;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.StatementFailedException;
import io.homecell.core.fence.Tx;
import io.homecell.core.id.IdSource;
import io.homecell.core.slot.Slots;
import java.math.BigDecimal;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;

/**
 * The balances and their entries: the one place that changes either.
 *
 * <p>Invariants: a balance is the sum of its account's entries and never negative; each entry has
 * one cause and each cause at most one entry; entries are numbered in the order of their commits,
 * because each change locks the account first. Holds no state; safe for any number of threads.
 */
public final class Ledger {
  private static final int DUPLICATE_KEY = 1062;
  private static final int ATTEMPTS_MAX = 3;
  private static final String COLUMNS =
      "SELECT user_id, name, balance, entries FROM account.account";

  private final FencedDatabase database;
  private final Slots slots;
  private final IdSource ids;
  private final Clock clock;

  public Ledger(FencedDatabase database, Slots slots, IdSource ids, Clock clock) {
    this.database = database;
    this.slots = slots;
    this.ids = ids;
    this.clock = clock;
  }

  public FencedDatabase database() {
    return database;
  }

  public IdSource ids() {
    return ids;
  }

  public Clock clock() {
    return clock;
  }

  public int slotOf(long id) {
    return slots.of(id);
  }

  /**
   * A fenced transaction in the slot of a user. Run again when it met a row that another one has
   * just inserted: it then finds that row.
   */
  public <T> T write(long userId, FencedDatabase.Body<T> body) {
    for (int attempt = 1; ; attempt++) {
      try {
        return database.write(Set.of(slotOf(userId)), body);
      } catch (StatementFailedException e) {
        if (e.errorCode() != DUPLICATE_KEY || attempt == ATTEMPTS_MAX) {
          throw e;
        }
      }
    }
  }

  /** The account as it is. */
  public Optional<AccountRow> read(Tx tx, long userId) throws SQLException {
    return tx.one(COLUMNS + " WHERE user_id = ?", Ledger::row, userId);
  }

  /** The account, which nobody else can change until the transaction ends. */
  public Optional<AccountRow> lock(Tx tx, long userId) throws SQLException {
    return tx.one(COLUMNS + " WHERE user_id = ? FOR UPDATE", Ledger::row, userId);
  }

  private static AccountRow row(ResultSet row) throws SQLException {
    return new AccountRow(row.getLong(1), row.getString(2), row.getBigDecimal(3), row.getLong(4));
  }

  /** A new account without entries. */
  public AccountRow open(Tx tx, long userId, String name) throws SQLException {
    tx.update(
        "INSERT INTO account.account (user_id, slot, name, balance, entries, created_at)"
            + " VALUES (?, ?, ?, 0, 0, ?)",
        userId,
        slotOf(userId),
        name,
        clock.instant());
    return new AccountRow(userId, name, BigDecimal.ZERO, 0);
  }

  /**
   * Adds an entry and changes the balance.
   *
   * @param account locked by this transaction
   * @param amount negative when money leaves
   * @param reference the id of the cause
   * @return the account after it
   * @throws IllegalArgumentException if the balance would be negative: the caller has looked
   */
  public AccountRow post(
      Tx tx, AccountRow account, Entry.Kind kind, BigDecimal amount, long reference)
      throws SQLException {
    BigDecimal balance = account.balance().add(amount);
    if (balance.signum() < 0) {
      throw new IllegalArgumentException(
          "amount: " + amount + " (expected: at least -" + account.balance() + ")");
    }
    int slot = slotOf(account.userId());
    tx.update(
        "INSERT INTO account.entry (user_id, seq, slot, entry_id, kind, reference, amount, balance,"
            + " at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        account.userId(),
        account.entries(),
        slot,
        ids.next(slot),
        kind.name(),
        reference,
        amount,
        balance,
        clock.instant());
    tx.update(
        "UPDATE account.account SET balance = ?, entries = ? WHERE user_id = ?",
        balance,
        account.entries() + 1,
        account.userId());
    return new AccountRow(account.userId(), account.name(), balance, account.entries() + 1);
  }

  /** The amount of the entry that a cause has, if it has one. */
  public Optional<BigDecimal> amountOf(Tx tx, long userId, Entry.Kind kind, long reference)
      throws SQLException {
    return tx.one(
        "SELECT amount FROM account.entry WHERE user_id = ? AND kind = ? AND reference = ?",
        row -> row.getBigDecimal(1),
        userId,
        kind.name(),
        reference);
  }
}
