package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RateTest {
  private static final long SECOND = 1_000_000_000;

  private final Rate rate = new Rate();

  @Test
  void itIsThatOfTheLastTenSeconds() {
    assertThat(rate.perSecond(0)).isZero();
    for (int tenth = 0; tenth <= 200; tenth++) { // 100 a second, from the tenth second on 300
      double total = tenth <= 100 ? tenth * 10 : 1_000 + (tenth - 100) * 30;
      rate.sample(tenth * SECOND / 10, total);
      if (tenth == 100) {
        assertThat(rate.perSecond(10 * SECOND)).isEqualTo(100);
      }
    }
    assertThat(rate.perSecond(20 * SECOND)).isEqualTo(300);
  }

  @Test
  void whenNobodySamplesItIsZeroAndATimeWithoutSamplesCountsForNothing() {
    rate.sample(0, 0);
    rate.sample(SECOND, 500);
    assertThat(rate.perSecond(2 * SECOND)).isEqualTo(500);
    assertThat(rate.perSecond(5 * SECOND)).isZero();
    rate.sample(100 * SECOND, 90_000);
    assertThat(rate.perSecond(100 * SECOND)).isZero();
    rate.sample(101 * SECOND, 90_010);
    assertThat(rate.perSecond(101 * SECOND)).isEqualTo(10);
  }
}
