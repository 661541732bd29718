package io.homecell.local;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Cell;
import io.homecell.core.topology.Topology.Coordination;
import io.homecell.core.topology.Topology.Datacenter;
import io.homecell.core.topology.Topology.Edge;
import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.core.topology.Topology.Job;
import io.homecell.core.topology.Topology.Service;
import io.homecell.core.topology.Topology.Target;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A topology for tests: datacenters north and south with one cell each ({@code north-1}, slots
 * 0-511, and {@code south-1}, slots 512-1023, of group {@code g1}), on free ports; its file and a
 * secrets file.
 *
 * @param file the {@code topology.yaml}
 * @param secrets the secrets file
 * @param credentials what is in it
 */
public record TestTopology(
    Topology topology, Path file, Path secrets, Map<Role, Credentials> credentials) {

  private static final Duration SESSION_TIMEOUT = Duration.ofSeconds(6);

  public TestTopology {
    credentials = Map.copyOf(credentials);
  }

  /** With a free port for ZooKeeper too, and a lease of 8 s. */
  public static TestTopology create(Path folder) {
    return create(folder, "127.0.0.1:" + FreePorts.takeOne(), Duration.ofSeconds(8));
  }

  /**
   * With a ZooKeeper that runs already, or will.
   *
   * @param zookeeper its connect string, without a path
   * @param lease in whole seconds
   */
  public static TestTopology create(Path folder, String zookeeper, Duration lease) {
    List<Integer> ports = FreePorts.take(4);
    Topology topology = topology(zookeeper, lease, ports);
    Path file = folder.resolve("topology.yaml");
    Path secrets = folder.resolve("secrets.properties");
    try {
      Files.createDirectories(folder);
      Files.writeString(file, yaml(zookeeper, lease, ports));
      return new TestTopology(topology, file, secrets, LocalSecrets.ensure(secrets));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Topology topology(String zookeeper, Duration lease, List<Integer> ports) {
    Map<String, Datacenter> datacenters = new LinkedHashMap<>();
    datacenters.put("north", datacenter("north", "beijing", ports.get(0), zookeeper));
    datacenters.put("south", datacenter("south", "shenzhen", ports.get(1), zookeeper));
    Map<String, Cell> cells = new LinkedHashMap<>();
    cells.put("north-1", cell("north", 0, 511, ports.get(2)));
    cells.put("south-1", cell("south", 512, 1023, ports.get(3)));
    Map<String, Service> services = new LinkedHashMap<>();
    services.put("account", new Service.Unit("account"));
    services.put("trade", new Service.Unit("trade"));
    services.put("catalog", new Service.Copy("catalog", "north"));
    services.put("stock", new Service.Center("stock", "north", Optional.of("south")));
    Map<String, Job> jobs = new LinkedHashMap<>();
    jobs.put(
        "settlement",
        new Job("settlement", "0 0 2 * * ?", new Job.Scope.InDatacenter("north", true)));
    jobs.put("expire-orders", new Job("expire-orders", "*/30 * * * * ?", new Job.Scope.EachCell()));
    return new Topology(
        new Slots(1_024),
        new Coordination(zookeeper, SESSION_TIMEOUT, lease),
        datacenters,
        cells,
        services,
        edge(),
        jobs);
  }

  private static Datacenter datacenter(String name, String site, int port, String zookeeper) {
    return new Datacenter(name, site, loopback(port), zookeeper + "/" + name);
  }

  private static Cell cell(String datacenter, int first, int last, int port) {
    return new Cell(
        datacenter + "-1", datacenter, "g1", List.of(new SlotRange(first, last)), loopback(port));
  }

  private static Endpoint loopback(int port) {
    return new Endpoint("127.0.0.1", port);
  }

  private static Edge edge() {
    return new Edge(
        List.of(new IdentitySource.JwtClaim("sub"), new IdentitySource.Header("X-User-Id")),
        List.of(
            route("/accounts", Optional.of("POST"), new Target.Nearest(), "account"),
            route("/accounts/{user}/**", new Target.SlotOfVariable("user"), "account"),
            route("/orders/{order}/**", new Target.SlotOfVariable("order"), "trade"),
            route("/orders", new Target.SlotOfIdentity(), "trade"),
            route("/merchants/{merchant}/**", new Target.SlotOfVariable("merchant"), "trade"),
            route("/products/**", new Target.Nearest(), "trade")));
  }

  private static EdgeRoute route(String path, Target target, String service) {
    return route(path, Optional.empty(), target, service);
  }

  private static EdgeRoute route(
      String path, Optional<String> method, Target target, String service) {
    return new EdgeRoute(path, method, target, service);
  }

  private static String yaml(String zookeeper, Duration lease, List<Integer> ports) {
    return """
        slots: 1024
        coordination: { zookeeper: "%1$s", session-timeout: 6s, lease: %2$ds }
        datacenters:
          north: { site: beijing,  router: "127.0.0.1:%3$d", registry: "%1$s/north" }
          south: { site: shenzhen, router: "127.0.0.1:%4$d", registry: "%1$s/south" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-511,    mysql: "127.0.0.1:%5$d" }
          south-1: { datacenter: south, group: g1, slots: 512-1023, mysql: "127.0.0.1:%6$d" }
        services:
          account: { type: unit }
          trade:   { type: unit }
          catalog: { type: copy,   center: north }
          stock:   { type: center, datacenter: north, on-failover: south }
        edge:
          identity: [ "jwt:sub", "header:X-User-Id" ]
          routes:
            - { path: "/accounts",              method: POST, to: nearest,  service: account }
            - { path: "/accounts/{user}/**",    slot-of: user,              service: account }
            - { path: "/orders/{order}/**",     slot-of: order,             service: trade }
            - { path: "/orders",                slot-of: identity,          service: trade }
            - { path: "/merchants/{merchant}/**", slot-of: merchant,        service: trade }
            - { path: "/products/**",           to: nearest,                service: trade }
        jobs:
          settlement:    { cron: "0 0 2 * * ?",  datacenter: north, on-failover: follow }
          expire-orders: { cron: "*/30 * * * * ?", scope: cell }
        """
        .formatted(
            zookeeper, lease.toSeconds(), ports.get(0), ports.get(1), ports.get(2), ports.get(3));
  }
}
