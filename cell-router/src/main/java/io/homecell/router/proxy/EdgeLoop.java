package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.router.RouterSettings;
import io.homecell.router.decide.Decider;
import io.homecell.router.hold.HoldQueue;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.retry.RetryPolicy;
import io.homecell.router.upstream.Balancer;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.Pools;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One event loop of the edge: its share of the clients, with upstream connections, held requests
 * and timers of its own, so that nothing is locked on a request's way. Several serve one port.
 *
 * <p>{@link #tableChanged} may be called from any thread; everything else belongs to the loop.
 */
public final class EdgeLoop extends VerticleBase implements ClientWire.Owner {
  private static final long TICK_MILLIS = 50;
  private static final int TICKS_A_SECOND = 20;
  private static final long RELEASE_EACH_MILLIS = 10;
  private static final int TICKS_A_LOOK = 5;
  private static final int HEAD_BYTES_MAX = 16 << 10;
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int PIECE_BYTES_MAX = 16 << 10;
  private static final int ACCEPT_BACKLOG = 4_096;

  private final EdgeParts parts;
  private final String host;
  private final int port;
  private final OutboundHead outboundHead;
  private final RetryPolicy retryPolicy;
  private final Balancer balancer = new Balancer(new SplittableRandom());
  private final HoldQueue<Exchange> holds;
  private final Map<String, Upstream> routers = new HashMap<>();
  private final Set<Attempt> awaitingHead = new LinkedHashSet<>();
  private final Deque<HoldQueue.Ticket<Exchange>> free = new ArrayDeque<>();
  private final Set<ClientWire> clients = new HashSet<>();
  private final Http1ServerConfig bounds =
      new Http1ServerConfig()
          .setMaxHeaderSize(HEAD_BYTES_MAX)
          .setMaxInitialLineLength(LINE_BYTES_MAX)
          .setMaxChunkSize(PIECE_BYTES_MAX);
  private final int releasedAtOnce;
  private boolean releasing;
  private @Nullable Pools pools;
  private @Nullable HttpServer server;
  private int ticks;
  private volatile int upstreamConnections;
  private volatile int upstreamInUse;
  private volatile boolean draining;

  public EdgeLoop(EdgeParts parts, String host, int port) {
    this.parts = parts;
    this.host = host;
    this.port = port;
    this.outboundHead = new OutboundHead(parts.datacenter(), parts.key());
    this.retryPolicy = parts.settings().retryPolicy();
    this.holds = new HoldQueue<>(parts.budget());
    this.releasedAtOnce = parts.settings().releasedAtOnce(RELEASE_EACH_MILLIS);
    for (Topology.Datacenter datacenter : parts.topology().datacenters().values()) {
      Topology.Endpoint router = datacenter.router();
      routers.put(datacenter.name(), new Upstream(datacenter.name(), router.host(), router.port()));
    }
  }

  @Override
  public Future<?> start() {
    RouterSettings settings = parts.settings();
    HttpClientOptions options =
        new HttpClientOptions()
            .setConnectTimeout((int) settings.connectTimeout().toMillis())
            .setMaxHeaderSize(4 * HEAD_BYTES_MAX)
            .setTcpNoDelay(true);
    pools =
        new Pools(
            vertx.httpClientBuilder().with(options).build(),
            settings.connectionsMax(),
            settings.idleTimeout());
    vertx.setPeriodic(TICK_MILLIS, ignored -> tick());
    HttpServer started =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost(host)
                    .setPort(port)
                    .setAcceptBacklog(ACCEPT_BACKLOG)
                    .setTcpNoDelay(true)
                    .setHttp2ClearTextEnabled(false)
                    .setMaxHeaderSize(HEAD_BYTES_MAX)
                    .setMaxInitialLineLength(LINE_BYTES_MAX)
                    .setMaxChunkSize(PIECE_BYTES_MAX)
                    .setIdleTimeout((int) settings.clientIdleTimeout().toSeconds()))
            .connectionHandler(this::accepted)
            .requestHandler(this::accepted)
            .invalidRequestHandler(this::refuse)
            .exceptionHandler(ignored -> {});
    server = started;
    return started.listen();
  }

  private void accepted(HttpConnection connection) {
    ClientWire.under(connection, bounds, parts.settings().clients(), this, System.nanoTime())
        .ifPresent(clients::add);
  }

  private void accepted(HttpServerRequest request) {
    Optional<ClientWire> wire = ClientWire.of(request.connection());
    if (wire.isPresent() && wire.get().isClosing()) {
      // Sent after, or instead of, what its client was told ends the connection.
      return;
    }
    new Exchange(this, request, wire).start();
  }

  @Override
  public void tooSlow(ClientWire.Stage stage) {
    parts.metrics().slowClient(stage);
  }

  @Override
  public void closed(ClientWire wire) {
    clients.remove(wire);
  }

  private void refuse(HttpServerRequest request) {
    parts.metrics().unreadable();
    ClientWire.of(request.connection()).ifPresent(ClientWire::closing);
    Problems.unreadable(request).onComplete(ignored -> request.connection().close());
  }

  /** The port that it serves. */
  public int port() {
    return server == null ? port : server.actualPort();
  }

  /** Closes idle clients, waits for the requests under way, then closes all. Any thread. */
  public Future<Void> drain(Duration atMost) {
    draining = true;
    return server == null ? Future.succeededFuture() : server.shutdown(atMost);
  }

  /** Called after each change of the route table, on any thread. */
  public void tableChanged(RouteTable newer) {
    context.runOnContext(ignored -> release(newer));
  }

  /** Those that the newer table lets go are released at a limited rate, the oldest first. */
  private void release(RouteTable newer) {
    free.clear();
    free.addAll(holds.free(exchange -> exchange.mayGo(newer)));
    if (!releasing) {
      releaseSome();
    }
  }

  /**
   * Held until its turn comes: it counts in the bounds, may expire, and its slot may move again.
   */
  private void releaseSome() {
    RouteTable now = parts.routes().current();
    int left = releasedAtOnce;
    while (left > 0 && !free.isEmpty()) {
      Optional<Exchange> next = holds.take(free.removeFirst(), exchange -> exchange.mayGo(now));
      if (next.isPresent()) {
        next.get().released();
        left--;
      }
    }
    releasing = !free.isEmpty();
    if (releasing) {
      vertx.setTimer(RELEASE_EACH_MILLIS, ignored -> releaseSome());
    }
  }

  private void tick() {
    long now = System.nanoTime();
    holds.expire(now).forEach(Exchange::holdExpired);
    long timeout = parts.settings().headTimeout().toNanos();
    // All have the same timeout, so the first that is not late ends the search.
    while (!awaitingHead.isEmpty() && awaitingHead.iterator().next().isLate(timeout, now)) {
      awaitingHead.iterator().next().timedOut();
    }
    upstreamConnections = pools().open();
    upstreamInUse = pools().inUse();
    ticks++;
    if (ticks % TICKS_A_LOOK == 0) {
      // A copy: who is closed leaves.
      List.copyOf(clients).forEach(client -> client.check(now));
    }
    if (ticks % TICKS_A_SECOND == 0) {
      pools().closeIdle(now);
      balancer.forgetOld(now);
    }
  }

  void awaitHead(Attempt attempt) {
    awaitingHead.add(attempt);
  }

  void headCame(Attempt attempt) {
    awaitingHead.remove(attempt);
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

  Pools pools() {
    return Objects.requireNonNull(pools, "the loop has not started");
  }

  Upstream routerOf(String datacenter) {
    return Objects.requireNonNull(routers.get(datacenter), datacenter);
  }

  boolean isDraining() {
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

  HoldQueue<Exchange> holds() {
    return holds;
  }

  Balancer balancer() {
    return balancer;
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

  Instances instances() {
    return parts.instances();
  }

  IdentityReader identities() {
    return parts.identities();
  }

  PeerKey key() {
    return parts.key();
  }

  Decider decider() {
    return parts.decider();
  }

  RouterSettings settings() {
    return parts.settings();
  }

  SlotCounters slotCounters() {
    return parts.slotCounters();
  }

  EdgeMetrics metrics() {
    return parts.metrics();
  }
}
