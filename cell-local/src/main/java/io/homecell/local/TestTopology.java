package io.homecell.local;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A topology for tests: datacenters north and south with one cell each ({@code north-1}, slots
 * 0-511, and {@code south-1}, slots 512-1023, of group {@code g1}), on free ports; its file and a
 * secrets file. With a third, {@code west} and {@code west-1}, north has slots 0-255 and west
 * 256-511. Slots may move again at once.
 *
 * @param file the {@code topology.yaml}
 * @param secrets the secrets file
 * @param credentials what is in it
 */
public record TestTopology(
    Topology topology, Path file, Path secrets, Map<Role, Credentials> credentials) {

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
    return write(folder, yaml(zookeeper, lease, onLoopback(FreePorts.take(4))));
  }

  /**
   * With addresses given: for deployments whose parts have a network of their own.
   *
   * @param edges and {@code mysqls}: host and port in north, then in south
   */
  public static TestTopology create(
      Path folder, String zookeeper, Duration lease, List<String> edges, List<String> mysqls) {
    return write(
        folder,
        yaml(zookeeper, lease, List.of(edges.get(0), edges.get(1), mysqls.get(0), mysqls.get(1))));
  }

  private static List<String> onLoopback(List<Integer> ports) {
    return ports.stream().map(port -> "127.0.0.1:" + port).toList();
  }

  /** With failsafe mode: one witness in each datacenter. */
  public static TestTopology createWithFailsafe(Path folder, String zookeeper, Duration lease) {
    String yaml = yaml(zookeeper, lease, onLoopback(FreePorts.take(4)));
    for (String datacenter : List.of("north", "south")) {
      yaml =
          yaml.replace(
              "/" + datacenter + "\" }",
              "/%s\", failsafe: [ \"127.0.0.1:%d\" ] }".formatted(datacenter, FreePorts.takeOne()));
    }
    return write(folder, yaml);
  }

  /** With a third datacenter; a free port for ZooKeeper too, and a lease of 8 s. */
  public static TestTopology createOfThree(Path folder) {
    String zookeeper = "127.0.0.1:" + FreePorts.takeOne();
    List<Integer> ports = FreePorts.take(6);
    String two = yaml(zookeeper, Duration.ofSeconds(8), onLoopback(ports));
    String west =
        "  west:  { site: chengdu, router: \"127.0.0.1:%d\", registry: \"%s/west\" }\n"
            .formatted(ports.get(4), zookeeper);
    String westOne =
        "  west-1:  { datacenter: west, group: g1, slots: 256-511, mysql: \"127.0.0.1:%d\" }\n"
            .formatted(ports.get(5));
    return write(
        folder,
        two.replace("slots: 0-511,", "slots: 0-255,")
            .replace("cells:\n", west + "cells:\n")
            .replace("services:\n", westOne + "services:\n"));
  }

  /** As {@link #createOfThree}, with south and west in a group of their own, {@code g2}. */
  public static TestTopology createOfTwoGroups(Path folder) {
    TestTopology three = createOfThree(folder);
    try {
      String yaml = Files.readString(three.file());
      return write(
          folder,
          yaml.replace("datacenter: south, group: g1", "datacenter: south, group: g2")
              .replace("datacenter: west, group: g1", "datacenter: west, group: g2"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TestTopology write(Path folder, String yaml) {
    Path file = folder.resolve("topology.yaml");
    Path secrets = folder.resolve("secrets.properties");
    try {
      Files.createDirectories(folder);
      Files.writeString(file, yaml);
      return new TestTopology(TopologyFile.read(file), file, secrets, LocalSecrets.ensure(secrets));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String yaml(String zookeeper, Duration lease, List<String> addresses) {
    return """
        slots: 1024
        coordination: { zookeeper: "%1$s", session-timeout: 6s, lease: %2$ds, move-interval: 0s }
        datacenters:
          north: { site: beijing,  router: "%3$s", registry: "%1$s/north" }
          south: { site: shenzhen, router: "%4$s", registry: "%1$s/south" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-511,    mysql: "%5$s" }
          south-1: { datacenter: south, group: g1, slots: 512-1023, mysql: "%6$s" }
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
            - { path: "/merchants/{merchant}/**", slot-of: merchant,        service: trade,
                read: nearest, lag-max: 2s }
            - { path: "/products/**",           to: nearest,                service: trade }
        jobs:
          settlement:    { cron: "0 0 2 * * ?",  datacenter: north, on-failover: follow }
          expire-orders: { cron: "*/30 * * * * ?", scope: cell }
        """
        .formatted(
            zookeeper,
            lease.toSeconds(),
            addresses.get(0),
            addresses.get(1),
            addresses.get(2),
            addresses.get(3));
  }
}
