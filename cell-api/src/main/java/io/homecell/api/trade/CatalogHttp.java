package io.homecell.api.trade;

import org.apache.dubbo.remoting.http12.HttpMethods;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.apache.dubbo.remoting.http12.rest.Mapping;
import org.apache.dubbo.remoting.http12.rest.Param;
import org.apache.dubbo.remoting.http12.rest.ParamType;
import org.jspecify.annotations.Nullable;

/** The catalog over HTTP: any cell serves its copy, to anybody. */
@Mapping("/")
public interface CatalogHttp {
  /** 200 with a {@link io.homecell.api.Page} of products by SKU. */
  @Mapping(path = "/products", method = HttpMethods.GET)
  HttpResult<?> list(
      @Param(value = "cursor", type = ParamType.Param, required = false) @Nullable String cursor);

  /** 200 with the {@link Product}; 404. */
  @Mapping(path = "/products/{sku}", method = HttpMethods.GET)
  HttpResult<?> read(@Param(value = "sku", type = ParamType.PathVariable) String sku);
}
