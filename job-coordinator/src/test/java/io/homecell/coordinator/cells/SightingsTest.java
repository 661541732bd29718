package io.homecell.coordinator.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What can be said of a cell that is out of sight. */
class SightingsTest {
  private static final Duration LEASE = Duration.ofSeconds(8);
  private static final Instant START = Instant.parse("2026-11-22T03:00:00Z");

  /** The lease and what clocks may part by. */
  private static final Duration WHOLE = LEASE.plusMillis(500);

  private final Sightings sightings = new Sightings(LEASE, 0);

  @Test
  void aLeaseHasNoEndWhileAProcessOfTheCellHasASession() {
    sightings.told(Set.of("north-1"), Set.of(), seconds(1));
    assertThat(sightings.leaseAtMost("north-1", seconds(4))).isEmpty();
    assertThat(sightings.leaseAtMost("south-1", seconds(4))).contains(WHOLE.minusSeconds(4));
  }

  @Test
  void itEndsALeaseAfterTheLastSessionWasSeen() {
    sightings.told(Set.of("north-1"), Set.of(), seconds(20));
    sightings.told(Set.of(), Set.of(), seconds(21));
    assertThat(sightings.leaseAtMost("north-1", seconds(21))).contains(WHOLE.minusSeconds(1));
    sightings.told(Set.of(), Set.of(), seconds(28));
    assertThat(sightings.leaseAtMost("north-1", seconds(28))).contains(Duration.ofMillis(500));
    assertThat(sightings.leaseAtMost("north-1", seconds(29))).contains(Duration.ZERO);
  }

  @Test
  void orALeaseAfterItsDatacenterWasDeclaredLost() {
    sightings.told(Set.of("north-1"), Set.of("north-1"), seconds(20));
    sightings.told(Set.of("north-1"), Set.of("north-1"), seconds(22));
    assertThat(sightings.leaseAtMost("north-1", seconds(22))).contains(WHOLE.minusSeconds(2));
    sightings.told(Set.of("north-1"), Set.of(), seconds(23));
    assertThat(sightings.leaseAtMost("north-1", seconds(23))).isEmpty();
  }

  @Test
  void nothingIsSaidOnOldKnowledge() {
    sightings.told(Set.of(), Set.of(), seconds(20));
    assertThat(sightings.leaseAtMost("north-1", seconds(20))).contains(Duration.ZERO);
    assertThat(sightings.leaseAtMost("north-1", seconds(26))).isEmpty();
  }

  @Test
  void itIsKnownWhenADatabaseAnsweredLast() {
    assertThat(sightings.answeredAgo("north-1", seconds(5))).isEmpty();
    answer(3, 3_000);
    assertThat(sightings.answeredAgo("north-1", seconds(5))).contains(Duration.ofSeconds(2));
  }

  @Test
  void aClockThatIsSteppedIsSeenEvenInSmallSteps() {
    for (int second = 0; second < 30; second++) {
      answer(second, second * 1_000L + 20L * (second % 2));
    }
    assertThat(sightings.clockStep("north-1")).isEmpty();
    answer(30, 29_000);
    assertThat(sightings.clockStep("north-1").orElseThrow().by())
        .isLessThan(Duration.ofMillis(-999));
    Sightings small = new Sightings(LEASE, 0);
    for (int second = 0; second < 7; second++) {
      small.answered("north-1", clock(second, second * 1_100L), START.plusSeconds(second));
    }
    assertThat(small.clockStep("north-1").orElseThrow().at()).isEqualTo(START.plusSeconds(6));
  }

  private void answer(long second, long databaseMillis) {
    sightings.answered("north-1", clock(second, databaseMillis), START.plusSeconds(second));
  }

  private static Sightings.Clock clock(long second, long databaseMillis) {
    return new Sightings.Clock(
        START.plusMillis(databaseMillis), seconds(second), Duration.ofMillis(1));
  }

  private static long seconds(long seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
