package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartTest {
  @TempDir private Path folder;

  @Test
  void aTopologyAsksForOneProcessOfEachRoleInEachPlace() {
    List<Part> parts = Part.of(TestTopology.create(folder).topology());
    assertThat(parts)
        .extracting(Part::name)
        .containsExactly(
            "zookeeper",
            "north-1.mysql",
            "south-1.mysql",
            "north.coordinator",
            "south.coordinator",
            "north-1.account",
            "south-1.account",
            "north-1.trade",
            "south-1.trade",
            "north-1.canal",
            "south-1.canal",
            "north.dc-sync",
            "south.dc-sync",
            "north.router",
            "south.router");
  }

  @Test
  void eachZookeeperAddressGetsAServer() throws IOException {
    Topology topology = changed("/south\"", "9/south\"");
    assertThat(Part.of(topology).stream().filter(part -> part.role() == PartRole.ZOOKEEPER))
        .extracting(part -> part.endpoint().orElseThrow().port())
        .hasSize(2)
        .doesNotHaveDuplicates();
  }

  @Test
  void anEnsembleIsTooMuchForOneMachine() {
    assertThatThrownBy(() -> Part.of(changed("zookeeper: \"", "zookeeper: \"127.0.0.1:9,")))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("expected for a local deployment: one host:port");
  }

  private Topology changed(String from, String to) throws IOException {
    TestTopology test =
        TestTopology.create(folder, "127.0.0.1:2181", java.time.Duration.ofSeconds(8));
    return TopologyFile.parse("t", Files.readString(test.file()).replace(from, to));
  }
}
