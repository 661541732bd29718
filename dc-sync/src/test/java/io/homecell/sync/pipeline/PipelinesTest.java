package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.process.Secrets.Role;
import io.homecell.local.TestTopology;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelinesTest {
  @Test
  void threeCellsOfAGroupHaveAPipelineForEachOrderedPairEachNearItsTarget(@TempDir Path folder) {
    TestTopology test = TestTopology.createOfThree(folder);
    List<PipelineSettings> all = new ArrayList<>();
    for (String datacenter : test.topology().datacenters().keySet()) {
      List<PipelineSettings> here =
          Pipelines.of(
              test.topology(),
              datacenter,
              datacenter + ".dc-sync",
              test.credentials().get(Role.REPLICATION));
      assertThat(here).allMatch(each -> each.target().cell().equals(datacenter + "-1"));
      all.addAll(here);
    }
    assertThat(all)
        .extracting(PipelineSettings::name)
        .containsExactlyInAnyOrder(
            "north-1-south-1",
            "north-1-west-1",
            "south-1-north-1",
            "south-1-west-1",
            "west-1-north-1",
            "west-1-south-1");
    // a server ends the reading of an older client of the same id
    Map<String, List<Integer>> readersOf =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    each -> each.source().cell(),
                    Collectors.mapping(PipelineSettings::serverId, Collectors.toList())));
    assertThat(readersOf.values())
        .hasSize(3)
        .allSatisfy(ids -> assertThat(ids).doesNotHaveDuplicates());
  }
}
