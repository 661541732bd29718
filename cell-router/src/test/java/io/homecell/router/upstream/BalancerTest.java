package io.homecell.router.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BalancerTest {
  private static final List<Upstream> THREE =
      List.of(new Upstream("c", "h", 1), new Upstream("c", "h", 2), new Upstream("c", "h", 3));
  private static final Upstream FIRST = THREE.get(0);

  private final Balancer balancer = new Balancer(new SplittableRandom(7));

  private Map<Upstream, Integer> spread(List<Upstream> candidates, long nowNanos) {
    Map<Upstream, Integer> load = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      Upstream picked =
          balancer.pick(candidates, one -> load.getOrDefault(one, 0), nowNanos).orElseThrow();
      load.merge(picked, 1, Integer::sum);
    }
    return load;
  }

  @Test
  void loadIsSpread() {
    assertThat(spread(THREE, 0).values()).hasSize(3).allMatch(n -> n > 950 && n < 1_050);
  }

  @Test
  void onlyTheLessLoadedOfTwoIsTaken() {
    Map<Upstream, Integer> load = Map.of(FIRST, 100, THREE.get(1), 0, THREE.get(2), 0);
    int first = 0;
    for (int i = 0; i < 900; i++) {
      if (balancer.pick(THREE, load::get, 0).orElseThrow().equals(FIRST)) {
        first++;
      }
    }
    assertThat(first).as("only when drawn twice").isBetween(60, 150);
  }

  @Test
  void oneThatFailedRestsAndComesBack() {
    balancer.failed(FIRST, 0);
    assertThat(spread(THREE, 1)).doesNotContainKey(FIRST);
    assertThat(spread(THREE, Duration.ofMillis(251).toNanos())).containsKey(FIRST);
    balancer.failed(FIRST, 0);
    assertThat(spread(THREE, Duration.ofMillis(251).toNanos())).doesNotContainKey(FIRST);
    balancer.succeeded(FIRST);
    assertThat(spread(THREE, 1)).containsKey(FIRST);
  }

  @Test
  void restIsBounded() {
    for (int i = 0; i < 100; i++) {
      balancer.failed(FIRST, 0);
    }
    assertThat(spread(THREE, Duration.ofSeconds(9).toNanos())).containsKey(FIRST);
  }

  @Test
  void ifAllFailedAllAreTried() {
    THREE.forEach(one -> balancer.failed(one, 0));
    assertThat(spread(THREE, 1)).hasSize(3);
    assertThat(balancer.pick(List.of(FIRST), one -> 0, 1)).contains(FIRST);
    assertThat(balancer.pick(List.of(), one -> 0, 1)).isEmpty();
  }
}
