package io.homecell.account;

import io.homecell.account.ledger.Ledger;
import io.homecell.api.account.AccountService;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.http.AdminServer;
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
import io.homecell.core.rpc.CellServer;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A cell's account process: accounts, payments, transfers. */
public final class AccountCellMain {
  private static final Logger log = LoggerFactory.getLogger(AccountCellMain.class);
  private static final String ROLE = "account";
  private static final Duration FIRST_TABLE_WITHIN = Duration.ofMinutes(2);
  private static final Duration TOLD_EACH = Duration.ofSeconds(5);

  private AccountCellMain() {}

  public static void main(String[] args) {
    Lifecycle.main(ROLE, AccountCellMain::start);
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
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
    Ledger ledger = new Ledger(database, topology.slots(), node.ids(), Clock.systemUTC());
    AccountCell parts =
        lifecycle.closing(
            "deliverer",
            AccountCell.start(cell, ledger, routes, client.of(AccountService.class), metrics));
    CellServer server =
        lifecycle.closing(
            "server",
            CellServer.start(
                new CellServer.Settings(
                    topology,
                    cell.name(),
                    ROLE,
                    settings.instance(),
                    settings.host(),
                    settings.port(),
                    settings.data().resolve("server"),
                    routes,
                    metrics),
                parts.exported()));
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
}
