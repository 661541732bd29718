package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Upstream;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Routers of two datacenters with a route table that never changes: no ZooKeeper, so it starts at
 * once. Two cells each: slots 0 to 3 are north-1's, 4 to 7 north-2's, 8 to 11 south-1's, 12 to 15
 * south-2's. A cell may have any number of instances.
 */
final class SmallEdge implements EdgeClient, AutoCloseable {
  final Vertx vertx = Vertx.vertx();
  final Map<String, FakeCell> cells = new HashMap<>();
  final Map<String, PrometheusMeterRegistry> metrics = new HashMap<>();
  private final Map<String, List<Upstream>> instances = new ConcurrentHashMap<>();
  private final Map<String, Router> routers = new HashMap<>();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Topology topology;

  /**
   * @param routes of the topology, each {@code - { ... }} on a line of its own
   */
  SmallEdge(RouterSettings settings, String routes) {
    topology = TopologyFile.parse("test", topology(routes));
    for (String cell : topology.cells().keySet()) {
      FakeCell fake = new FakeCell(vertx, cell);
      cells.put(cell, fake);
      instances.put(cell, List.of(new Upstream(cell, "127.0.0.1", fake.port())));
    }
    for (String datacenter : topology.datacenters().keySet()) {
      PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      metrics.put(datacenter, registry);
      routers.put(
          datacenter,
          Router.start(
              new RouterParts(
                  topology,
                  datacenter,
                  new FixedRoutes(RouteTable.initial(topology)),
                  (service, cell) -> instances.get(cell),
                  new IdentityReader(topology.edge().identity(), Optional.empty()),
                  new PeerKey(Deployment.KEY),
                  settings,
                  registry),
              "127.0.0.1",
              port(datacenter)));
    }
  }

  private static String topology(String routes) {
    int north = FreePort.next();
    int south = FreePort.next();
    return """
        slots: 16
        coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: beijing,  router: "127.0.0.1:%d", registry: "127.0.0.1:1/north" }
          south: { site: shenzhen, router: "127.0.0.1:%d", registry: "127.0.0.1:1/south" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-3,   mysql: "127.0.0.1:11" }
          north-2: { datacenter: north, group: g2, slots: 4-7,   mysql: "127.0.0.1:12" }
          south-1: { datacenter: south, group: g1, slots: 8-11,  mysql: "127.0.0.1:13" }
          south-2: { datacenter: south, group: g2, slots: 12-15, mysql: "127.0.0.1:14" }
        services:
          account: { type: unit }
        edge:
          identity: [ "header:X-User-Id" ]
          routes:
        """
            .formatted(north, south)
        + routes.strip().indent(6);
  }

  void instances(String cell, Upstream... now) {
    instances.put(cell, List.of(now));
  }

  Router router(String datacenter) {
    return routers.get(datacenter);
  }

  @Override
  public int port(String datacenter) {
    return topology.datacenter(datacenter).router().port();
  }

  @Override
  public HttpClient client() {
    return client;
  }

  /** The sum of all counters of a name that have these tags. */
  double count(String datacenter, String name, String... tags) {
    return metrics.get(datacenter).find(name).tags(tags).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  @Override
  public void close() throws Exception {
    for (Router router : routers.values()) {
      router.close();
    }
    cells.values().forEach(FakeCell::close);
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }
}
