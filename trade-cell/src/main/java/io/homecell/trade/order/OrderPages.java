package io.homecell.trade.order;

import io.homecell.api.trade.NewOrder;
import io.homecell.api.trade.OrdersHttp;
import io.homecell.core.http.ProblemException;
import io.homecell.core.idempotency.RequestKey;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.jspecify.annotations.Nullable;

/** Orders over HTTP: reads what was sent, says who asks. Safe for any number of threads. */
public final class OrderPages implements OrdersHttp {
  private static final int PAGE = 50;

  private final Orders orders;
  private final Payments payments;
  private final Cancellations cancellations;

  public OrderPages(Orders orders, Payments payments, Cancellations cancellations) {
    this.orders = orders;
    this.payments = payments;
    this.cancellations = cancellations;
  }

  @Override
  public HttpResult<?> place(@Nullable String user, @Nullable String key, @Nullable NewOrder body) {
    Caller caller = caller(user, key, "POST /orders", body == null ? "" : body);
    return HttpResult.of(201, orders.place(caller, body));
  }

  @Override
  public HttpResult<?> list(
      @Nullable String user, @Nullable String userId, @Nullable String cursor) {
    long caller = identity(user);
    long asked = userId == null ? caller : IdText.parse("userId", userId);
    if (asked != caller) {
      throw new ProblemException(
          403, "not-yours", "userId: " + asked + " (expected: your own, " + caller + ")");
    }
    return HttpResult.of(200, orders.ofUser(caller, cursor, PAGE));
  }

  @Override
  public HttpResult<?> read(String orderId, @Nullable String user) {
    return HttpResult.of(200, orders.order(identity(user), IdText.parse("orderId", orderId)));
  }

  @Override
  public HttpResult<?> pay(String orderId, @Nullable String user, @Nullable String key) {
    long id = IdText.parse("orderId", orderId);
    Caller caller = caller(user, key, "POST /orders/" + id + "/payment", "");
    return HttpResult.of(200, payments.pay(caller, id));
  }

  @Override
  public HttpResult<?> cancel(String orderId, @Nullable String user, @Nullable String key) {
    long id = IdText.parse("orderId", orderId);
    Caller caller = caller(user, key, "POST /orders/" + id + "/cancellation", "");
    return HttpResult.of(200, cancellations.cancel(caller, id));
  }

  /**
   * The authenticated user.
   *
   * @throws ProblemException 400 if the edge found none
   */
  private static long identity(@Nullable String user) {
    if (user == null || user.isBlank()) {
      throw new ProblemException(400, "no-identity", "the request does not tell its user");
    }
    return IdText.parse("user", user);
  }

  private static Caller caller(
      @Nullable String user, @Nullable String key, String request, Object body) {
    long userId = identity(user);
    return new Caller(userId, RequestKey.of(Caller.scope(userId), key, request, body));
  }
}
