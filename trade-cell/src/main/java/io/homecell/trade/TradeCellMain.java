package io.homecell.trade;

import io.homecell.api.account.AccountService;
import io.homecell.api.trade.CatalogHttp;
import io.homecell.api.trade.MerchantsHttp;
import io.homecell.api.trade.OrdersHttp;
import io.homecell.api.trade.SettlementService;
import io.homecell.core.cell.CellProcess;
import io.homecell.core.cell.WarmUp;
import io.homecell.core.cell.WarmUp.Request;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.rpc.CellServer.Exported;
import io.homecell.core.slot.Slots;
import io.homecell.trade.catalog.Catalog;
import io.homecell.trade.catalog.CatalogPages;
import io.homecell.trade.job.JobRuns;
import io.homecell.trade.merchant.MerchantPages;
import io.homecell.trade.merchant.MerchantView;
import io.homecell.trade.merchant.Settlement;
import io.homecell.trade.order.Cancellations;
import io.homecell.trade.order.Expiry;
import io.homecell.trade.order.OrderPages;
import io.homecell.trade.order.Orders;
import io.homecell.trade.order.Payments;
import io.homecell.trade.order.Recovery;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;

/**
 * A cell's trade process: catalog, orders, payment, merchant view and the work of the scheduled
 * jobs.
 *
 * <p>Beside the environment of every process it reads {@code HOMECELL_ORDER_EXPIRY}: how long an
 * order may wait for its payment, as an ISO 8601 duration; {@code PT15M} if not set.
 */
public final class TradeCellMain {
  private static final String EXPIRY_VARIABLE = "HOMECELL_ORDER_EXPIRY";

  /** Longer than a request works on a payment, the wait for a moving slot included. */
  private static final Duration RECOVERY_PATIENCE = Duration.ofSeconds(5);

  private TradeCellMain() {}

  public static void main(String[] args) {
    CellProcess.main("trade", TradeCellMain::build);
  }

  private static CellProcess.Service build(CellProcess.Parts parts) {
    Duration unpaidFor = expiry(System.getenv());
    String cell = parts.cell().name();
    FencedDatabase database = parts.database();
    Slots slots = parts.topology().slots();
    AccountService accounts = parts.homes().of(AccountService.class);
    Orders orders = new Orders(database, slots, parts.ids(), parts.clock());
    Payments payments = new Payments(database, slots, parts.ids(), accounts, parts.clock());
    Cancellations cancellations =
        new Cancellations(database, slots, parts.ids(), accounts, parts.clock());
    JobRuns jobs =
        new JobRuns(
            cell,
            new Settlement(cell, database, parts.routes(), parts.clock()),
            new Expiry(cell, database, parts.routes(), parts.clock(), unpaidFor));
    parts
        .lifecycle()
        .closing(
            "recovery",
            new Recovery(
                    cell,
                    database,
                    parts.routes(),
                    payments,
                    cancellations,
                    parts.clock(),
                    RECOVERY_PATIENCE,
                    parts.metrics())
                .start());
    return new CellProcess.Service(
        List.of(
            Exported.of(OrdersHttp.class, new OrderPages(orders, payments, cancellations)),
            Exported.of(CatalogHttp.class, new CatalogPages(new Catalog(database))),
            Exported.of(MerchantsHttp.class, new MerchantPages(new MerchantView(database))),
            Exported.of(SettlementService.class, jobs)),
        warmUp(parts.nobody(), accounts));
  }

  private static List<WarmUp.Request> warmUp(long nobody, AccountService accounts) {
    String order = "/orders/" + nobody;
    return List.of(
        new Request.Get("/products", nobody),
        new Request.Get("/orders?userId=" + nobody, nobody),
        new Request.Get("/merchants/" + nobody + "/orders", nobody),
        new Request.Post(
            "/orders",
            nobody,
            "{\"userId\":\"%1$d\",\"merchantId\":\"%1$d\",\"lines\":[{\"sku\":\"no such\",\"quantity\":1}]}"
                .formatted(nobody)),
        new Request.Post(order + "/payment", nobody, ""),
        new Request.Post(order + "/cancellation", nobody, ""),
        new Request.Call(() -> accounts.credit(nobody, nobody, nobody, BigDecimal.ONE)));
  }

  /**
   * How long an order may wait for its payment.
   *
   * @throws IllegalArgumentException if the variable is no positive duration
   */
  static Duration expiry(Map<String, String> environment) {
    String text = environment.getOrDefault(EXPIRY_VARIABLE, "PT15M");
    try {
      Duration duration = Duration.parse(text);
      if (duration.compareTo(Duration.ZERO) > 0) {
        return duration;
      }
    } catch (DateTimeParseException notADuration) {
      // told below
    }
    throw new IllegalArgumentException(
        EXPIRY_VARIABLE + ": '" + text + "' (expected: a duration such as PT15M)");
  }
}
