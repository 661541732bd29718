package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.handover.PortHandOver;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.link.Links;
import io.homecell.router.proxy.EdgeLoop;
import io.homecell.router.proxy.EdgeMetrics;
import io.homecell.router.proxy.EdgeParts;
import io.homecell.router.proxy.LiveRules;
import io.homecell.router.proxy.RecentTraffic;
import io.homecell.router.proxy.SlotCounters;
import io.homecell.router.tls.LiveTls;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.trace.OtlpExport;
import io.homecell.router.trace.OtlpTarget;
import io.homecell.router.upstream.HealthChecks;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.upstream.UpstreamClients;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running router: event loops that share a port, told of each new route table.
 *
 * <p>Safe for any number of threads; {@link #close} returns when the requests under way have ended
 * or the drain is over.
 */
public final class Router implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Router.class);
  private static final Duration START_WITHIN = Duration.ofSeconds(20);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(3);
  private static final Duration DRAIN_MIN = Duration.ofMillis(100);
  private static final Duration HANDSHAKE = Duration.ofMillis(500);
  private static final Duration FAREWELL_STEP = Duration.ofMillis(10);

  private final Vertx vertx;
  private final List<EdgeLoop> loops;
  private final HealthChecks checks;
  private final AutoCloseable listening;
  private final EdgeParts shared;
  private final Optional<Links> links;
  private final AtomicBoolean closed = new AtomicBoolean();

  private Router(
      Vertx vertx,
      List<EdgeLoop> loops,
      HealthChecks checks,
      AutoCloseable listening,
      EdgeParts shared,
      Optional<Links> links) {
    this.vertx = vertx;
    this.loops = loops;
    this.checks = checks;
    this.listening = listening;
    this.shared = shared;
    this.links = links;
  }

  /** As a router that shares its port with no other. */
  public static Router start(RouterParts parts, String host, int port) {
    return start(parts, host, port, PortClaim.ALONE);
  }

  /**
   * Starts to serve; the route table is known by then.
   *
   * @throws IllegalStateException if the port is taken and not to be taken over
   * @throws io.homecell.router.tls.TlsException if the certificate can't be used
   */
  public static Router start(RouterParts parts, String host, int port, PortClaim claim) {
    RouterSettings settings = parts.settings();
    List<Topology.Endpoint> ports = new ArrayList<>(List.of(new Topology.Endpoint(host, port)));
    settings.operation().ownersAt().ifPresent(ports::add);
    parts
        .topology()
        .datacenter(parts.datacenter())
        .peer()
        .ifPresent(peer -> ports.add(new Topology.Endpoint(host, peer.port())));
    PortHandOver handOver = PortHandOver.of(ports, claim);
    handOver.check();
    Optional<LiveTls> tls =
        settings.tls().files().map(files -> LiveTls.start(files, parts.metrics()));
    Vertx vertx = vertx(handOver, settings);
    try {
      WarmUp.run(vertx, settings);
      handOver.opening();
      Router router = serve(vertx, parts, host, port, tls);
      handOver.opened();
      return router;
    } catch (RuntimeException e) {
      vertx.close();
      throw e;
    }
  }

  private static Vertx vertx(PortHandOver handOver, RouterSettings settings) {
    Vertx vertx =
        handOver.vertx(
            new VertxOptions()
                .setPreferNativeTransport(true)
                // Nothing here is loaded by a thread's class loader.
                .setDisableTCCL(true)
                .setEventLoopPoolSize(settings.eventLoops()));
    if (!vertx.isNativeTransportEnabled()) {
      log.info("no native transport here, the JDK's is used");
    }
    return vertx;
  }

  private static Router serve(
      Vertx vertx, RouterParts parts, String host, int port, Optional<LiveTls> tls) {
    RouterSettings settings = parts.settings();
    HoldBudget budget =
        new HoldBudget(
            settings.heldRequestsMax(), settings.heldBytesMax(), settings.overload().heldPercent());
    HealthChecks checks =
        new HealthChecks(vertx, () -> instancesHere(parts), settings.health(), new Random());
    AccessLog accessLog = AccessLog.start(settings.operation().logLinesMax(), parts.metrics());
    EdgeParts shared =
        EdgeParts.of(
            parts,
            budget,
            new EdgeMetrics(parts.metrics(), budget),
            checks,
            accessLog,
            settings.operation().spansTo().map(target -> export(target, parts)),
            tls);
    UpstreamClients client = EdgeLoop.upstreamClients(vertx, settings);
    Optional<Links> links =
        Links.of(
            vertx,
            parts.topology(),
            parts.datacenter(),
            settings.links(),
            settings.connectTimeout(),
            parts.metrics());
    List<EdgeLoop> loops = new ArrayList<>();
    for (int i = 0; i < settings.eventLoops(); i++) {
      EdgeLoop loop = new EdgeLoop(shared, client, host, port, links);
      loops.add(loop);
      await(vertx.deployVerticle(loop, new DeploymentOptions()), START_WITHIN);
    }
    requireThreadEach(loops);
    Gauge.builder("hc_router_upstream_connections", loops, Router::connections)
        .description("open connections to cells and other routers")
        .register(parts.metrics());
    Gauge.builder("hc_router_upstreams_down", checks, HealthChecks::down)
        .description("instances that do not answer health checks")
        .register(parts.metrics());
    checks.start();
    parts.topology().cells().keySet().forEach(cell -> meterCell(cell, loops, parts.metrics()));
    AutoCloseable listening =
        parts.routes().onChange(newer -> loops.forEach(loop -> loop.tableChanged(newer)));
    // A table that came before the line above was told to nobody.
    RouteTable current = parts.routes().current();
    loops.forEach(loop -> loop.tableChanged(current));
    links.ifPresent(all -> all.watchFiles(settings.operation().filesReadEach()));
    // The list itself: gauges ask it for their values, and hold nothing themselves.
    return new Router(vertx, loops, checks, listening, shared, links);
  }

  private static OtlpExport export(OtlpTarget target, RouterParts parts) {
    Map<String, String> reporter =
        Map.of("service.name", "homecell-router", "homecell.datacenter", parts.datacenter());
    return OtlpExport.start(target, reporter, parts.metrics());
  }

  private static Set<Upstream> instancesHere(RouterParts parts) {
    Set<Upstream> here = new HashSet<>();
    for (Topology.EdgeRoute route : parts.topology().edge().routes()) {
      for (Topology.Cell cell : parts.topology().cellsIn(parts.datacenter())) {
        here.addAll(parts.instances().of(route.service(), cell.name()));
      }
    }
    return here;
  }

  private static void meterCell(String cell, List<EdgeLoop> loops, MeterRegistry metrics) {
    Gauge.builder(
            "hc_router_cell_limit",
            loops,
            all -> all.stream().mapToInt(loop -> loop.gateOf(cell).limit()).sum())
        .description("requests that may wait for the cell's answer now")
        .tags("cell", cell)
        .register(metrics);
    Gauge.builder(
            "hc_router_cell_waiting",
            loops,
            all -> all.stream().mapToInt(loop -> loop.gateOf(cell).waiting()).sum())
        .description("requests that wait for the cell's answer")
        .tags("cell", cell)
        .register(metrics);
  }

  /** Two loops on one thread would leave a core idle, and nothing else would show it. */
  private static void requireThreadEach(List<EdgeLoop> loops) {
    List<String> threads = loops.stream().map(EdgeLoop::thread).distinct().toList();
    if (threads.size() != loops.size()) {
      throw new IllegalStateException(
          loops.size() + " event loops run on " + threads + " (expected: a thread for each)");
    }
  }

  private static double connections(List<EdgeLoop> loops) {
    return loops.stream().mapToInt(EdgeLoop::upstreamConnections).sum();
  }

  static <T> T await(Future<T> future, Duration atMost) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(String.valueOf(e.getCause()), e);
    } catch (TimeoutException e) {
      throw new IllegalStateException("not done within " + atMost.toMillis() + " ms", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** What can be changed while it serves. */
  public LiveRules rules() {
    return shared.rules();
  }

  /** The certificate that can be changed while it serves; empty without TLS. */
  public Optional<LiveTls> tls() {
    return shared.tls();
  }

  /** Users and requests of late; for the admin port. */
  public RecentTraffic traffic() {
    return shared.traffic();
  }

  /** Requests by slot; for the admin port. */
  public SlotCounters slotCounters() {
    return shared.slotCounters();
  }

  /** To other datacenters' routers, if they have ports of their own; for the admin port. */
  public Optional<Links> links() {
    return links;
  }

  /** Whether it serves for the last time. */
  public boolean isStopping() {
    return loops.stream().allMatch(EdgeLoop::isDraining);
  }

  /** Requests held now. */
  public int held() {
    return shared.budget().requests();
  }

  /** Connections to upstreams that carry a request, as of a moment ago. */
  public int upstreamInUse() {
    return loops.stream().mapToInt(EdgeLoop::upstreamInUse).sum();
  }

  /** Open connections to upstreams, as of a moment ago. */
  public int upstreamConnections() {
    return loops.stream().mapToInt(EdgeLoop::upstreamConnections).sum();
  }

  @Override
  public void close() throws Exception {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    long from = System.nanoTime();
    sayFarewell(from);
    Duration left = shared.settings().drainMax().minusNanos(System.nanoTime() - from);
    Duration drain = left.compareTo(DRAIN_MIN) < 0 ? DRAIN_MIN : left;
    try {
      await(
          Future.join(loops.stream().map(loop -> loop.drain(drain)).toList()),
          drain.plus(CLOSE_WITHIN));
    } catch (IllegalStateException e) {
      log.warn("drain: {}", e.getMessage());
    }
    listening.close();
    checks.close();
    links.ifPresent(Links::close);
    await(vertx.close(), CLOSE_WITHIN);
    shared.accessLog().close();
    if (shared.spans().isPresent()) {
      shared.spans().get().close();
    }
  }

  /**
   * Goes on for a while, so that no client's connection is closed under a request that is on its
   * way: new ones were accepted by the kernel already, old ones learn from an answer that they have
   * to connect anew. Ends early when nobody is left, but not before a handshake could have ended.
   */
  private void sayFarewell(long fromNanos) {
    loops.forEach(EdgeLoop::sayFarewell);
    long most = shared.settings().operation().farewell().toNanos();
    long least = Math.min(most, HANDSHAKE.toNanos());
    long passed = System.nanoTime() - fromNanos;
    while (passed < most
        && (passed < least || loops.stream().anyMatch(loop -> loop.clients() > 0))) {
      LockSupport.parkNanos(FAREWELL_STEP.toNanos());
      passed = System.nanoTime() - fromNanos;
    }
  }
}
