package io.homecell.core.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.lease.ClockWatch.Verdict;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class ClockWatchTest {
  private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

  private final ClockWatch watch = new ClockWatch(Duration.ofSeconds(8), Duration.ofMillis(500), 3);

  /** A reading at a monotonic time, of a database clock that is ahead by so much. */
  private Verdict at(long monotonicMillis, long aheadMillis) {
    return at(monotonicMillis, aheadMillis, 0);
  }

  private Verdict at(long monotonicMillis, long aheadMillis, long uncertaintyMillis) {
    return watch.observe(
        new ClockReading(
            START.plusMillis(monotonicMillis + aheadMillis),
            monotonicMillis * 1_000_000,
            Duration.ofMillis(uncertaintyMillis)));
  }

  @Test
  void aClockThatRunsEvenlyIsTrusted() {
    for (int second = 0; second < 100; second++) {
      assertThat(at(second * 1_000L, second % 2 == 0 ? 0 : 400)).isEqualTo(Verdict.TRUSTED);
    }
  }

  @Test
  void aStepEitherWayPartsAndThenHasToSettle() {
    for (long step : new long[] {-600, 600, 3_600_000, -3_600_000}) {
      ClockWatch fresh = new ClockWatch(Duration.ofSeconds(8), Duration.ofMillis(500), 3);
      assertThat(fresh.observe(reading(0, 0))).isEqualTo(Verdict.TRUSTED);
      assertThat(fresh.observe(reading(1_000, step))).isEqualTo(Verdict.PARTED);
      assertThat(fresh.observe(reading(2_000, step))).isEqualTo(Verdict.SETTLING);
      assertThat(fresh.observe(reading(3_000, step))).isEqualTo(Verdict.SETTLING);
      assertThat(fresh.observe(reading(4_000, step))).isEqualTo(Verdict.TRUSTED);
    }
  }

  private static ClockReading reading(long monotonicMillis, long aheadMillis) {
    return new ClockReading(
        START.plusMillis(monotonicMillis + aheadMillis),
        monotonicMillis * 1_000_000,
        Duration.ZERO);
  }

  @Test
  void aStepBackAndForthAtOnceIsSeenTwice() {
    at(0, 0);
    assertThat(at(1_000, -900)).isEqualTo(Verdict.PARTED);
    assertThat(at(2_000, 0)).isEqualTo(Verdict.PARTED);
    assertThat(at(3_000, 0)).isEqualTo(Verdict.SETTLING);
  }

  @Test
  void manySmallStepsWithinAHorizonCountLikeABigOne() {
    at(0, 0);
    assertThat(at(1_000, -200)).isEqualTo(Verdict.TRUSTED);
    assertThat(at(2_000, -400)).isEqualTo(Verdict.TRUSTED);
    assertThat(at(3_000, -600)).isEqualTo(Verdict.PARTED);
  }

  @Test
  void aSlowDriftIsNoStep() {
    for (int second = 0; second < 3_600; second++) {
      // 5 % of the margin in each horizon
      assertThat(at(second * 1_000L, second * 3L)).isEqualTo(Verdict.TRUSTED);
    }
  }

  @Test
  void anAnswerThatTookLongIsNotTakenForAStep() {
    at(0, 0);
    assertThat(at(3_000, 1_400, 1_000)).isEqualTo(Verdict.TRUSTED);
    assertThat(at(4_000, -700, 100)).isEqualTo(Verdict.PARTED);
  }

  @Test
  void afterALongSilenceTheLastReadingStillCounts() {
    at(0, 0);
    assertThat(at(60_000, -5_000)).isEqualTo(Verdict.PARTED);
  }
}
