package io.homecell.account.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
  private final Backoff backoff = new Backoff();

  /** Fails at a moment and returns the moment at which the pause ends. */
  private long pauseEnd(long now) {
    backoff.failed("south-1", now);
    long end = now;
    while (backoff.isPaused("south-1", end)) {
      end += Duration.ofMillis(1).toNanos();
    }
    return end;
  }

  @Test
  void pausesGrowUpToABoundAndEndWithASuccess() {
    long now = Long.MAX_VALUE - Duration.ofSeconds(3).toNanos(); // nanoTime may overflow
    long[] expectedMillis = {200, 400, 800, 1_600, 3_200, 5_000, 5_000};
    for (long millis : expectedMillis) {
      long end = pauseEnd(now);
      assertThat(Duration.ofNanos(end - now)).isEqualTo(Duration.ofMillis(millis));
      now = end;
    }
    backoff.succeeded("south-1");
    assertThat(backoff.isPaused("south-1", now)).isFalse();
    assertThat(Duration.ofNanos(pauseEnd(now) - now)).isEqualTo(Backoff.FIRST);
  }

  @Test
  void failuresWithinAPauseAreThatPause() {
    backoff.failed("south-1", 0);
    for (int i = 0; i < 8; i++) {
      backoff.failed("south-1", i);
    }
    assertThat(backoff.isPaused("south-1", Backoff.FIRST.toNanos())).isFalse();
    assertThat(backoff.isPaused("north-1", 0)).isFalse();
  }
}
