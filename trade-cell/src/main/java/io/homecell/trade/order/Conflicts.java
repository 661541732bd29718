package io.homecell.trade.order;

import io.homecell.core.http.ProblemException;

/** Steps that an order's state does not allow, as answers. */
final class Conflicts {
  private Conflicts() {}

  /** The 409 of a refused step. */
  static ProblemException of(Step step, long orderId) {
    if (step instanceof Step.Refused refused) {
      return new ProblemException(
          409, refused.reason().kind(), "order " + orderId + ": " + refused.reason().detail());
    }
    throw new IllegalStateException("order " + orderId + ": " + step + " is no conflict");
  }
}
