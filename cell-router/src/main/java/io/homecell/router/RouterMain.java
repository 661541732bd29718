package io.homecell.router;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.http.AdminServer;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.FetchedKeys;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.link.LinkTerms;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.proxy.TrustedProxies;
import io.homecell.router.reload.Reload;
import io.homecell.router.reload.RuleFiles;
import io.homecell.router.tls.TlsFiles;
import io.homecell.router.websocket.WebSocketSettings;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The router process.
 *
 * <p>Beside the environment of every process it reads {@code HOMECELL_JWKS}: a file or an address
 * (https) with the keys that bearer tokens are checked against. Without it {@code jwt:} sources are
 * skipped: a token is never believed unverified. With {@code HOMECELL_TAKE_OVER=true} it takes its
 * port over from a router that serves it; without, a port that is taken is a reason not to start.
 * {@code HOMECELL_TRUSTED_PROXIES} lists the addresses and ranges of load balancers before it,
 * whose {@code Forwarded} and {@code X-Forwarded-*} are kept; nobody's else are. Where the topology
 * has peer ports, {@code HOMECELL_PEER_CERTIFICATE}, {@code HOMECELL_PEER_KEY} and {@code
 * HOMECELL_PEER_AUTHORITIES} name the files by which routers prove themselves to each other. With
 * {@code HOMECELL_TLS_CERTIFICATE} and {@code HOMECELL_TLS_KEY}, PEM files, clients speak TLS to
 * it, and HTTP/2 if they like. {@code HOMECELL_WEBSOCKET_IDLE} is how many seconds a silent
 * WebSocket stays.
 */
public final class RouterMain {
  private static final Logger log = LoggerFactory.getLogger(RouterMain.class);
  private static final String ROLE = "router";
  private static final Duration FIRST_TABLE_WITHIN = Duration.ofMinutes(2);

  private RouterMain() {}

  /** Why the router is not ready; empty once it is. */
  private static final class Readiness {
    private volatile String problem;

    Readiness(String problem) {
      this.problem = problem;
    }

    String problem() {
      return problem;
    }

    void set(String now) {
      problem = now;
    }
  }

  /** Runs until SIGTERM. */
  public static void main(String[] args) {
    // Vert.x would look at the clock around each piece of work; a loop that is late says so itself.
    System.setProperty("vertx.disableContextTimings", "true");
    // Netty's older allocator: a twentieth less CPU for a request here than its adaptive one.
    System.setProperty("io.netty.allocator.type", "pooled");
    Lifecycle.main(ROLE, RouterMain::start);
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
    Topology topology = TopologyFile.read(settings.topology());
    Topology.Datacenter datacenter = topology.datacenter(settings.datacenter());
    PeerKey key = new PeerKey(Secrets.read(settings.secrets()).edgeHop());
    PortClaim claim = PortClaim.parse(System.getenv().getOrDefault(PortClaim.VARIABLE, ""));
    PrometheusMeterRegistry metrics =
        Metrics.registry(ROLE, settings.datacenter(), Optional.empty());

    RuleFiles files = files(settings, System.getenv(), lifecycle, metrics);
    IdentityReader identities = files.read().identities();
    tellIfTokensAreIgnored(topology, files);

    Readiness readiness = new Readiness("waits for the first route table");
    AdminServer admin =
        lifecycle.closing(
            "admin", AdminServer.start(settings.host(), settings.adminPort(), metrics));
    admin.addReadiness("edge", readiness::problem);

    CuratorFramework client =
        lifecycle.closing("coordination", Coordination.start(topology.coordination()));
    log.info("waits for the first route table of {}", topology.coordination().zookeeper());
    RouteWatch routes =
        lifecycle.closing(
            "routes",
            RouteWatch.start(
                    client,
                    settings.data().resolve("routes.json"),
                    topology.slots(),
                    FIRST_TABLE_WITHIN)
                .metered(metrics));
    CuratorFramework registry =
        lifecycle.closing(
            "registry",
            Coordination.startRegistry(datacenter, topology.coordination().sessionTimeout()));
    InstanceDirectory directory =
        lifecycle.closing("instances", InstanceDirectory.start(registry, services(topology)));

    RouterParts parts =
        new RouterParts(
            topology,
            settings.datacenter(),
            routes,
            new RegistryInstances(directory),
            identities,
            key,
            bounds(System.getenv()),
            metrics);
    tellIfHopsMeetTls(topology, parts.settings());
    int port = settings.port() == 0 ? datacenter.router().port() : settings.port();
    readiness.set("warms up");
    Router router = Router.start(parts, settings.host(), port, claim);
    Reload reload =
        lifecycle.closing(
            "reload",
            Reload.start(
                files,
                router.rules(),
                router.tls(),
                parts.settings().operation().filesReadEach(),
                metrics));
    admin.handle("/reload", reload::answer);
    admin.handle("/why", new WhyEndpoint(parts, router.rules())::answer);
    TableEndpoints table = new TableEndpoints(topology, routes, router.traffic());
    admin.handle("/table", table::table);
    admin.handle("/routes/dry-run", table::dryRun);
    admin.handle("/slots", router.slotCounters()::answer);
    router.links().ifPresent(links -> admin.handle("/links", links::answer));
    lifecycle.closing(
        "applied epoch",
        AppliedEpochs.publish(
            client,
            routes,
            ROLE,
            settings.instance(),
            settings.datacenter(),
            Optional.empty(),
            Optional.of(settings.host() + ":" + admin.port())));
    // Closed first: no readiness, then no new requests, then the rest.
    lifecycle.closing("edge", router);
    lifecycle.closing("readiness", () -> readiness.set("is stopping"));
    readiness.set("");
    Announcement.of(settings, ROLE, port, admin.port()).write(settings.data());
    log.info("serves {} at {}:{}", settings.datacenter(), settings.host(), port);
  }

