package io.homecell.router;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;

/** Two datacenters, of which the south has two cells; for tests that start nothing. */
public final class ThreeCells {
  public static final Topology TOPOLOGY =
      TopologyFile.parse(
          "test",
          """
          slots: 16
          coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
          datacenters:
            north: { site: a, router: "127.0.0.1:2", registry: "127.0.0.1:1/north" }
            south: { site: b, router: "127.0.0.1:3", registry: "127.0.0.1:1/south" }
          cells:
            north-1: { datacenter: north, group: g1, slots: 0-7,   mysql: "127.0.0.1:4" }
            south-1: { datacenter: south, group: g1, slots: 8-11,  mysql: "127.0.0.1:5" }
            south-2: { datacenter: south, group: g2, slots: 12-15, mysql: "127.0.0.1:6" }
          services:
            account: { type: unit }
          edge:
            identity: [ "header:X-User-Id" ]
            routes:
              - { path: "/accounts/{user}", slot-of: user, service: account }
          """);

  private ThreeCells() {}
}
