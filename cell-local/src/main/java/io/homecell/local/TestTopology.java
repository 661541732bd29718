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
    return write(folder, yaml(zookeeper, lease, FreePorts.take(4)));
  }

  /** With a third datacenter; a free port for ZooKeeper too, and a lease of 8 s. */
  public static TestTopology createOfThree(Path folder) {
    String zookeeper = "127.0.0.1:" + FreePorts.takeOne();
    List<Integer> ports = FreePorts.take(6);
    String two = yaml(zookeeper, Duration.ofSeconds(8), ports);
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

  private static String yaml(String zookeeper, Duration lease, List<Integer> ports) {
    return """
        slots: 1024
        coordination: { zookeeper: "%1$s", session-timeout: 6s, lease: %2$ds, move-interval: 0s }
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
