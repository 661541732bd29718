package io.homecell.router.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BalancerTest {
  private static final List<Upstream> THREE =
      List.of(new Upstream("c", "h", 1), new Upstream("c", "h", 2), new Upstream("c", "h", 3));
  private static final Upstream FIRST = THREE.get(0);
  private static final Upstream SECOND = THREE.get(1);
  private static final UpstreamHealth HEALTH = UpstreamHealth.standard();
  private static final long MILLI = 1_000_000;
  private static final long SECOND_NANOS = 1_000 * MILLI;

  private final Set<Upstream> down = new HashSet<>();
  private final List<String> rests = new ArrayList<>();
  private final Balancer balancer = balancer(7);

  private Balancer balancer(long seed) {
    return new Balancer(
        new SplittableRandom(seed),
        HEALTH,
        new Liveness() {
          @Override
          public boolean allUp() {
            return down.isEmpty();
          }

          @Override
          public boolean isDown(Upstream upstream) {
            return down.contains(upstream);
          }
        },
        (upstream, cause) -> rests.add(upstream.port() + " " + cause));
  }

  private Map<Upstream, Integer> spread(List<Upstream> candidates, long nowNanos) {
    Map<Upstream, Integer> load = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      Upstream picked =
          balancer
              .pick(candidates, Optional.empty(), one -> load.getOrDefault(one, 0), nowNanos)
              .orElseThrow();
      load.merge(picked, 1, Integer::sum);
    }
    return load;
  }

  /** All of them known for long. */
  private void warm() {
    THREE.forEach(one -> balancer.answered(one, false, MILLI, -60 * SECOND_NANOS));
  }

  @Test
  void loadIsSpread() {
    assertThat(spread(THREE, 0).values()).hasSize(3).allMatch(n -> n > 950 && n < 1_050);
  }

  @Test
  void theMostLoadedIsNeverTakenTheOthersAlike() {
    warm();
    Map<Upstream, Integer> load = Map.of(FIRST, 2, SECOND, 1, THREE.get(2), 0);
    Map<Upstream, Integer> taken = new HashMap<>();
    for (int i = 0; i < 900; i++) {
      taken.merge(
          balancer.pick(THREE, Optional.empty(), load::get, 0).orElseThrow(), 1, Integer::sum);
    }
    assertThat(taken).doesNotContainKey(FIRST);
    assertThat(taken.get(SECOND)).as("when it is drawn with the first").isBetween(250, 350);
  }

  @Test
  void oneThatCannotBeReachedRestsAndComesBack() {
    warm();
    balancer.failed(FIRST, 0);
    assertThat(spread(THREE, 1)).doesNotContainKey(FIRST);
    assertThat(spread(THREE, 251 * MILLI)).containsKey(FIRST);
    balancer.failed(FIRST, 0);
    assertThat(spread(THREE, 251 * MILLI)).doesNotContainKey(FIRST);
    balancer.succeeded(FIRST, 1);
    assertThat(spread(THREE, 1)).containsKey(FIRST);
    assertThat(rests).containsExactly("1 UNREACHABLE", "1 UNREACHABLE");
  }

  @Test
  void restIsBounded() {
    warm();
    for (int i = 0; i < 100; i++) {
      balancer.failed(FIRST, 0);
    }
    assertThat(spread(THREE, Duration.ofMillis(7_900).toNanos())).doesNotContainKey(FIRST);
    assertThat(spread(THREE, Duration.ofSeconds(9).toNanos())).containsKey(FIRST);
  }

  @Test
  void oneWhoseAnswersFailInARowRestsThoughItCanBeConnectedTo() {
    warm();
    for (int i = 0; i < 4; i++) {
      balancer.answered(FIRST, true, MILLI, 0);
    }
    balancer.answered(FIRST, false, MILLI, 0);
    balancer.answered(FIRST, true, MILLI, 0);
    assertThat(rests).as("not in a row").isEmpty();
    for (int i = 0; i < 4; i++) {
      balancer.answered(FIRST, true, MILLI, 0);
    }
    assertThat(rests).containsExactly("1 FAILURES");
    balancer.succeeded(FIRST, 1);
    assertThat(spread(THREE, 1)).doesNotContainKey(FIRST);
    assertThat(spread(THREE, 251 * MILLI)).containsKey(FIRST);
  }

  @Test
  void oneThatIsMuchSlowerThanTheOthersRests() {
    warm();
    spread(THREE, 0);
    for (int i = 0; i < 30; i++) {
      balancer.answered(FIRST, false, 200 * MILLI, 0);
      balancer.answered(SECOND, false, 2 * MILLI, 0);
      balancer.answered(THREE.get(2), false, 2 * MILLI, 0);
    }
    for (int i = 0; i < 5; i++) {
      balancer.tick(SECOND_NANOS);
    }
    assertThat(rests).containsExactly("1 SLOWNESS");
  }

  @Test
  void whereAllAreSlowNoneRests() {
    warm();
    spread(THREE, 0);
    for (int i = 0; i < 30; i++) {
      boolean failure = i % 3 == 0;
      THREE.forEach(one -> balancer.answered(one, failure, 2_000 * MILLI, 0));
    }
    for (int i = 0; i < 5; i++) {
      balancer.tick(SECOND_NANOS);
    }
    assertThat(rests).isEmpty();
  }

  @Test
  void ifAllFailedAllAreTried() {
    THREE.forEach(one -> balancer.failed(one, 0));
    assertThat(spread(THREE, 1)).hasSize(3);
    assertThat(balancer.pick(List.of(FIRST), Optional.empty(), one -> 0, 1)).contains(FIRST);
    assertThat(balancer.pick(List.of(), Optional.empty(), one -> 0, 1)).isEmpty();
  }

  @Test
  void noMoreThanHalfAreLeftOut() {
    warm();
    balancer.failed(SECOND, 0);
    balancer.failed(FIRST, 10);
    assertThat(spread(THREE, 20)).as("the one that rests the longest").doesNotContainKey(FIRST);
    assertThat(spread(THREE, 20)).hasSize(2);
  }

  @Test
  void oneThatIsDownIsLeftOutUntilItIsUp() {
    warm();
    down.add(SECOND);
    assertThat(spread(THREE, 0)).doesNotContainKey(SECOND);
    balancer.failed(FIRST, 0);
    assertThat(spread(THREE, 1)).as("worse than one that rests").doesNotContainKey(SECOND);
    down.clear();
    assertThat(spread(THREE, SECOND_NANOS)).containsKey(SECOND);
  }

  /** By its share of the time it has been warm: a tenth at first. */
  @Test
  void aNewInstanceGetsItsShareLittleByLittle() {
    warm();
    Upstream added = new Upstream("c", "h", 4);
    List<Upstream> two = List.of(FIRST, added);
    // Draws it: it is known from now on.
    balancer.pick(two, Optional.empty(), one -> 0, 0);
    for (int seconds : new int[] {0, 3, 5, 10}) {
      int taken = 0;
      for (int i = 0; i < 2_000; i++) {
        if (balancer
            .pick(two, Optional.empty(), one -> one.equals(added) ? 0 : 5, seconds * SECOND_NANOS)
            .orElseThrow()
            .equals(added)) {
          taken++;
        }
      }
      // It is the less loaded one, so it would get all.
      double share = Math.max(0.1, seconds / 10.0);
      assertThat(taken / 2_000.0).isBetween(share - 0.05, share + 0.05);
    }
  }

  @Test
  void aRequestThatFailedAtOneGoesToAnother() {
    warm();
    for (int i = 0; i < 100; i++) {
      assertThat(balancer.pick(THREE, Optional.of(FIRST), one -> 0, 0).orElseThrow())
          .isNotEqualTo(FIRST);
    }
    assertThat(balancer.pick(List.of(FIRST), Optional.of(FIRST), one -> 0, 0)).contains(FIRST);
  }

  /** Whatever fails in whatever order: of any number of candidates half at least are in use. */
  @Property(tries = 200)
  void halfOrMoreAreInUse(
      @ForAll @Size(max = 40) List<@IntRange(max = 9_999) Integer> steps,
      @ForAll @IntRange(min = 2, max = 7) int instances) {
    List<Upstream> candidates =
        IntStream.range(0, instances).mapToObj(port -> new Upstream("c", "h", port)).toList();
    Balancer any = balancer(steps.size());
    down.clear();
    long now = 0;
    for (int step : steps) {
      now += step * MILLI / 20;
      Upstream upstream = candidates.get(step % instances);
      switch (step % 5) {
        case 0 -> any.failed(upstream, now);
        case 1 -> any.succeeded(upstream, now);
        case 2 -> down.add(upstream);
        case 3 -> down.remove(upstream);
        default -> any.tick(now);
      }
    }
    Set<Upstream> used = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      used.add(any.pick(candidates, Optional.empty(), one -> 0, now).orElseThrow());
    }
    assertThat(used).hasSizeGreaterThanOrEqualTo((instances + 1) / 2);
    if (down.size() == instances) {
      assertThat(used).hasSize(instances);
    }
  }

  @Test
  void settingsThatContradictEachOtherAreRefused() {
    assertThatThrownBy(
            () ->
                new UpstreamHealth(
                    5,
                    Duration.ofSeconds(9),
                    Duration.ofSeconds(8),
                    Duration.ZERO,
                    Duration.ZERO,
                    Duration.ZERO))
        .hasMessageContaining("firstRest: PT9S");
  }
}
