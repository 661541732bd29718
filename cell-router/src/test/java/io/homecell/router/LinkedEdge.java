package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.link.LinkTerms;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.Counter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2ServerConfig;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Two datacenters whose routers have a link of mutual TLS, and a cell in each; the link to the
 * south goes through a cable that a test can freeze. Slots 0 to 7 are north's, 8 to 15 south's.
 */
final class LinkedEdge implements EdgeClient, AutoCloseable {
  static final String NORTH = "router.north.homecell";
  static final String SOUTH = "router.south.homecell";

  final Vertx vertx = Vertx.vertx();
  final FakeCell north = new FakeCell(vertx, "north-1");
  final FakeCell south = new FakeCell(vertx, "south-1");
  final TestAuthority authority = new TestAuthority("peers");
  final Cable cable;

  /** What each router knows; the same at first. */
  final Map<String, OneTable> tables = new ConcurrentHashMap<>();

  final Map<String, PrometheusMeterRegistry> metrics =
      Map.of(
          "north", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
          "south", new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final List<Integer> ports = Stream.generate(FreePort::next).distinct().limit(4).toList();
  private final RouterSettings settings;
  private final Path folder;
  volatile Upstream southCell;
  Router northRouter;
  Router southRouter;

  /** Both routers have what they should have. */
  LinkedEdge(Path folder, RouterSettings settings) throws IOException {
    this.folder = folder;
    this.settings = settings;
    this.cable = new Cable(ports.get(3));
    this.southCell = new Upstream("south-1", "127.0.0.1", south.port());
    southRouter = start("south", files("south", authority, SOUTH), PortClaim.ALONE);
    northRouter = start("north", files("north", authority, NORTH), PortClaim.ALONE);
  }

  TlsFiles files(String datacenter, TestAuthority by, String name) throws IOException {
    Path own = Files.createDirectories(folder.resolve(datacenter));
    return by.writeMutual(own, by.issue(name));
  }

  Topology topology(String datacenter) {
    // Only the north goes through the cable; the south opens the port itself.
    int southPeer = datacenter.equals("north") ? cable.port() : ports.get(3);
    return TopologyFile.parse(
        "test",
        """
        slots: 16
        coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: a, router: "127.0.0.1:%d", peer: "127.0.0.1:%d", registry: "127.0.0.1:1/n" }
          south: { site: b, router: "127.0.0.1:%d", peer: "127.0.0.1:%d", registry: "127.0.0.1:1/s" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-7,  mysql: "127.0.0.1:11" }
          south-1: { datacenter: south, group: g1, slots: 8-15, mysql: "127.0.0.1:12" }
        services:
          account: { type: unit }
        edge:
          identity: [ "header:X-User-Id" ]
          routes:
            - { path: "/accounts/{user}/**", slot-of: user, service: account }
        """
            .formatted(ports.get(0), ports.get(1), ports.get(2), southPeer));
  }

  Router start(String datacenter, TlsFiles files, PortClaim claim) {
    Topology topology = topology(datacenter);
    LinkTerms terms = settings.links().withFiles(files);
    return Router.start(
        new RouterParts(
            topology,
            datacenter,
            tables.computeIfAbsent(
                datacenter, ignored -> new OneTable(RouteTable.initial(topology))),
            (service, cell) ->
                List.of(
                    cell.equals("north-1")
                        ? new Upstream("north-1", "127.0.0.1", north.port())
                        : southCell),
            new IdentityReader(topology.edge(), Optional.empty()),
            new PeerKey(Deployment.KEY),
            settings.withLinks(terms),
            metrics.get(datacenter)),
        "127.0.0.1",
        port(datacenter),
        claim);
  }

  /**
   * A peer that does with HTTP/2 what it likes, where the south's router stood.
   *
   * @param loops of the north's router, each of which has to find it
   */
  void peerForSouth(int loops, Http2Settings settings, Handler<HttpServerRequest> serving)
      throws Exception {
    southRouter.close();
    Deployment.await("nobody there", () -> gauge("north", "hc_router_link_connections") == 0);
    TlsFiles files =
        authority.writeMutual(
            Files.createDirectories(folder.resolve("peer")), authority.issue(SOUTH));
    HttpServerConfig config =
        new HttpServerConfig()
            .setVersions(HttpVersion.HTTP_2)
            .setTcpHost("127.0.0.1")
            .setTcpPort(southPeerPort())
            .setHttp2Config(new Http2ServerConfig().setInitialSettings(settings));
    Router.await(
        vertx
            .createHttpServer(config, files.read(Clock.systemUTC()).server(List.of("h2")))
            .requestHandler(serving)
            .listen(),
        Duration.ofSeconds(10));
    Deployment.await(
        "each loop has found it", () -> gauge("north", "hc_router_link_connections") == loops);
  }

  @Override
  public HttpClient client() {
    return client;
  }

  @Override
  public int port(String datacenter) {
    return datacenter.equals("north") ? ports.get(0) : ports.get(2);
  }

  int southPeerPort() {
    return ports.get(3);
  }

  /** The sum of all counters of a name that have these tags. */
  double count(String datacenter, String name, String... tags) {
    return metrics.get(datacenter).find(name).tags(tags).counters().stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  /** The sum of all gauges of a name. */
  double gauge(String datacenter, String name) {
    return metrics.get(datacenter).find(name).gauges().stream()
        .mapToDouble(gauge -> gauge.value())
        .sum();
  }

  @Override
  public void close() throws Exception {
    northRouter.close();
    southRouter.close();
    cable.close();
    north.close();
    south.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }
}
