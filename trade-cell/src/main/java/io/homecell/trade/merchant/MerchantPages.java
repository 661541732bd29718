package io.homecell.trade.merchant;

import io.homecell.api.trade.MerchantsHttp;
import io.homecell.core.http.ProblemException;
import io.homecell.trade.order.IdText;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.jspecify.annotations.Nullable;

/** The merchant view over HTTP. Safe for any number of threads. */
public final class MerchantPages implements MerchantsHttp {
  private static final int PAGE = 50;

  private final MerchantView view;

  public MerchantPages(MerchantView view) {
    this.view = view;
  }

  @Override
  public HttpResult<?> orders(String merchantId, @Nullable String user, @Nullable String cursor) {
    if (user == null || user.isBlank()) {
      throw new ProblemException(400, "no-identity", "the request does not tell its user");
    }
    long merchant = IdText.parse("merchantId", merchantId);
    return HttpResult.of(200, view.orders(merchant, cursor, PAGE));
  }
}
