package io.homecell.router;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.rpc.SlotOf;
import org.apache.dubbo.remoting.http12.HttpMethods;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.rest.Mapping;
import org.apache.dubbo.remoting.http12.rest.Param;
import org.apache.dubbo.remoting.http12.rest.ParamType;

/** A service of the tests, called over HTTP. */
@Mapping("/accounts")
interface TallyPages {
  record Entry(String what) {}

  @Mapping(path = "/{user}/entries", method = HttpMethods.GET)
  HttpResult<?> read(
      @SlotOf @Param(value = "user", type = ParamType.PathVariable) String user,
      @Param(value = CellHeaders.USER, type = ParamType.Header, required = false) String asking);

  @Mapping(path = "/{user}/entries", method = HttpMethods.POST)
  HttpResult<?> write(
      @SlotOf @Param(value = "user", type = ParamType.PathVariable) String user,
      @Param(type = ParamType.Body, required = false) Entry entry);
}
