package io.homecell.trade.order;

import io.homecell.core.idempotency.RequestKey;

/**
 * Who asks for a change, and under which idempotency key.
 *
 * @param userId the authenticated user
 * @param key in the user's scope
 */
public record Caller(long userId, RequestKey key) {
  /** The caller as the row of a payment or refund remembers it. */
  static Caller remembered(long userId, String key, String requestHash) {
    return new Caller(userId, new RequestKey(scope(userId), key, requestHash));
  }

  /** Whose keys a user's keys are. */
  static String scope(long userId) {
    return Long.toString(userId);
  }
}
