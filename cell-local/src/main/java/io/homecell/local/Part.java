package io.homecell.local;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Endpoint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One process that a topology asks for, running or not.
 *
 * @param name unique in the deployment, such as {@code north-1.account}; names its folder and log
 * @param datacenter where it runs; empty for ZooKeeper
 * @param cell which it serves, if it serves one
 * @param endpoint where it must listen; empty if any free port will do
 */
public record Part(
    String name,
    PartRole role,
    Optional<String> datacenter,
    Optional<String> cell,
    Optional<Endpoint> endpoint) {

  /** Every process of a topology, in the order of start. */
  public static List<Part> of(Topology topology) {
    List<Part> parts = new ArrayList<>();
    for (PartRole role : PartRole.values()) {
      switch (role.scope()) {
        case DEPLOYMENT -> parts.addAll(zookeepers(topology));
        case DATACENTER ->
            topology.datacenters().values().forEach(dc -> parts.add(ofDatacenter(role, dc)));
        case CELL -> topology.cells().values().forEach(cell -> parts.add(ofCell(role, cell)));
      }
    }
    return List.copyOf(parts);
  }

  /** One ZooKeeper for each address that the topology names, in most cases one for everything. */
  private static List<Part> zookeepers(Topology topology) {
    Set<Endpoint> endpoints = new LinkedHashSet<>();
    endpoints.add(zookeeperAt(topology.coordination().zookeeper()));
    topology.datacenters().values().forEach(dc -> endpoints.add(zookeeperAt(dc.registry())));
    List<Part> parts = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      String name = parts.isEmpty() ? "zookeeper" : "zookeeper-" + endpoint.port();
      parts.add(
          new Part(
              name, PartRole.ZOOKEEPER, Optional.empty(), Optional.empty(), Optional.of(endpoint)));
    }
    return parts;
  }

  private static Endpoint zookeeperAt(String connectString) {
    String servers = connectString.split("/", 2)[0];
    String[] hostAndPort = servers.split(":", -1);
    if (servers.contains(",") || hostAndPort.length != 2) {
      throw new LocalStartException(
          "zookeeper: '"
              + connectString
              + "' (expected for a local deployment: one host:port, such as 127.0.0.1:2181)");
    }
    return new Endpoint(hostAndPort[0], Integer.parseInt(hostAndPort[1]));
  }

  private static Part ofDatacenter(PartRole role, Topology.Datacenter datacenter) {
    return new Part(
        datacenter.name() + "." + role.label(),
        role,
        Optional.of(datacenter.name()),
        Optional.empty(),
        role == PartRole.ROUTER ? Optional.of(datacenter.router()) : Optional.empty());
  }

  private static Part ofCell(PartRole role, Topology.Cell cell) {
    return new Part(
        cell.name() + "." + role.label(),
        role,
        Optional.of(cell.datacenter()),
        Optional.of(cell.name()),
        role == PartRole.MYSQL ? Optional.of(cell.mysql()) : Optional.empty());
  }
}
