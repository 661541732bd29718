package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class StallClockTest {
  private static final long SECOND = 1_000_000_000;

  private final StallClock clock = new StallClock();

  @Test
  void itRunsWhileSomethingWaitsAndNothingIsCommitted() {
    clock.committed(0);
    assertThat(clock.stalledFor(50 * SECOND)).isEmpty(); // nothing to do is no stall
    clock.look(true, 50 * SECOND);
    clock.look(true, 55 * SECOND);
    assertThat(clock.stalledFor(62 * SECOND)).contains(Duration.ofSeconds(12));
    clock.committed(63 * SECOND);
    assertThat(clock.stalledFor(65 * SECOND)).contains(Duration.ofSeconds(2));
    clock.look(false, 66 * SECOND);
    assertThat(clock.stalledFor(90 * SECOND)).isEmpty();
  }

  @Test
  void itGoesOnOverARestartAndBeginsAnewBehindALongPause() {
    clock.look(true, SECOND);
    clock.look(true, 31 * SECOND);
    clock.look(false, 32 * SECOND);
    clock.look(true, 33 * SECOND);
    assertThat(clock.stalledFor(34 * SECOND)).contains(Duration.ofSeconds(33));
    clock.look(false, 35 * SECOND);
    clock.look(true, 100 * SECOND); // its source was away, say
    assertThat(clock.stalledFor(101 * SECOND)).contains(Duration.ofSeconds(1));
  }

  @Test
  void whatIsCommittedBetweenTwoLooksEndsIt() {
    clock.look(true, SECOND);
    clock.committed(20 * SECOND);
    clock.look(true, 21 * SECOND);
    assertThat(clock.stalledFor(22 * SECOND)).contains(Duration.ofSeconds(2));
    clock.look(false, 23 * SECOND);
    clock.look(true, 24 * SECOND);
    assertThat(clock.stalledFor(25 * SECOND)).contains(Duration.ofSeconds(1));
  }
}
