package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.EdgeLoop;
import io.homecell.router.proxy.EdgeMetrics;
import io.homecell.router.proxy.EdgeParts;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.upstream.Liveness;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.upstream.UpstreamClients;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exercises the code before the first client comes: a cold JVM takes ten times the CPU for a
 * request. A router of its own, with a topology of its own, on a loopback port of its own; nothing
 * of it stays. A warm-up that fails is told and does no harm.
 */
final class WarmUp {
  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);
  private static final String HOST = "127.0.0.1";
  private static final int CLIENTS = 8;
  private static final Duration GRACE = Duration.ofSeconds(5);

  private static final String TOPOLOGY =
      """
      slots: 1
      coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
      datacenters:
        here: { site: here, router: "127.0.0.1:2", registry: "127.0.0.1:1/here" }
      cells:
        here-1: { datacenter: here, group: g1, slots: 0-0, mysql: "127.0.0.1:3" }
      services:
        warm: { type: unit }
      edge:
        identity: [ "header:X-User-Id" ]
        routes:
          - { path: "/warm/{user}/**", slot-of: user, service: warm }
      """;

  private final Vertx vertx;
  private final HttpClient client;
  private final long untilNanos;
  private int answers;

  private WarmUp(Vertx vertx, Duration duration) {
    this.vertx = vertx;
    this.client = vertx.createHttpClient();
    this.untilNanos = System.nanoTime() + duration.toNanos();
  }

  static void run(Vertx vertx, RouterSettings settings) {
    if (settings.warmUp().isZero()) {
      return;
    }
    long from = System.nanoTime();
    WarmUp warmUp = new WarmUp(vertx, settings.warmUp());
    try {
      Router.await(warmUp.serve(settings), settings.warmUp().plus(GRACE));
      log.info(
          "warm after {} answers in {} ms",
          warmUp.answers,
          Duration.ofNanos(System.nanoTime() - from).toMillis());
    } catch (RuntimeException e) {
      log.warn("warm-up ended early: {}", e.getMessage());
    }
  }

  private Future<?> serve(RouterSettings settings) {
    return vertx
        .createHttpServer(new HttpServerOptions().setHost(HOST).setPort(0))
        .requestHandler(
            request ->
                request
                    .body()
                    .onSuccess(
                        body -> request.response().end("{\"userId\":\"1\",\"balance\":\"0\"}")))
        .listen()
        .compose(cell -> throughRouter(cell, settings));
  }

  private Future<?> throughRouter(HttpServer cell, RouterSettings settings) {
    Topology topology = TopologyFile.parse("warm-up", TOPOLOGY);
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    Upstream upstream = new Upstream("here-1", HOST, cell.actualPort());
    RouterParts parts =
        new RouterParts(
            topology,
            "here",
            new FixedRoutes(RouteTable.initial(topology)),
            (service, name) -> List.of(upstream),
            new IdentityReader(topology.edge(), Optional.empty()),
            new PeerKey(UUID.randomUUID().toString()),
            settings.withOperation(Operation.standard()).withTls(TlsTerms.standard()),
            metrics);
    HoldBudget budget = new HoldBudget(1, 1);
    UpstreamClients upstreams = EdgeLoop.upstreamClients(vertx, settings);
    EdgeLoop loop =
        new EdgeLoop(
            EdgeParts.of(
                parts,
                budget,
                new EdgeMetrics(metrics, budget),
                Liveness.UNCHECKED,
                AccessLog.toNowhere(),
                Optional.empty(),
                Optional.empty()),
            upstreams,
            HOST,
            0);
    return vertx
        .deployVerticle(loop)
        .compose(
            id ->
                clients(loop.port())
                    .eventually(client::close)
                    .eventually(() -> vertx.undeploy(id))
                    .eventually(upstreams::close)
                    .eventually(cell::close));
  }

  private Future<?> clients(int port) {
    Promise<Void> over = Promise.promise();
    vertx.runOnContext(
        ignored -> {
          for (int i = 0; i < CLIENTS; i++) {
            next(port, over);
          }
        });
    return over.future();
  }

  private void next(int port, Promise<Void> over) {
    if (System.nanoTime() - untilNanos >= 0) {
      over.tryComplete();
      return;
    }
    answers++;
    boolean post = answers % 2 == 0;
    RequestOptions options =
        new RequestOptions()
            .setHost(HOST)
            .setPort(port)
            .setMethod(post ? HttpMethod.POST : HttpMethod.GET)
            .setURI("/warm/" + answers + "/deposits")
            .putHeader("X-User-Id", Integer.toString(answers));
    client
        .request(options)
        .compose(
            request ->
                request.send(post ? Buffer.buffer("{\"amount\":\"1.00\"}") : Buffer.buffer()))
        .compose(HttpClientResponse::body)
        .onComplete(
            result -> {
              if (result.succeeded()) {
                next(port, over);
              } else {
                over.tryFail(result.cause());
              }
            });
  }
}
