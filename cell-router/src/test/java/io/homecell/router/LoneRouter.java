package io.homecell.router;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.identity.TokenVerifier;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One cell, and routers of one datacenter at one port, without ZooKeeper. Slots 0 to 7 are the
 * cell's, north-1; 8 to 15 are of another datacenter that is not there.
 */
final class LoneRouter implements AutoCloseable {
  static final String HOST = "127.0.0.1";
  static final String ROUTES =
      """
          - { path: "/accounts/{user}/**", slot-of: user,     service: account }
          - { path: "/orders",             slot-of: identity, service: account }
          - { path: "/products/**",        to: nearest,       service: account }
      """
          .stripTrailing();

  /** A running one. */
  record Running(Router router, RouterParts parts, SimpleMeterRegistry metrics) {
    double served() {
      return metrics.find("hc_router_requests").tag("outcome", "2xx").counters().stream()
          .mapToDouble(Counter::count)
          .sum();
    }
  }

  final Vertx vertx = Vertx.vertx();
  final FakeCell cell = new FakeCell(vertx, "north-1");
  final int port = FreePort.next();

  /** A topology with these lines of routes, and no ZooKeeper. */
  String topology(String routes) {
    return topology("127.0.0.1:1", routes);
  }

  String topology(String zookeeper, String routes) {
    return """
        slots: 16
        coordination: { zookeeper: "%1$s", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: beijing,  router: "127.0.0.1:%2$d", registry: "%1$s/north" }
          south: { site: shenzhen, router: "127.0.0.1:4", registry: "%1$s/south" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-7,  mysql: "127.0.0.1:5" }
          south-1: { datacenter: south, group: g1, slots: 8-15, mysql: "127.0.0.1:6" }
        services:
          account: { type: unit }
        edge:
          identity: [ "jwt:sub", "header:X-User-Id" ]
          routes:
        %3$s
        """
        .formatted(zookeeper, port, routes);
  }

  Running start(PortClaim claim) {
    return start(claim, settings(), Optional.empty());
  }

  static RouterSettings settings() {
    return RouterSettings.standard().withWarmUp(Duration.ZERO).withEventLoops(2);
  }

  Running start(PortClaim claim, RouterSettings settings, Optional<TokenVerifier> tokens) {
    Topology topology = TopologyFile.parse("test", topology(ROUTES));
    return start(claim, settings, tokens, topology, new FixedRoutes(RouteTable.initial(topology)));
  }

  Running start(
      PortClaim claim,
      RouterSettings settings,
      Optional<TokenVerifier> tokens,
      Topology topology,
      Routes routes) {
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    RouterParts parts =
        new RouterParts(
            topology,
            "north",
            routes,
            (service, name) ->
                name.equals("north-1")
                    ? List.of(new Upstream("north-1", HOST, cell.port()))
                    : List.of(),
            new IdentityReader(topology.edge(), tokens),
            new PeerKey(Deployment.KEY),
            settings,
            metrics);
    return new Running(Router.start(parts, HOST, port, claim), parts, metrics);
  }

  @Override
  public void close() {
    cell.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }
}
