package io.homecell.api.account;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.rpc.SlotOf;
import org.apache.dubbo.remoting.http12.HttpMethods;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.rest.Mapping;
import org.apache.dubbo.remoting.http12.rest.Param;
import org.apache.dubbo.remoting.http12.rest.ParamType;
import org.jspecify.annotations.Nullable;

/**
 * Accounts over HTTP, for the user that the edge has found ({@link CellHeaders#USER}): without one
 * the answer is 400, for another user's account 403. The calls that change something take an {@code
 * Idempotency-Key}; without one the answer is 400, and 422 if it was used with another request.
 */
@Mapping("/")
public interface AccountsHttp {
  /** The header that makes an unsafe call repeatable. */
  String IDEMPOTENCY_KEY = "Idempotency-Key";

  /** 201 with the new {@link Account}, in a slot that this cell owns. */
  @Mapping(path = "/accounts", method = HttpMethods.POST)
  HttpResult<?> register(
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key,
      @Param(type = ParamType.Body, required = false) @Nullable NewAccount body);

  /** 200 with the {@link Account}; 404. */
  @Mapping(path = "/accounts/{userId}", method = HttpMethods.GET)
  HttpResult<?> read(
      @SlotOf @Param(value = "userId", type = ParamType.PathVariable) String userId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user);

  /** 201 with the {@link Deposit}; 404. */
  @Mapping(path = "/accounts/{userId}/deposits", method = HttpMethods.POST)
  HttpResult<?> deposit(
      @SlotOf @Param(value = "userId", type = ParamType.PathVariable) String userId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key,
      @Param(type = ParamType.Body, required = false) @Nullable NewDeposit body);

  /**
   * 201 with the {@link Transfer}, {@code DONE} or {@code PENDING}; 404 if there is no such account
   * or payee (the money is back then), 409 if the balance is too small.
   */
  @Mapping(path = "/accounts/{userId}/transfers", method = HttpMethods.POST)
  HttpResult<?> transfer(
      @SlotOf @Param(value = "userId", type = ParamType.PathVariable) String userId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = IDEMPOTENCY_KEY, type = ParamType.Header, required = false)
          @Nullable String key,
      @Param(type = ParamType.Body, required = false) @Nullable NewTransfer body);

  /** 200 with the {@link Transfer}; 404. */
  @Mapping(path = "/accounts/{userId}/transfers/{transferId}", method = HttpMethods.GET)
  HttpResult<?> readTransfer(
      @SlotOf @Param(value = "userId", type = ParamType.PathVariable) String userId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = "transferId", type = ParamType.PathVariable) String transferId);

  /** 200 with a {@link io.homecell.api.Page} of {@link Entry}, the newest first; 404. */
  @Mapping(path = "/accounts/{userId}/entries", method = HttpMethods.GET)
  HttpResult<?> entries(
      @SlotOf @Param(value = "userId", type = ParamType.PathVariable) String userId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = "cursor", type = ParamType.Param, required = false) @Nullable String cursor);
}
