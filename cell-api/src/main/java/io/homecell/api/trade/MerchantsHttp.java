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
 * The merchant view over HTTP. Who may see a merchant's orders is not decided yet: any
 * authenticated user may, without one the answer is 400.
 */
@Mapping("/")
public interface MerchantsHttp {
  /** 200 with a {@link io.homecell.api.Page} of {@link MerchantOrder}, the newest first. */
  @Mapping(path = "/merchants/{merchantId}/orders", method = HttpMethods.GET)
  HttpResult<?> orders(
      @SlotOf @Param(value = "merchantId", type = ParamType.PathVariable) String merchantId,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false)
          @Nullable String user,
      @Param(value = "cursor", type = ParamType.Param, required = false) @Nullable String cursor);
}
