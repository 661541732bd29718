package io.homecell.router.overload;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Priority;
import io.homecell.core.topology.TopologyFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CellGatesTest {
  private static final Topology TOPOLOGY =
      TopologyFile.parse(
          "test",
          """
          slots: 16
          coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
          datacenters:
            north: { site: beijing,  router: "127.0.0.1:2", registry: "127.0.0.1:1/north" }
            south: { site: shenzhen, router: "127.0.0.1:3", registry: "127.0.0.1:1/south" }
          cells:
            north-1: { datacenter: north, group: g1, slots: 0-7,   mysql: "127.0.0.1:11" }
            south-1: { datacenter: south, group: g1, slots: 8-11,  mysql: "127.0.0.1:13" }
            south-2: { datacenter: south, group: g2, slots: 12-15, mysql: "127.0.0.1:14" }
          services:
            account: { type: unit }
          """);

  /** Two cells of the south share the 100 connections to its router. */
  @ParameterizedTest
  @CsvSource({
    "north, north-1, 300", "north, south-1, 50", "north, south-2, 50",
    "south, north-1, 100", "south, south-1, 300", "south, south-2, 300",
  })
  void theCellsOfAnotherDatacenterShareTheWayThere(String datacenter, String cell, int open) {
    CellGates gates =
        new CellGates(TOPOLOGY, datacenter, new OverloadSettings(10, 20, 40, 300, 90), 100, 0);
    int entered = 0;
    while (gates.of(cell).hasRoom(Priority.CRITICAL)) {
      gates.of(cell).enter(0).headCame(1);
      entered++;
    }
    assertThat(entered).isEqualTo(open);
  }
}
