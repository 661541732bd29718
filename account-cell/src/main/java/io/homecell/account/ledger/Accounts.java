package io.homecell.account.ledger;

import io.homecell.api.account.Account;
import io.homecell.api.account.Deposit;
import io.homecell.api.account.Entry;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.http.ProblemException;
import io.homecell.core.idempotency.Idempotency;
import io.homecell.core.idempotency.KeptAnswer;
import io.homecell.core.idempotency.RequestKey;
import java.math.BigDecimal;

/** Opening, reading and filling accounts. Safe for any number of threads. */
public final class Accounts {
  /** The longest name, in characters. */
  public static final int NAME_MAX = 100;

  private static final int REGISTER_ATTEMPTS_MAX = 3;

  private final String cell;
  private final Ledger ledger;
  private final Idempotency idempotency;
  private final OwnSlots ownSlots;

  /**
   * @param cell the cell that this process serves
   */
  public Accounts(String cell, Ledger ledger, Idempotency idempotency, OwnSlots ownSlots) {
    this.cell = cell;
    this.ledger = ledger;
    this.idempotency = idempotency;
    this.ownSlots = ownSlots;
  }

  /**
   * Opens an account in a slot that this cell owns.
   *
   * @throws ProblemException 400 if the name is not usable
   * @throws NotHomeException if this cell owns no open slot
   */
  public KeptAnswer<Account> register(RequestKey key, String name) {
    if (name.isBlank()
        || name.codePointCount(0, name.length()) > NAME_MAX
        || name.codePoints().anyMatch(Character::isISOControl)) {
      throw new ProblemException(
          400,
          "bad-name",
          "name: "
              + name.codePointCount(0, name.length())
              + " characters (expected: 1 to "
              + NAME_MAX
              + ", not blank, no control characters)");
    }
    for (int attempt = 1; ; attempt++) {
      int slot = ownSlots.pick();
      try {
        return idempotency.run(
            slot,
            key,
            201,
            Account.class,
            tx -> shown(ledger.open(tx, ledger.ids().next(slot), name)));
      } catch (NotHomeException movedAway) {
        // the slot was this cell's choice, not the caller's: another one serves as well
        if (attempt == REGISTER_ATTEMPTS_MAX) {
          throw movedAway;
        }
      }
    }
  }

  /**
   * An account as it is.
   *
   * @throws ProblemException 404 if there is none
   */
  public Account read(long userId) {
    return shown(
        ledger
            .database()
            .read(tx -> ledger.read(tx, userId))
            .orElseThrow(() -> noSuchAccount(userId)));
  }

  /**
   * Adds money.
   *
   * @throws ProblemException 404 if there is no such account
   */
  public KeptAnswer<Deposit> deposit(RequestKey key, long userId, BigDecimal amount) {
    int slot = ledger.slotOf(userId);
    return idempotency.run(
        slot,
        key,
        201,
        Deposit.class,
        tx -> {
          AccountRow account = ledger.lock(tx, userId).orElseThrow(() -> noSuchAccount(userId));
          long depositId = ledger.ids().next(slot);
          AccountRow after = ledger.post(tx, account, Entry.Kind.DEPOSIT, amount, depositId);
          return new Deposit(Long.toString(depositId), Money.text(after.balance()));
        });
  }

  private Account shown(AccountRow row) {
    return new Account(Long.toString(row.userId()), row.name(), Money.text(row.balance()), cell);
  }

  /** The refusal of what needs an account that is not there. */
  public static ProblemException noSuchAccount(long userId) {
    return new ProblemException(404, "no-such-account", "there is no account " + userId);
  }
}
