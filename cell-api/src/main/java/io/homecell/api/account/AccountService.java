package io.homecell.api.account;

import io.homecell.core.rpc.SlotOf;
import java.math.BigDecimal;

/**
 * What other services ask of accounts, at the home of the user.
 *
 * <p>Invariant: each call has its effect at most once for its id, whatever is repeated, and its
 * outcome never changes once it is recorded. So after {@code CallUnknownException} or {@code
 * CommitUnknownException} the caller asks again under the same id. Amounts are positive, with at
 * most two digits after the point.
 */
public interface AccountService {
  /**
   * Pays an order from an account.
   *
   * @param paymentId made by the caller; the same id with other arguments is refused
   * @throws io.homecell.core.http.ProblemException 400 for a bad amount, 422 if the id was used
   *     with other arguments
   */
  PaymentOutcome debit(@SlotOf long userId, long paymentId, long orderId, BigDecimal amount);

  /**
   * Gives money back to an account.
   *
   * @param refundId made by the caller; the same id with another amount is refused
   * @throws io.homecell.core.http.ProblemException 400 for a bad amount, 422 if the id was used
   *     with other arguments
   */
  RefundOutcome credit(@SlotOf long userId, long refundId, long orderId, BigDecimal amount);

  /**
   * Takes in a transfer from another user.
   *
   * @param transferId made by the payer's home
   * @throws io.homecell.core.http.ProblemException 400 for a bad amount, 422 if the id was used
   *     with other arguments
   */
  TransferOutcome receive(@SlotOf long payee, long transferId, long payer, BigDecimal amount);
}
