package io.homecell.trade;

import io.homecell.api.account.AccountService;
import io.homecell.api.trade.CatalogHttp;
import io.homecell.api.trade.MerchantsHttp;
import io.homecell.api.trade.OrdersHttp;
import io.homecell.api.trade.SettlementService;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.http.AdminServer;
import io.homecell.core.id.IdSource;
import io.homecell.core.id.MysqlNodeLease;
import io.homecell.core.lease.LeaseKeeper;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.route.Routes;
import io.homecell.core.rpc.CellServer;
import io.homecell.core.rpc.CellServer.Exported;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
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
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cell's trade process: catalog, orders, payment, merchant view and the work of the scheduled
 * jobs.
 *
 * <p>Beside the environment of every process it reads {@code HOMECELL_ORDER_EXPIRY}: how long an
 * order may wait for its payment, as an ISO 8601 duration; {@code PT15M} if not set.
 */
public final class TradeCellMain {
  private static final Logger log = LoggerFactory.getLogger(TradeCellMain.class);
  private static final String ROLE = "trade";
  private static final String EXPIRY_VARIABLE = "HOMECELL_ORDER_EXPIRY";
  private static final Duration FIRST_TABLE_WITHIN = Duration.ofMinutes(2);
  private static final Duration TOLD_EACH = Duration.ofSeconds(5);

  /** Longer than a request works on a payment, the wait for a moving slot included. */
  private static final Duration RECOVERY_PATIENCE = Duration.ofSeconds(5);

  private TradeCellMain() {}

  public static void main(String[] args) {
    Lifecycle.main(ROLE, TradeCellMain::start);
  }

  /** What the logic of this cell is made of. */
  private record Parts(
      String cell,
      FencedDatabase database,
      Routes routes,
      IdSource ids,
      AccountService accounts,
      Clock clock) {
    Slots slots() {
      return routes.current().slots();
    }
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
    Duration unpaidFor = expiry(System.getenv());
    Topology topology = TopologyFile.read(settings.topology());
    Topology.Cell cell = topology.cell(settings.requireCell());
    Secrets secrets = Secrets.read(settings.secrets());
    Credentials application = secrets.of(Role.APPLICATION);
    PrometheusMeterRegistry metrics =
        Metrics.registry(ROLE, cell.datacenter(), Optional.of(cell.name()));
    AdminServer admin =
        lifecycle.closing(
            "admin", AdminServer.start(settings.host(), settings.adminPort(), metrics));
    CuratorFramework zookeeper =
        lifecycle.closing("zookeeper", Coordination.start(topology.coordination()));
    log.info("{}: waits for the route table", cell.name());
    RouteWatch routes =
        lifecycle
            .closing(
                "routes",
                RouteWatch.start(
                    zookeeper,
                    settings.data().resolve("routes.json"),
                    topology.slots(),
                    FIRST_TABLE_WITHIN))
            .metered(metrics);
    FencedDatabase database =
        lifecycle.closing(
            "database", MysqlFencedDatabase.open(cell, ROLE, application, routes, metrics));
    LeaseKeeper lease =
        lifecycle.closing(
            "lease",
            LeaseKeeper.start(zookeeper, topology, cell.name(), secrets.of(Role.KEEPER), metrics));
    MysqlNodeLease node =
        lifecycle.closing(
            "ids",
            MysqlNodeLease.start(topology, cell.name(), settings.instance(), application, metrics));
    while (!node.awaitFirst(TOLD_EACH)) {
      log.info("{}: waits for the database at {}", cell.name(), cell.mysql());
    }
    HomeClient client =
        lifecycle.closing(
            "client",
            HomeClient.open(
                topology, routes, ROLE + "-" + cell.name(), settings.data().resolve("client")));
    Parts parts =
        new Parts(
            cell.name(),
            database,
            routes,
            node.ids(),
            client.of(AccountService.class),
            Clock.systemUTC());
    CellServer server = serve(settings, topology, parts, unpaidFor, lifecycle, metrics);
    lifecycle.closing(
        "applied epochs",
        AppliedEpochs.publish(
            zookeeper,
            routes,
            ROLE,
            settings.instance(),
            cell.datacenter(),
            Optional.of(cell.name())));
    admin.addReadiness("lease", () -> lease.remaining().isZero() ? "the cell's lease is over" : "");
    admin.addReadiness(
        "database",
        () -> {
          database.read(tx -> tx.one("SELECT 1", row -> row.getInt(1)));
          return "";
        });
    Announcement.of(settings, ROLE, server.port(), admin.port()).write(settings.data());
  }

  private static CellServer serve(
      ProcessSettings settings,
      Topology topology,
      Parts parts,
      Duration unpaidFor,
      Lifecycle lifecycle,
      PrometheusMeterRegistry metrics)
      throws Exception {
    FencedDatabase database = parts.database();
    Orders orders = new Orders(database, parts.slots(), parts.ids(), parts.clock());
    Payments payments =
        new Payments(database, parts.slots(), parts.ids(), parts.accounts(), parts.clock());
    Cancellations cancellations =
        new Cancellations(database, parts.slots(), parts.ids(), parts.accounts(), parts.clock());
    JobRuns jobs =
        new JobRuns(
            parts.cell(),
            new Settlement(parts.cell(), database, parts.routes(), parts.clock()),
            new Expiry(parts.cell(), database, parts.routes(), parts.clock(), unpaidFor));
    lifecycle.closing(
        "recovery",
        new Recovery(
                parts.cell(),
                database,
                parts.routes(),
                payments,
                cancellations,
                parts.clock(),
                RECOVERY_PATIENCE,
                metrics)
            .start());
    return lifecycle.closing(
        "server",
        CellServer.start(
            new CellServer.Settings(
                topology,
                parts.cell(),
                ROLE,
                settings.instance(),
                settings.host(),
                settings.port(),
                settings.data().resolve("server"),
                parts.routes(),
                metrics),
            List.of(
                Exported.of(OrdersHttp.class, new OrderPages(orders, payments, cancellations)),
                Exported.of(CatalogHttp.class, new CatalogPages(new Catalog(database))),
                Exported.of(MerchantsHttp.class, new MerchantPages(new MerchantView(database))),
                Exported.of(SettlementService.class, jobs))));
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
