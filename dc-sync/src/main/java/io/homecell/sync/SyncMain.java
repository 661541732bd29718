package io.homecell.sync;

import io.homecell.core.audit.AuditLog;
import io.homecell.core.audit.AuditedDecisions;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.ReturnProofs;
import io.homecell.core.http.AdminServer;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.sync.load.LoadApi;
import io.homecell.sync.pipeline.Pipelines;
import io.homecell.sync.pipeline.SchemaDecision;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.projection.Projections;
import io.homecell.sync.stranded.StrandedApi;
import io.homecell.sync.stranded.StrandedRounds;
import io.homecell.sync.stranded.StrandedTransactions;
import io.homecell.sync.verify.RepairApi;
import io.homecell.sync.verify.ReturnRounds;
import io.homecell.sync.verify.VerificationRounds;
import io.homecell.sync.verify.VerifyApi;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/**
 * The process that carries other cells' transactions into the cells of one datacenter. One runs in
 * each datacenter, or several: of those, one runs each pipeline and the others stand by.
 */
public final class SyncMain {
  private static final String ROLE = "dc-sync";
  private static final Duration FIRST_ROUTES_WITHIN = Duration.ofMinutes(10);

  /**
   * Each round reads every replicated table of each pair of cells, see {@link VerificationRounds}.
   */
  private static final Duration VERIFY_EACH = Duration.ofMinutes(10);

  /** What was settled is undone, and a returned cell looked at, so often. */
  private static final Duration STRANDED_EACH = Duration.ofSeconds(2);

  private SyncMain() {}

  public static void main(String[] args) {
    Lifecycle.main(ROLE, SyncMain::start);
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
    Topology topology = TopologyFile.read(settings.topology());
    String datacenter = topology.datacenter(settings.datacenter()).name();
    Secrets secrets = Secrets.read(settings.secrets());
    PrometheusMeterRegistry registry = Metrics.registry(ROLE, datacenter, Optional.empty());
    AdminServer admin =
        lifecycle.closing(
            "admin", AdminServer.start(settings.host(), settings.adminPort(), registry));
    CuratorFramework zookeeper =
        lifecycle.closing("zookeeper", Coordination.start(topology.coordination()));
    Pipelines pipelines =
        lifecycle.closing(
            "pipelines",
            Pipelines.start(
                topology,
                datacenter,
                settings.instance(),
                secrets.of(Secrets.Role.REPLICATION),
                zookeeper,
                registry,
                "http://" + settings.host() + ":" + admin.port()));
    admin.handle(
        "/sync/ddl",
        audited("sync.ddl", request -> SchemaDecision.answer(request, pipelines), zookeeper));
    lifecycle.closing(
        "verification",
        VerificationRounds.start(pipelines.verifications(), pipelines::isStreaming, VERIFY_EACH));
    admin.handle(
        "/sync/repair",
        audited("sync.repair", new RepairApi(pipelines.pairs())::answer, zookeeper));
    admin.handle("/sync/verify", new VerifyApi(pipelines.verifications())::answer);
    admin.handle(
        "/sync/load", audited("sync.load", new LoadApi(pipelines.loads())::answer, zookeeper));
    startStranded(topology, datacenter, secrets, lifecycle, admin, zookeeper, pipelines);
    admin.handle("/sync", request -> new AdminServer.Answer(200, pipelines.statuses()));
    Announcement.of(settings, ROLE, 0, admin.port()).write(settings.data());
    startProjections(settings, topology, secrets, lifecycle, admin, zookeeper, registry);
  }

  /** What came too late is kept, settled, undone; what has returned is verified. */
  private static void startStranded(
      Topology topology,
      String datacenter,
      Secrets secrets,
      Lifecycle lifecycle,
      AdminServer admin,
      CuratorFramework zookeeper,
      Pipelines pipelines) {
    Map<String, StrandedTransactions> stranded = new HashMap<>();
    List<StrandedRounds.Keeper> keepers = new ArrayList<>();
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      Map<String, CellDatabase> group = new HashMap<>();
      for (Topology.Cell of : topology.cellsOfGroup(cell.group())) {
        group.put(
            of.name(),
            new CellDatabase(of.name(), of.mysql(), secrets.of(Secrets.Role.REPLICATION)));
      }
      CellDatabase own = Optional.ofNullable(group.get(cell.name())).orElseThrow();
      stranded.put(cell.name(), new StrandedTransactions(own));
      keepers.add(new StrandedRounds.Keeper(own, group));
    }
    admin.handle(
        "/sync/stranded", audited("sync.stranded", new StrandedApi(stranded)::answer, zookeeper));
    lifecycle.closing(
        "stranded",
        StrandedRounds.start(
            keepers, pipelines::looksAfter, topology.replication().stranded(), STRANDED_EACH));
    lifecycle.closing(
        "returns",
        ReturnRounds.start(
            topology,
            pipelines.pairs(),
            pipelines::isStreaming,
            new DatacenterStates(zookeeper),
            new ReturnProofs(zookeeper),
            STRANDED_EACH));
  }

  /** What a person decides there is in the audit log of the whole deployment. */
  private static AdminServer.Handler audited(
      String what, AdminServer.Handler handler, CuratorFramework zookeeper) {
    return new AuditedDecisions(what, handler, new AuditLog(zookeeper), Clock.systemUTC());
  }

  /** After the pipelines, which need no route table: a new deployment may not have one yet. */
  private static void startProjections(
      ProcessSettings settings,
      Topology topology,
      Secrets secrets,
      Lifecycle lifecycle,
      AdminServer admin,
      CuratorFramework zookeeper,
      PrometheusMeterRegistry metrics) {
    RouteWatch routes =
        lifecycle.closing(
            "routes",
            RouteWatch.start(
                    zookeeper,
                    settings.data().resolve("routes.json"),
                    topology.slots(),
                    FIRST_ROUTES_WITHIN)
                .metered(metrics));
    CuratorFramework registry =
        lifecycle.closing(
            "registry",
            Coordination.startRegistry(
                topology.datacenter(settings.datacenter()),
                topology.coordination().sessionTimeout()));
    Projections projections =
        lifecycle.closing(
            "projections",
            Projections.start(
                topology,
                settings.datacenter(),
                routes,
                registry,
                secrets.of(Secrets.Role.APPLICATION),
                metrics));
    admin.handle("/projections", request -> new AdminServer.Answer(200, projections.states()));
  }
}
