package io.homecell.trade;

import io.homecell.api.account.AccountService;
import io.homecell.api.account.PaymentOutcome;
import io.homecell.api.account.RefundOutcome;
import io.homecell.api.account.TransferOutcome;
import io.homecell.core.rpc.CallUnknownException;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Accounts as their contract has them: a payment's or refund's outcome is decided once by its id.
 * The next calls can be made to fail before or after their effect.
 */
public final class FakeAccounts implements AccountService {
  /** How a call goes wrong. */
  public enum Trouble {
    NOT_REACHED,
    ANSWER_LOST
  }

  /** Runs in a call before its effect: a place to hold it. */
  @FunctionalInterface
  public interface Pause {
    void await();
  }

  private final Map<Long, BigDecimal> balances = new HashMap<>();
  private final Map<Long, PaymentOutcome> payments = new HashMap<>();
  private final Map<Long, BigDecimal> refunds = new HashMap<>();
  private final List<Trouble> troubles = new ArrayList<>();
  private volatile Pause pause = () -> {};
  private int calls;

  public synchronized void open(long userId, String balance) {
    balances.put(userId, new BigDecimal(balance));
  }

  public synchronized String balance(long userId) {
    return balances.get(userId).toPlainString();
  }

  public synchronized int calls() {
    return calls;
  }

  /** The next call meets this; may be added up. */
  public synchronized void nextMeets(Trouble trouble) {
    troubles.add(trouble);
  }

  public void pauseCalls(Pause untilDone) {
    pause = untilDone;
  }

  @Override
  public PaymentOutcome debit(long userId, long paymentId, long orderId, BigDecimal amount) {
    pause.await();
    synchronized (this) {
      Trouble trouble = begin();
      PaymentOutcome outcome =
          payments.computeIfAbsent(
              paymentId,
              id -> {
                BigDecimal rest = balances.get(userId).subtract(amount);
                if (rest.signum() < 0) {
                  return PaymentOutcome.REFUSED;
                }
                balances.put(userId, rest);
                return PaymentOutcome.DEBITED;
              });
      end(trouble);
      return outcome;
    }
  }

  @Override
  public RefundOutcome credit(long userId, long refundId, long orderId, BigDecimal amount) {
    pause.await();
    synchronized (this) {
      Trouble trouble = begin();
      if (refunds.putIfAbsent(refundId, amount) == null) {
        balances.merge(userId, amount, BigDecimal::add);
      }
      end(trouble);
      return RefundOutcome.CREDITED;
    }
  }

  @Override
  public TransferOutcome receive(long payee, long transferId, long payer, BigDecimal amount) {
    throw new UnsupportedOperationException("trade-cell transfers nothing");
  }

  private Trouble begin() {
    calls++;
    Trouble trouble = troubles.isEmpty() ? null : troubles.remove(0);
    if (trouble == Trouble.NOT_REACHED) {
      throw new CallUnknownException("account-cell is not reached", null);
    }
    return trouble;
  }

  private static void end(Trouble trouble) {
    if (trouble == Trouble.ANSWER_LOST) {
      throw new CallUnknownException("the answer of account-cell is lost", null);
    }
  }
}
