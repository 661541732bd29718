package io.homecell.core.cell;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.failsafe.FailsafeMode;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.http.AdminServer;
import io.homecell.core.id.IdSource;
import io.homecell.core.id.MysqlNodeLease;
import io.homecell.core.lease.LeaseKeeper;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.near.NearReads;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.route.Routes;
import io.homecell.core.rpc.CellServer;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of one service of one cell: everything around the service's own logic, in the order
 * that is safe. What a service may write with is the fenced database, which is all that it gets.
 *
 * <p>It answers requests only when it has a route table, a database and a range of ids; it is
 * announced only when its code is warm; it says it is ready only while the cell's lease holds and
 * the database answers. Shutdown goes the other way round.
 */
public final class CellProcess {
  private static final Logger log = LoggerFactory.getLogger(CellProcess.class);
  private static final Duration FIRST_TABLE_WITHIN = Duration.ofMinutes(2);
  private static final Duration TOLD_EACH = Duration.ofSeconds(5);

  private CellProcess() {}

  /**
   * What a service is built from.
   *
   * @param lifecycle closes what the service starts, before the parts given here
   */
  public record Parts(
      Topology topology,
      Topology.Cell cell,
      FencedDatabase database,
      Routes routes,
      IdSource ids,
      HomeClient homes,
      Clock clock,
      MeterRegistry metrics,
      Lifecycle lifecycle) {

    /**
     * An id of nobody and nothing, in a slot that this cell owns if it owns any: ids that are drawn
     * carry their time, and this one is from before the first. For {@link WarmUp}.
     */
    public long nobody() {
      RouteTable table = routes.current();
      int slots = table.slots().count();
      long slot =
          IntStream.range(0, slots)
              .filter(candidate -> table.of(candidate).owner().equals(cell.name()))
              .findFirst()
              .orElse(0);
      return slots + slot;
    }
  }

  /**
   * A service.
   *
   * @param exported what it serves
   * @param warmUp requests that change nothing and together run through its code
   */
  public record Service(List<CellServer.Exported<?>> exported, List<WarmUp.Request> warmUp) {}

  /** Builds a service. */
  @FunctionalInterface
  public interface Build {
    Service build(Parts parts) throws Exception;
  }

  /**
   * The body of a service's {@code main}; returns only when the process stops.
   *
   * @param role the service's name, which is also its schema's, such as {@code account}
   */
  public static void main(String role, Build build) {
    Lifecycle.main(role, (settings, lifecycle) -> start(role, settings, lifecycle, build));
  }

  private static void start(String role, ProcessSettings settings, Lifecycle lifecycle, Build build)
      throws Exception {
    Topology topology = TopologyFile.read(settings.topology());
    Topology.Cell cell = topology.cell(settings.requireCell());
    Secrets secrets = Secrets.read(settings.secrets());
    Credentials application = secrets.of(Role.APPLICATION);
    PrometheusMeterRegistry metrics =
        Metrics.registry(role, cell.datacenter(), Optional.of(cell.name()));
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
            "database", MysqlFencedDatabase.open(cell, role, application, routes, metrics));
    LeaseKeeper lease =
        lifecycle.closing(
            "lease",
            LeaseKeeper.start(
                zookeeper,
                topology,
                cell.name(),
                secrets.of(Role.KEEPER),
                FailsafeMode.of(
                    topology, cell.datacenter(), secrets::edgeHop, () -> routes.current().epoch()),
                () -> routes.current().epoch(),
                metrics));
    MysqlNodeLease node =
        lifecycle.closing(
            "ids",
            MysqlNodeLease.start(topology, cell.name(), settings.instance(), application, metrics));
    while (!node.awaitFirst(TOLD_EACH)) {
      log.info("{}: waits for the database at {}", cell.name(), cell.mysql());
    }
    HomeClient homes =
        lifecycle.closing(
            "client",
            HomeClient.open(
                topology, routes, role + "-" + cell.name(), settings.data().resolve("client")));
    Service service =
        build.build(
            new Parts(
                topology,
                cell,
                database,
                routes,
                node.ids(),
                homes,
                Clock.systemUTC(),
                metrics,
                lifecycle));
    CellServer server =
        lifecycle.closing(
            "server",
            serve(
                role,
                settings,
                topology,
                routes,
                new NearReads(topology, cell, database, metrics),
                metrics,
                service));
    lifecycle.closing(
        "applied epochs",
        AppliedEpochs.publish(
            zookeeper,
            routes,
            role,
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
    Announcement.of(settings, role, server.port(), admin.port()).write(settings.data());
  }

  private static CellServer serve(
      String role,
      ProcessSettings settings,
      Topology topology,
      Routes routes,
      NearReads near,
      MeterRegistry metrics,
      Service service)
      throws Exception {
    CellServer server =
        CellServer.start(
            new CellServer.Settings(
                topology,
                settings.requireCell(),
                role,
                settings.instance(),
                settings.host(),
                settings.port(),
                settings.data().resolve("server"),
                routes,
                metrics,
                Optional.of(near)),
            service.exported());
    try {
      WarmUp.run(settings.host(), server.port(), service.warmUp());
      server.announce();
      return server;
    } catch (Exception e) {
      server.close();
      throw e;
    }
  }
}
