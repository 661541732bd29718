package io.homecell.api.trade;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.rpc.SlotOf;
import org.apache.dubbo.remoting.http12.HttpMethods;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.rest.Mapping;
import org.apache.dubbo.remoting.http12.rest.Param;
import org.apache.dubbo.remoting.http12.rest.ParamType;
import org.jspecify.annotations.Nullable;

/**
 * Orders over HTTP, for the user that the edge has found ({@link CellHeaders#USER}): without one
 * the answer is 400, for another user's order 403. The calls that change something take an {@code
 * Idempotency-Key}; without one the answer is 400.
 */
@Mapping("/")
public interface OrdersHttp {
  /** The header that makes an unsafe call repeatable. */
  String IDEMPOTENCY_KEY = "Idempotency-Key";

  /** 201 with the {@link Order}; 400, 403 or 422. */
  @Mapping(path = "/orders", method = HttpMethods.POST)
  HttpResult<?> place(
      @SlotOf @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key,
      @Param(type = ParamType.Body, required = false) @Nullable NewOrder body);

  /** 200 with a {@link io.homecell.api.Page} of the user's orders, the newest first. */
  @Mapping(path = "/orders", method = HttpMethods.GET)
  HttpResult<?> list(
      @SlotOf @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = "userId", type = ParamType.Param, required = false) @Nullable String userId,
      @Param(value = "cursor", type = ParamType.Param, required = false) @Nullable String cursor);

  /** 200 with the {@link Order}; 404. */
  @Mapping(path = "/orders/{orderId}", method = HttpMethods.GET)
  HttpResult<?> read(
      @SlotOf @Param(value = "orderId", type = ParamType.PathVariable) String orderId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user);

  /** 200 with the paid {@link Order}; 404, 409, 422, or 503 while the outcome is not known. */
  @Mapping(path = "/orders/{orderId}/payment", method = HttpMethods.POST)
  HttpResult<?> pay(
      @SlotOf @Param(value = "orderId", type = ParamType.PathVariable) String orderId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key);

  /** 200 with the cancelled {@link Order}; 404, 409, 422, or 503 while the outcome is not known. */
  @Mapping(path = "/orders/{orderId}/cancellation", method = HttpMethods.POST)
  HttpResult<?> cancel(
      @SlotOf @Param(value = "orderId", type = ParamType.PathVariable) String orderId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key);
}