  private static void tellIfHopsMeetTls(Topology topology, RouterSettings settings) {
    boolean peers = topology.datacenters().values().stream().anyMatch(at -> at.peer().isPresent());
    if (settings.tls().files().isPresent() && !peers && topology.datacenters().size() > 1) {
      log.warn(
          "clients speak TLS, and routers of other datacenters forward to the same port without:"
              + " give each datacenter of the topology a 'peer'");
    }
  }

  /** All, not only those that have a route now: a reload may give them one. */
  private static String[] services(Topology topology) {
    return topology.services().keySet().toArray(String[]::new);
  }

  private static RouterSettings bounds(Map<String, String> environment) {
    TrustedProxies trusted =
        TrustedProxies.parse(environment.getOrDefault("HOMECELL_TRUSTED_PROXIES", ""));
    return RouterSettings.standard()
        .withClients(ClientTerms.standard().withTrusted(trusted))
        .withWebSockets(WebSocketSettings.fromEnvironment(environment))
        .withOperation(Operation.fromEnvironment(environment))
        .withLinks(LinkTerms.fromEnvironment(environment))
        .withTls(TlsTerms.standard().withFiles(TlsFiles.fromEnvironment(environment)));
  }

  private static RuleFiles files(
      ProcessSettings settings,
      Map<String, String> environment,
      Lifecycle lifecycle,
      MeterRegistry metrics) {
    String keys = environment.getOrDefault("HOMECELL_JWKS", "");
    Path topology = settings.topology();
    if (!FetchedKeys.isUrl(keys)) {
      Optional<Path> file = Optional.of(keys).filter(text -> !text.isBlank()).map(Path::of);
      return new RuleFiles(topology, file, settings.datacenter());
    }
    FetchedKeys fetched =
        lifecycle.closing(
            "keys",
            FetchedKeys.start(URI.create(keys), settings.data().resolve("jwks.json"), metrics));
    return new RuleFiles(
        topology, Optional.empty(), Optional.of(fetched.verifier()), settings.datacenter());
  }

  private static void tellIfTokensAreIgnored(Topology topology, RuleFiles files) {
    boolean wantsTokens =
        topology.edge().identity().stream()
            .anyMatch(source -> source instanceof Topology.IdentitySource.JwtClaim);
    if (wantsTokens && !files.believesTokens()) {
      log.info("HOMECELL_JWKS is not set: bearer tokens are ignored, they name nobody");
    }
  }
}
