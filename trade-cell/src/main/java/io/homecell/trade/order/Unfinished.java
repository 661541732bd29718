package io.homecell.trade.order;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.rpc.CallUnknownException;
import java.util.function.Supplier;

/**
 * The second half of a payment or refund. What fails in it, fails after an effect: the first
 * transaction stands. So a refusal that elsewhere says "nothing was done" must not say so here.
 */
final class Unfinished {
  private Unfinished() {}

  /**
   * Runs the second half. A {@code NotHomeException} is passed on: who sends the request again to
   * the new owner, under its key, joins what was begun here.
   *
   * @throws CallUnknownException if it can't be completed now; recovery will
   */
  static <T> T explain(String what, Supplier<T> secondHalf) {
    try {
      return secondHalf.get();
    } catch (CellFencedException | DatabaseUnavailableException e) {
      throw new CallUnknownException(what + " is under way: " + e.getMessage(), e);
    }
  }
}
