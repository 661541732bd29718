package io.homecell.router;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.http.AdminServer;
import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.core.registry.InstanceRegistry;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.route.SlotFigures;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.route.StaleRouteTableException;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.identity.TokenVerifier;
import io.homecell.router.proxy.PeerKey;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;

/**
 * Two datacenters for a test: a real ZooKeeper, two routers, and a fake cell in each. Slots 0 to 7
 * are north's, 8 to 15 south's; user 1 is in slot 1, user 9 in slot 9.
 */
final class Deployment implements EdgeClient, AutoCloseable {
  static final String KEY = "a shared secret of routers";
  private static final Duration DEADLINE = Duration.ofSeconds(15);

  final Vertx vertx = Vertx.vertx();
  final FakeCell north = new FakeCell(vertx, "north-1");
  final FakeCell south = new FakeCell(vertx, "south-1");
  final Map<String, PrometheusMeterRegistry> metrics = new HashMap<>();
  final Topology topology;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final Map<String, Router> routers = new HashMap<>();
  private final Map<String, RouteWatch> routes = new HashMap<>();
  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
  private final TestingServer zookeeper;
  private final RouteStore store;

  Deployment(Path folder) throws Exception {
    this(folder, LoneRouter.settings(), Optional.empty());
  }

  Deployment(Path folder, RouterSettings settings, Optional<TokenVerifier> tokens)
      throws Exception {
    zookeeper = closing(new TestingServer(true));
    List<Integer> ports = Stream.generate(FreePort::next).distinct().limit(4).toList();
    topology = TopologyFile.parse("test", topology(zookeeper.getConnectString(), ports));
    CuratorFramework admin = closing(Coordination.connect(topology.coordination()));
    store = new RouteStore(admin);
    store.createIfAbsent(RouteTable.initial(topology));
    start("north", north, folder, settings, tokens);
    start("south", south, folder, settings, tokens);
    await(
        "instances known",
        () ->
            get("north", "/accounts/1", 1).statusCode() == 200
                && get("south", "/accounts/9", 9).statusCode() == 200);
    north.seen.clear();
    south.seen.clear();
  }

  private static String topology(String zookeeper, List<Integer> ports) {
    return """
        slots: 16
        coordination: { zookeeper: "%s", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: beijing,  router: "127.0.0.1:%d", registry: "%s/north" }
          south: { site: shenzhen, router: "127.0.0.1:%d", registry: "%s/south" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-7,  mysql: "127.0.0.1:%d" }
          south-1: { datacenter: south, group: g1, slots: 8-15, mysql: "127.0.0.1:%d" }
        services:
          account: { type: unit }
        edge:
          identity: [ "jwt:sub", "header:X-User-Id" ]
          routes:
            - { path: "/accounts",           method: POST, to: nearest, service: account }
            - { path: "/accounts/{user}/**", slot-of: user,             service: account }
            - { path: "/orders",             slot-of: identity,         service: account }
            - { path: "/near/{user}", slot-of: user, service: account, read: nearest, lag-max: 2s }
            - { path: "/products/**",        to: nearest,               service: account }
            - { path: "/carts", slot-of: identity, identity: [ "cookie:uid" ], service: account }
            - { path: "/search", slot-of: identity, identity: [ "query:user" ], without-key: nearest,
                service: account }
        """
        .formatted(
            zookeeper,
            ports.get(0),
            zookeeper,
            ports.get(1),
            zookeeper,
            ports.get(2),
            ports.get(3));
  }

  private void start(
      String datacenter,
      FakeCell cell,
      Path folder,
      RouterSettings settings,
      Optional<TokenVerifier> tokens) {
    CuratorFramework coordination = closing(Coordination.connect(topology.coordination()));
    CuratorFramework registry =
        closing(
            Coordination.connectRegistry(
                topology.datacenter(datacenter), topology.coordination().sessionTimeout()));
    RouteWatch watch =
        closing(
            RouteWatch.start(
                coordination,
                folder.resolve(datacenter + ".json"),
                topology.slots(),
                Duration.ofSeconds(10)));
    routes.put(datacenter, watch);
    closing(
        InstanceRegistry.register(
            registry,
            new Instance("account", cell.name, cell.name + ".1", "127.0.0.1", cell.port())));
    InstanceDirectory directory = closing(InstanceDirectory.start(registry, "account"));
    PrometheusMeterRegistry registryOfMetrics =
        new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    metrics.put(datacenter, registryOfMetrics);
    Router router =
        Router.start(
            new RouterParts(
                topology,
                datacenter,
                watch,
                new RegistryInstances(directory),
                new IdentityReader(topology.edge(), tokens),
                new PeerKey(KEY),
                // Tests of the farewell say so themselves.
                settings.withOperation(settings.operation().withFarewell(Duration.ZERO)),
                registryOfMetrics),
            "127.0.0.1",
            port(datacenter));
    routers.put(datacenter, closing(router));
  }

  private <T extends AutoCloseable> T closing(T part) {
    toClose.push(part);
    return part;
  }

  void stopZookeeper() throws IOException {
    zookeeper.stop();
  }

  void restartZookeeper() throws Exception {
    zookeeper.restart();
  }

  Router router(String datacenter) {
    return routers.get(datacenter);
  }

  SlotFigures figures(String datacenter, String slots) {
    AdminServer.Request request =
        new AdminServer.Request("GET", "/slots", Map.of("slots", slots), "");
    return (SlotFigures) router(datacenter).slotCounters().answer(request).body();
  }

  @Override
  public int port(String datacenter) {
    return topology.datacenter(datacenter).router().port();
  }

  @Override
  public HttpClient client() {
    return client;
  }

  RouteTable table() {
    return store.read().orElseThrow().table();
  }

  /** Publishes a table; does not wait for the routers. */
  void publish(RouteTable next) {
    try {
      store.update(next.epoch() - 1, next);
    } catch (StaleRouteTableException e) {
      throw new AssertionError(e);
    }
  }

  /** Publishes a table and waits until both routers have it. */
  void publishAndAwait(RouteTable next) {
    publish(next);
    await(
        "table " + next.epoch(),
        () -> routes.values().stream().allMatch(r -> r.current().epoch() >= next.epoch()));
  }

  void moving(int slot, String to) {
    publishAndAwait(table().withMoving(List.of(slot), to));
  }

  RouteTable owned(int slot, String owner, long epoch) {
    return table().withOwners(Map.of(slot, SlotRoute.open(owner, epoch)));
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + DEADLINE + ": " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public void close() throws Exception {
    for (AutoCloseable part : toClose) {
      part.close();
    }
    north.close();
    south.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }
}
