package io.homecell.core.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.homecell.core.slot.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * Cells cover every slot exactly once: what does not is refused, and what does is taken as it is.
 */
class SlotCoverProperties {
  private static final int SLOTS = 64;

  @Property(tries = 300)
  void aPartitionGivesEverySlotOneHome(
      @ForAll @Size(max = 12) Set<@IntRange(min = 1, max = SLOTS - 1) Integer> cuts,
      @ForAll @IntRange(min = 1, max = 4) int cells) {
    List<SlotRange> ranges = partition(cuts);

    Topology topology = TopologyFile.parse("t.yaml", yaml(ranges, cells));

    for (int slot = 0; slot < SLOTS; slot++) {
      int asked = slot;
      assertThat(topology.cells().values().stream().filter(cell -> cell.isHomeOf(asked)))
          .hasSize(1);
    }
  }

  @Property(tries = 300)
  void aPartitionWithOneSlotTooFewOrTooManyIsRefused(
      @ForAll @Size(max = 12) Set<@IntRange(min = 1, max = SLOTS - 1) Integer> cuts,
      @ForAll @IntRange(min = 0, max = 11) int which,
      @ForAll boolean drop) {
    List<SlotRange> ranges = partition(cuts);
    SlotRange victim = ranges.get(which % ranges.size());
    if (drop) {
      ranges.remove(victim);
    } else {
      ranges.add(new SlotRange(victim.first(), victim.first()));
    }

    TopologyException refused =
        catchThrowableOfType(
            TopologyException.class, () -> TopologyFile.parse("t.yaml", yaml(ranges, 2)));

    assertThat(refused).isNotNull();
    // The extra slot may be told as the one that the range of a later cell overlaps.
    assertThat(refused.getMessage())
        .contains(drop ? "no cell has the slots " + victim : " overlaps cell-");
    assertThat(refused.problems()).hasSize(1);
  }

  private static List<SlotRange> partition(Set<Integer> cuts) {
    List<SlotRange> ranges = new ArrayList<>();
    int first = 0;
    for (int cut : new TreeSet<>(cuts)) {
      ranges.add(new SlotRange(first, cut - 1));
      first = cut;
    }
    ranges.add(new SlotRange(first, SLOTS - 1));
    return ranges;
  }

  private static String yaml(List<SlotRange> ranges, int cells) {
    StringBuilder yaml =
        new StringBuilder(
            """
            slots: 64
            coordination: { zookeeper: "127.0.0.1:2181", session-timeout: 6s, lease: 8s }
            services: { trade: { type: unit } }
            datacenters:
              north: { site: beijing, router: "127.0.0.1:8081", registry: "127.0.0.1:2181/north" }
            cells:
            """);
    for (int cell = 0; cell < cells; cell++) {
      int mine = cell;
      String slots =
          ranges.stream()
              .filter(range -> ranges.indexOf(range) % cells == mine)
              .map(SlotRange::toString)
              .collect(Collectors.joining(", "));
      yaml.append(
          "  cell-%d: { datacenter: north, group: g%d, slots: [ %s ], mysql: \"127.0.0.1:%d\" }\n"
              .formatted(cell, cell, slots, 3400 + cell));
    }
    return yaml.toString();
  }
}
