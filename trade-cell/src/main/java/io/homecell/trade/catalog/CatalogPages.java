package io.homecell.trade.catalog;

import io.homecell.api.trade.CatalogHttp;
import io.homecell.trade.list.Cursor;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.jspecify.annotations.Nullable;

/** The catalog over HTTP. Safe for any number of threads. */
public final class CatalogPages implements CatalogHttp {
  private static final int PAGE = 50;

  private final Catalog catalog;

  public CatalogPages(Catalog catalog) {
    this.catalog = catalog;
  }

  @Override
  public HttpResult<?> list(@Nullable String cursor) {
    return HttpResult.of(200, catalog.products(Cursor.read(cursor, ""), PAGE));
  }

  @Override
  public HttpResult<?> read(String sku) {
    return HttpResult.of(200, catalog.product(sku));
  }
}
