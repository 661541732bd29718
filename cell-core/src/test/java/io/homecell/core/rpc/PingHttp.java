package io.homecell.core.rpc;

import io.homecell.core.http.CellHeaders;
import org.apache.dubbo.remoting.http12.HttpMethods;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.rest.Mapping;
import org.apache.dubbo.remoting.http12.rest.Param;
import org.apache.dubbo.remoting.http12.rest.ParamType;

/** A service of the tests, called over HTTP. */
@Mapping("/")
interface PingHttp {
  record Body(String amount, int count) {}

  @Mapping(path = "/pings/{id}", method = HttpMethods.GET)
  HttpResult<?> read(
      @SlotOf @Param(value = "id", type = ParamType.PathVariable) String id,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false) String user);

  @Mapping(path = "/pings/{id}", method = HttpMethods.POST)
  HttpResult<?> write(
      @SlotOf @Param(value = "id", type = ParamType.PathVariable) String id,
      @Param(type = ParamType.Body, required = false) Body body);

  @Mapping(path = "/pings", method = HttpMethods.GET)
  HttpResult<?> list(
      @SlotOf @Param(value = "id", type = ParamType.Param, required = false) String id);
}
