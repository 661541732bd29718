package io.homecell.router.overload;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology.Priority;
import io.homecell.router.ThreeCells;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CellGatesTest {
  /** Two cells of the south share the 100 connections to its router. */
  @ParameterizedTest
  @CsvSource({
    "north, north-1, 300", "north, south-1, 50", "north, south-2, 50",
    "south, north-1, 100", "south, south-1, 300", "south, south-2, 300",
  })
  void theCellsOfAnotherDatacenterShareTheWayThere(String datacenter, String cell, int open) {
    CellGates gates =
        new CellGates(
            ThreeCells.TOPOLOGY, datacenter, new OverloadSettings(10, 20, 40, 300, 90), 100, 0);
    int entered = 0;
    while (gates.of(cell).hasRoom(Priority.CRITICAL)) {
      gates.of(cell).enter(0).headCame(1);
      entered++;
    }
    assertThat(entered).isEqualTo(open);
  }
}
