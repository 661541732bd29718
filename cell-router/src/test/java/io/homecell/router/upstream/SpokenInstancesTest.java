package io.homecell.router.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

class SpokenInstancesTest {
  private static Topology topology(String upstream) {
    return TopologyFile.parse(
        "test",
        """
        slots: 1
        coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: north, router: "127.0.0.1:2", registry: "127.0.0.1:1/north" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0, mysql: "127.0.0.1:3" }
        services:
          account: { type: unit%s }
          trade: { type: unit, upstream: http/1.1 }
        """
            .formatted(upstream));
  }

  @Test
  void instancesAreSpokenToAsTheirServiceSays() {
    Map<String, List<Upstream>> now = new ConcurrentHashMap<>();
    now.put("account", List.of(new Upstream("north-1", "h", 1), new Upstream("north-1", "h", 2)));
    now.put("trade", List.of(new Upstream("north-1", "h", 3)));
    Instances spoken =
        SpokenInstances.of((service, cell) -> now.get(service), topology(", upstream: h2c"));
    List<Upstream> first = spoken.of("account", "north-1");
    assertThat(first)
        .containsExactly(
            new Upstream("north-1", "h", 1, true), new Upstream("north-1", "h", 2, true));
    assertThat(spoken.of("account", "north-1")).as("not made anew each time").isSameAs(first);
    assertThat(spoken.of("trade", "north-1")).isSameAs(now.get("trade"));
    now.put("account", List.of(new Upstream("north-1", "h", 2)));
    assertThat(spoken.of("account", "north-1"))
        .containsExactly(new Upstream("north-1", "h", 2, true));
  }

  @Test
  void whereNothingIsSaidNothingIsAsked() {
    Instances plain = (service, cell) -> List.of();
    assertThat(SpokenInstances.of(plain, topology(""))).isSameAs(plain);
  }
}
