package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.process.Secrets.Role;
import io.homecell.local.TestTopology;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
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
    assertThat(all).noneMatch(each -> each.carried() instanceof CarriedTables.Copies);
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

  @Test
  void copyTablesComeFromTheirCenterToEveryCellOfOtherGroups(@TempDir Path folder) {
    TestTopology test = TestTopology.createOfTwoGroups(folder);
    Map<String, CarriedTables> all =
        test.topology().datacenters().keySet().stream()
            .flatMap(
                datacenter ->
                    Pipelines.of(
                        test.topology(),
                        datacenter,
                        datacenter + ".dc-sync",
                        test.credentials().get(Role.REPLICATION))
                        .stream())
            .collect(Collectors.toMap(PipelineSettings::name, PipelineSettings::carried));
    CarriedTables everything = new CarriedTables.AllBut(FrameworkTables.LOCAL);
    CarriedTables copies =
        new CarriedTables.Copies(new TreeSet<>(Set.of("catalog")), FrameworkTables.HEARTBEAT);
    assertThat(all)
        .containsOnly(
            Map.entry("north-1-south-1", copies),
            Map.entry("north-1-west-1", copies),
            Map.entry("south-1-west-1", everything),
            Map.entry("west-1-south-1", everything));
  }
}
