package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.router.RouterSettings;
import io.homecell.router.decide.Destination;
import io.homecell.router.decide.StaleRoutes;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.hold.HoldQueue;
import io.homecell.router.link.Links;
import io.homecell.router.overload.CellGate;
import io.homecell.router.overload.CellGates;
import io.homecell.router.retry.RetryBudget;
import io.homecell.router.retry.RetryPolicy;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.trace.OtlpExport;
import io.homecell.router.trace.Traces;
import io.homecell.router.upstream.Balancer;
import io.homecell.router.upstream.ConnectionPool;
import io.homecell.router.upstream.Pools;
import io.homecell.router.upstream.StreamConnecting;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.upstream.UpstreamClients;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One event loop of the edge: its share of the clients, with upstream connections, held requests
 * and timers of its own, so that nothing is locked on a request's way. Several serve one port.
 *
 * <p>{@link #tableChanged} may be called from any thread; everything else belongs to the loop.
 */
public final class EdgeLoop extends VerticleBase {
  private static final long TICK_MILLIS = 50;
  private static final int TICKS_A_SECOND = 20;
  private static final int TICKS_A_LOOK = 5;
  private static final int ANSWER_HEAD_BYTES_MAX = 64 << 10;

  private final EdgeParts parts;
  private final UpstreamClients client;
  private final OutboundHead outboundHead;
  private final RetryPolicy retryPolicy;
  private final RetryBudget retryBudget;
  private final Balancer balancer;
  private final CellGates gates;
  private final Traces traces;
  private final Map<String, Upstream> routers = new HashMap<>();
  private final LoopPace pace;
  private final AwaitedHeads awaitedHeads = new AwaitedHeads();
  private final Peers peers;
  private final EdgePorts ports;
  private final WebSockets webSockets;
  private @Nullable HeldExchanges held;
  private @Nullable Pools pools;
  private @Nullable InstanceChoice instanceChoice;
  private int ticks;
  private volatile String thread = "";
  private volatile int upstreamConnections;
  private volatile int upstreamInUse;
  private volatile boolean draining;

  /**
   * @param client from {@link #upstreamClients}, one for all loops: it has no connections of its
   *     own
   */
  public EdgeLoop(EdgeParts parts, UpstreamClients client, String host, int port) {
    this(parts, client, host, port, Optional.empty());
  }

  /** As a router with links to others. */
  public EdgeLoop(
      EdgeParts parts, UpstreamClients client, String host, int port, Optional<Links> links) {
    this.parts = parts;
    this.client = client;
    this.outboundHead = new OutboundHead(parts.datacenter(), parts.key());
    this.retryPolicy = parts.settings().retryPolicy();
    this.retryBudget =
        parts.settings().retries().budget(parts.settings().eventLoops(), System.nanoTime());
    this.balancer =
        new Balancer(
            new SplittableRandom(),
            parts.settings().health(),
            parts.liveness(),
            parts.metrics()::rests);
    this.gates =
        new CellGates(
            parts.topology(),
            parts.datacenter(),
            parts.settings().overload(),
            parts.settings().connectionsMax(),
            System.nanoTime());
    this.pace = new LoopPace(parts.metrics(), TICK_MILLIS);
    this.webSockets = new WebSockets(parts, client.http1(), balancer, gates, TICK_MILLIS);
    this.traces =
        new Traces(
            new SplittableRandom(new SecureRandom().nextLong()),
            parts.settings().operation().loggedShare());
    for (Topology.Datacenter datacenter : parts.topology().datacenters().values()) {
      Topology.Endpoint router = datacenter.router();
      routers.put(datacenter.name(), new Upstream(datacenter.name(), router.host(), router.port()));
    }
    this.peers =
        new Peers(
            parts,
            links,
            (request, from) -> new Exchange(this, request, from, from.proof()).start());
    this.ports =
        new EdgePorts(
            parts,
            host,
            port,
            peers,
            (request, from) -> new Exchange(this, request, from, peers.clientsHops()).start());
  }

  /**
   * What makes connections to upstreams. Made before the first loop is deployed: making one takes a
   * turn in the order in which Vert.x hands out its threads, so that of two loops which each make
   * their own both get the same thread.
   */
  public static UpstreamClients upstreamClients(Vertx vertx, RouterSettings settings) {
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) settings.connectTimeout().toMillis())
            .setMaxHeaderSize(ANSWER_HEAD_BYTES_MAX)
            .setTcpNoDelay(true);
    return new UpstreamClients(
        vertx.httpClientBuilder().with(options).build(),
        new StreamConnecting(vertx, settings.streams(), settings.connectTimeout()));
  }

  @Override
  public Future<?> start() {
    RouterSettings settings = parts.settings();
    thread = Thread.currentThread().getName();
    pools =
        new Pools(
            client,
            parts.metrics()::streamFailed,
            settings.connectionsMax(),
            settings.idleTimeout());
    instanceChoice = new InstanceChoice(parts.instances(), balancer, pools(), gates);
    held =
        new HeldExchanges(
            vertx, parts.routes(), settings.releasedAtOnce(HeldExchanges.RELEASE_EACH_MILLIS));
    pace.begins(System.nanoTime());
    vertx.setPeriodic(TICK_MILLIS, ignored -> tick());
    return ports.listen(vertx, new OwnerEndpoint(this));
  }

  /** The thread that it runs on; empty before it has started. Any thread. */
  public String thread() {
    return thread;
  }

  /** The port that it serves. */
  public int port() {
    return ports.port();
  }

  /** Connections of clients that are open now. Any thread. */
  public int clients() {
    return ports.clients();
  }

  /** From now on each answer says that its connection will be closed, and it is. Any thread. */
  public void sayFarewell() {
    draining = true;
    context.runOnContext(ignored -> ports.sayFarewell());
  }

  /**
   * Stops to accept, closes idle clients, waits for the requests under way, then closes all. Any
   * thread.
   */
  public Future<Void> drain(Duration atMost) {
    draining = true;
    context.runOnContext(ignored -> ports.sayLastFarewell());
    context.runOnContext(ignored -> webSockets.sayFarewell());
    return ports.drain(atMost);
  }

  /** Called after each change of the route table, on any thread. */
  public void tableChanged(RouteTable newer) {
    context.runOnContext(
        ignored -> {
          webSockets.tableChanged(newer);
          held().release(newer);
        });
  }

  private void tick() {
    long now = System.nanoTime();
    pace.ticked(now);
    held().expire(now);
    webSockets.tick(now);
    long timeout = parts.settings().headTimeout().toNanos();
    awaitedHeads.expire(timeout, now);
    upstreamConnections = pools().open() + webSockets.pools().open();
    upstreamInUse = pools().inUse() + webSockets.pools().inUse();
    gates.tick(now);
    peers.tick(now);
    pools().tick(now);
    ticks++;
    if (ticks % TICKS_A_LOOK == 0) {
      ports.check(now);
    }
    if (ticks % TICKS_A_SECOND == 0) {
      pools().closeIdle(now);
      webSockets.pools().closeIdle(now);
      balancer.tick(now);
    }
  }

  AwaitedHeads awaitedHeads() {
    return awaitedHeads;
  }

  long after(Duration wait, Runnable task) {
    return vertx.setTimer(Math.max(1, wait.toMillis()), ignored -> task.run());
  }

  /** Runs it when what was read by now is done with. */
  void soon(Runnable task) {
    context.runOnContext(ignored -> task.run());
  }

  void cancel(long timer) {
    vertx.cancelTimer(timer);
  }

  /** Gives what carries a request: a connection, or a stream to another router. */
  void acquire(Upstream upstream, ConnectionPool.Client wanted) {
    if (!peers.acquires(upstream, wanted)) {
      pools().of(upstream).acquire(wanted);
    }
  }

  /** Gives what carries a WebSocket: it stays, and takes nothing that requests need. */
  void acquireForWebSocket(Upstream upstream, ConnectionPool.Client wanted) {
    if (!peers.acquiresForWebSocket(upstream, wanted)) {
      webSockets.pools().of(upstream).acquire(wanted);
    }
  }

  Pools pools() {
    return Objects.requireNonNull(pools, "the loop has not started");
  }

  WebSockets webSockets() {
    return webSockets;
  }

  Upstream routerOf(String datacenter) {
    return Objects.requireNonNull(routers.get(datacenter), datacenter);
  }

  /** This router, as others reach it. */
  Upstream self() {
    return routerOf(parts.datacenter());
  }

  /** Whether it serves for the last time. Any thread. */
  public boolean isDraining() {
    return draining;
  }

  /** Open connections to upstreams, as of the last tick. Any thread. */
  public int upstreamConnections() {
    return upstreamConnections;
  }

  /** Connections to upstreams that carry a request, as of the last tick. Any thread. */
  public int upstreamInUse() {
    return upstreamInUse;
  }

  /** A cell's requests may take their part of the room only, and sheddable ones half of it all. */
  Optional<HoldBudget> roomToHold(Destination destination) {
    HoldBudget all = parts.budget();
    if (destination.quota().priority() == Topology.Priority.SHEDDABLE && all.isHalfTaken()) {
      return Optional.empty();
    }
    return Optional.of(
        destination instanceof Destination.OfSlot ofSlot
            ? all.partOf(routes().current().of(ofSlot.slot()).owner())
            : all);
  }

  HoldQueue<Exchange> holds() {
    return held().queue();
  }

  private HeldExchanges held() {
    return Objects.requireNonNull(held, "the loop has not started");
  }

  CellGates gates() {
    return gates;
  }

  /** Each cell's adaptive limit and how many requests wait, as of the last tick. Any thread. */
  public CellGate gateOf(String cell) {
    return gates.of(cell);
  }

  InstanceChoice instanceChoice() {
    return Objects.requireNonNull(instanceChoice, "the loop has not started");
  }

  Balancer balancer() {
    return balancer;
  }

  RetryBudget retryBudget() {
    return retryBudget;
  }

  RetryPolicy retryPolicy() {
    return retryPolicy;
  }

  OutboundHead outboundHead() {
    return outboundHead;
  }

  Routes routes() {
    return parts.routes();
  }

  StaleRoutes staleRoutes() {
    return parts.staleRoutes();
  }

  /** What holds for a request that comes now. */
  EdgeRules rules() {
    return parts.rules().get();
  }

  RouterSettings settings() {
    return parts.settings();
  }

  SlotCounters slotCounters() {
    return parts.slotCounters();
  }

  RecentTraffic traffic() {
    return parts.traffic();
  }

  AccessLog accessLog() {
    return parts.accessLog();
  }

  Optional<OtlpExport> spans() {
    return parts.spans();
  }

  Traces traces() {
    return traces;
  }

  EdgeMetrics metrics() {
    return parts.metrics();
  }
}
