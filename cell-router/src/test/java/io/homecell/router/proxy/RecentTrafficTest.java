package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.slot.Slots;
import java.util.function.IntPredicate;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class RecentTrafficTest {
  private static final long PERIOD = RecentTraffic.PERIOD.toNanos();
  private static final IntPredicate ALL = slot -> true;
  private final RecentTraffic traffic = new RecentTraffic(new Slots(16), 0);

  private void users(int from, int until, long nowNanos) {
    for (long user = from; user < until; user++) {
      traffic.user(user, nowNanos);
    }
  }

  @Test
  void aUserCountsOnceInTheSlotOfItsOwn() {
    for (int i = 0; i < 1_000; i++) {
      traffic.user(3, i);
    }
    assertThat(traffic.of(slot -> slot == 3, 1_000).users()).isEqualTo(1);
    assertThat(traffic.of(slot -> slot != 3, 1_000).users()).isZero();
  }

  @Test
  void manyUsersAreCountedToAFewPercent() {
    users(0, 20_000, 1);
    assertThat(traffic.of(ALL, 1).users()).isCloseTo(20_000L, Percentage.withPercentage(3));
    assertThat(traffic.of(ALL, 1).more()).isFalse();
    assertThat(traffic.of(slot -> slot == 5, 1).users())
        .isCloseTo(1_250L, Percentage.withPercentage(10));
  }

  @Test
  void moreThanCanBeCountedIsSaid() {
    users(0, 2_000_000, 1);
    assertThat(traffic.of(ALL, 1).more()).isTrue();
  }

  @Test
  void requestsAreCountedByTheSlotTheyAreFor() {
    traffic.request(2, 1);
    traffic.request(2, 1);
    traffic.request(4, 1);
    assertThat(traffic.of(ALL, 1).requests()).isEqualTo(3);
    assertThat(traffic.of(slot -> slot == 2, 1).requests()).isEqualTo(2);
  }

  @Test
  void whatIsOldIsForgotten() {
    users(0, 16, 1);
    traffic.request(1, 1);
    long second = PERIOD + 2;
    users(0, 32, second);
    assertThat(traffic.of(ALL, second).users()).as("both periods together").isEqualTo(32);
    assertThat(traffic.of(ALL, second).requests()).isEqualTo(1);
    assertThat(traffic.covers(second).toNanos()).isEqualTo(second);
    long third = second + PERIOD + 1;
    assertThat(traffic.of(ALL, third).requests()).isZero();
    assertThat(traffic.of(ALL, third).users()).isEqualTo(32);
    long muchLater = third + 3 * PERIOD;
    assertThat(traffic.of(ALL, muchLater).users()).isZero();
    assertThat(traffic.covers(muchLater)).isZero();
  }
}
