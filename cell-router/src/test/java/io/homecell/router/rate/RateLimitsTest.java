package io.homecell.router.rate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.Priority;
import io.homecell.core.topology.Topology.Quota;
import io.homecell.core.topology.Topology.Rate;
import io.homecell.core.topology.Topology.RouteIdentity;
import io.homecell.core.topology.Topology.Target;
import io.homecell.router.decide.Refusal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RateLimitsTest {
  private static final long SECOND = 1_000_000_000;
  private static final Duration A_SECOND = Duration.ofSeconds(1);

  private static EdgeRoute route(Optional<Rate> perUser, Optional<Rate> perRoute) {
    return new EdgeRoute(
        "/a",
        Optional.empty(),
        new Target.Nearest(),
        "account",
        new Quota(Priority.NORMAL, perUser, perRoute),
        RouteIdentity.OF_THE_EDGE);
  }

  private static RateLimits limits(EdgeRoute... routes) {
    return new RateLimits(List.of(routes), 0);
  }

  private static int admitted(RateLimits limits, int route, long asker, int requests, long now) {
    int admitted = 0;
    for (int i = 0; i < requests; i++) {
      if (limits.take(route, asker, now).isEmpty()) {
        admitted++;
      }
    }
    return admitted;
  }

  @Test
  void aUserMaySendAsManyAtOnceAndThenAtTheRate() {
    RateLimits limits = limits(route(Optional.of(new Rate(20, A_SECOND)), Optional.empty()));
    assertThat(admitted(limits, 0, 7, 30, 0)).isEqualTo(20);
    assertThat(admitted(limits, 0, 7, 30, SECOND / 20)).isEqualTo(1);
    assertThat(admitted(limits, 0, 7, 30, SECOND / 2)).isEqualTo(9);
    assertThat(admitted(limits, 0, 8, 30, SECOND / 2)).as("another user").isEqualTo(20);
    assertThat(admitted(limits, 0, 7, 30, 60 * SECOND)).as("no more is saved up").isEqualTo(20);
  }

  @Test
  void eachRouteCountsForItself() {
    RateLimits limits =
        limits(
            route(Optional.of(new Rate(2, A_SECOND)), Optional.empty()),
            route(Optional.of(new Rate(2, A_SECOND)), Optional.empty()),
            route(Optional.empty(), Optional.empty()));
    assertThat(admitted(limits, 0, 7, 5, 0)).isEqualTo(2);
    assertThat(admitted(limits, 1, 7, 5, 0)).isEqualTo(2);
    assertThat(limits.isLimited(1)).isTrue();
    assertThat(limits.isLimited(2)).isFalse();
    assertThat(admitted(limits, 2, 7, 500, 0)).isEqualTo(500);
  }

  @Test
  void aUserWhoSendsTooMuchTakesNothingFromTheRoute() {
    RateLimits limits =
        limits(route(Optional.of(new Rate(2, A_SECOND)), Optional.of(new Rate(5, A_SECOND))));
    assertThat(admitted(limits, 0, 1, 1_000, 0)).isEqualTo(2);
    assertThat(admitted(limits, 0, 2, 1_000, 0)).isEqualTo(2);
    assertThat(admitted(limits, 0, 3, 1_000, 0)).as("what is left of the route's").isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    // rate, per seconds, sent at once, Retry-After
    "20, 1, 20, 1",
    "5, 60, 5, 12",
    "1, 3600, 1, 3600",
    "1000000, 1, 1000000, 1",
  })
  void whoIsRefusedIsToldWhenToComeBack(int requests, int seconds, int sent, int retryAfter) {
    Rate rate = new Rate(requests, Duration.ofSeconds(seconds));
    for (boolean byUser : new boolean[] {true, false}) {
      RateLimits limits =
          limits(
              byUser
                  ? route(Optional.of(rate), Optional.empty())
                  : route(Optional.empty(), Optional.of(rate)));
      assertThat(admitted(limits, 0, 1, sent, 0)).isEqualTo(sent);
      Refusal refusal = limits.take(0, 1, 0).orElseThrow();
      assertThat(refusal.status()).isEqualTo(429);
      assertThat(refusal.problem().type())
          .isEqualTo(byUser ? "/problems/user-rate-exceeded" : "/problems/route-rate-exceeded");
      assertThat(refusal.retryAfterSeconds()).contains(retryAfter);
      assertThat(limits.take(0, 1, retryAfter * SECOND)).as("he comes then").isEmpty();
    }
  }

  /** Whenever requests come: never more than the bucket and what has flowed in, never less. */
  @Property(tries = 300)
  void neverMoreThanTheRate(
      @ForAll @Size(max = 300) List<@IntRange(max = 300_000) Integer> pausesMicros,
      @ForAll @IntRange(min = 1, max = 50) int perSecond) {
    RateLimits limits = limits(route(Optional.of(new Rate(perSecond, A_SECOND)), Optional.empty()));
    long now = 0;
    double tokens = perSecond;
    for (int pause : pausesMicros) {
      now += pause * 1_000L;
      tokens = Math.min(perSecond, tokens + pause * 1e-6 * perSecond);
      boolean admitted = limits.take(0, 5, now).isEmpty();
      // Times are whole microseconds.
      if (tokens > 1.01) {
        assertThat(admitted).isTrue();
      } else if (tokens < 0.99) {
        assertThat(admitted).isFalse();
      }
      tokens = admitted ? tokens - 1 : tokens;
    }
  }

  @Test
  void aTableThatIsTooSmallRefusesNobodyForAnother() {
    UserBuckets few = new UserBuckets(16);
    Bucket two = Bucket.of(new Rate(2, A_SECOND), 1_000);
    for (long user = 0; user < 10_000; user++) {
      assertThat(few.take(user, two, user)).isZero();
    }
    assertThatThrownBy(() -> new UserBuckets(12)).hasMessageContaining("places: 12");
  }

  @Test
  void aUserAmongManyIsLimitedAsOneAlone() {
    UserBuckets users = new UserBuckets(1 << 12);
    Bucket ten = Bucket.of(new Rate(10, A_SECOND), 1_000);
    int admitted = 0;
    for (long round = 0; round < 100; round++) {
      // Ten thousand users come and go, each once in a while; their buckets are full again soon.
      for (long user = 0; user < 100; user++) {
        users.take(1_000 + (round * 100 + user), ten, round * 10_000);
      }
      if (users.take(7, ten, round * 10_000) == 0) {
        admitted++;
      }
    }
    assertThat(admitted).as("10 at once and 10 in the second that it takes").isBetween(19, 20);
  }

  @Test
  void threadsTogetherGetNoMoreThanOne() throws Exception {
    RateLimits limits =
        limits(route(Optional.of(new Rate(1_000, A_SECOND)), Optional.of(new Rate(900, A_SECOND))));
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      tasks.add(() -> admitted(limits, 0, 7, 1_000, SECOND));
    }
    int sum = 0;
    for (Future<Integer> admitted : threads.invokeAll(tasks)) {
      sum += admitted.get();
    }
    threads.shutdown();
    assertThat(sum).isEqualTo(900);
  }
}
