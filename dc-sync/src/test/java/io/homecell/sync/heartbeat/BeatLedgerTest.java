package io.homecell.sync.heartbeat;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BeatLedgerTest {
  private static final long MILLI = 1_000_000;

  private final BeatLedger beats = new BeatLedger(100);

  @Test
  void lagIsTheTimeOfABeatOnItsWay() {
    assertThat(beats.lag(0)).isEmpty();
    assertThat(beats.send(10 * MILLI)).isEqualTo(100);
    beats.arrived(100, 17 * MILLI);
    assertThat(beats.lag(400 * MILLI)).contains(Duration.ofMillis(7));
    assertThat(beats.caughtUp()).isTrue();
  }

  @Test
  void aStallShowsAsGrowingLag() {
    beats.send(0);
    beats.arrived(100, 5 * MILLI);
    beats.send(500 * MILLI);
    assertThat(beats.lag(503 * MILLI)).contains(Duration.ofMillis(5));
    assertThat(beats.lag(700 * MILLI)).contains(Duration.ofMillis(200));
    beats.send(1_000 * MILLI);
    assertThat(beats.lag(9_500 * MILLI)).contains(Duration.ofSeconds(9));
  }

  @Test
  void aBeatTakesThoseBeforeItWithIt() {
    beats.send(0);
    long second = beats.send(500 * MILLI);
    beats.arrived(second, 510 * MILLI);
    assertThat(beats.lag(600 * MILLI)).contains(Duration.ofMillis(10));
  }

  @Test
  void beatsOfAnEarlierRunSayNothing() {
    beats.send(0);
    beats.arrived(99, MILLI);
    assertThat(beats.caughtUp()).isFalse();
  }

  @Test
  void betweenTwoRunsTheLagGrowsOn() {
    beats.send(0);
    beats.arrived(100, 5 * MILLI);
    beats.runEnded(100 * MILLI);
    assertThat(beats.caughtUp()).isFalse();
    assertThat(beats.lag(700 * MILLI)).contains(Duration.ofMillis(600));
    // Runs that come to nothing change nothing of it.
    long lost = beats.send(800 * MILLI);
    assertThat(beats.onItsWay(900 * MILLI)).contains(Duration.ofMillis(100));
    beats.runEnded(900 * MILLI);
    assertThat(beats.lag(1_100 * MILLI)).contains(Duration.ofSeconds(1));
    beats.arrived(lost, 1_200 * MILLI);
    assertThat(beats.lag(2_100 * MILLI)).contains(Duration.ofSeconds(2));
    beats.arrived(beats.send(3_000 * MILLI), 3_004 * MILLI);
    assertThat(beats.lag(3_100 * MILLI)).contains(Duration.ofMillis(4));
  }

  @Test
  void whatARunLeavesUnderWayCountsFromItsBeginning() {
    beats.runEnded(0);
    assertThat(beats.lag(MILLI)).as("nothing was ever written").isEmpty();
    beats.send(10 * MILLI);
    beats.send(510 * MILLI);
    beats.runEnded(600 * MILLI);
    assertThat(beats.lag(1_010 * MILLI)).contains(Duration.ofSeconds(1));
  }
}
