package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * One router before one upstream, with a table that never changes: no ZooKeeper, quick to start.
 */
final class RawEdge implements AutoCloseable {
  private static final Topology TOPOLOGY = topology("{ type: unit }");

  private static Topology topology(String service) {
    return TopologyFile.parse(
        "test",
        """
          slots: 16
          coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
          datacenters:
            north: { site: north, router: "127.0.0.1:2", registry: "127.0.0.1:1/north" }
          cells:
            north-1: { datacenter: north, group: g1, slots: 0-15, mysql: "127.0.0.1:3" }
          services:
            account: %s
          edge:
            identity: [ "header:X-User-Id" ]
            routes:
              - { path: "/accounts/{user}/**", slot-of: user, service: account }
              - { path: "/products/**",        to: nearest,   service: account }
              - { path: "/io.homecell.router.Tally/{call}", slot-of: identity, service: account }
          """
            .formatted(service));
  }

  final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  final int port = FreePort.next();
  final Router router;

  private volatile List<Upstream> upstreams;

  RawEdge(int upstreamPort, RouterSettings settings) {
    this(upstreamPort, settings, "{ type: unit }");
  }

  /**
   * @param service what the topology says of the one service
   */
  RawEdge(int upstreamPort, RouterSettings settings, String service) {
    before(upstreamPort);
    router =
        Router.start(
            parts(topology(service), () -> upstreams, settings.withWarmUp(Duration.ZERO), metrics),
            "127.0.0.1",
            port);
  }

  /** From now on it stands before this one. */
  void before(int upstreamPort) {
    upstreams = List.of(new Upstream("north-1", "127.0.0.1", upstreamPort));
  }

  /** Of a router with these instances. */
  static RouterParts parts(
      List<Upstream> upstreams, RouterSettings settings, MeterRegistry metrics) {
    return parts(TOPOLOGY, () -> upstreams, settings, metrics);
  }

  private static RouterParts parts(
      Topology topology,
      Supplier<List<Upstream>> upstreams,
      RouterSettings settings,
      MeterRegistry metrics) {
    return new RouterParts(
        topology,
        "north",
        new FixedRoutes(RouteTable.initial(topology)),
        (service, cell) -> upstreams.get(),
        new IdentityReader(topology.edge().identity(), Optional.empty()),
        new PeerKey(Deployment.KEY),
        settings,
        metrics);
  }

  /** Requests that ended so. */
  double ended(String outcome) {
    return metrics.find("hc_router_requests").tag("outcome", outcome).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  @Override
  public void close() throws Exception {
    router.close();
  }
}
