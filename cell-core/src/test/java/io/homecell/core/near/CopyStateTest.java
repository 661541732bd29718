package io.homecell.core.near;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.near.NearVerdict.Answers;
import io.homecell.core.near.NearVerdict.Reason;
import io.homecell.core.near.NearVerdict.Refuses;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** South's copy of north's slot 1; slot 2 is south's own. Times in milliseconds. */
class CopyStateTest {
  private static final String NORTH = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String OLD = "4e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String COMPLETE = NORTH + ":1-100";
  private static final String GAP = NORTH + ":1-80:82-100";
  private static final Duration BOUND = Duration.ofSeconds(2);
  private static final Optional<String> NO_WRITE = Optional.empty();

  private static CopySample sample(
      long atMillis, long clockMillis, long beatMillis, String before, String after) {
    return sample(
        atMillis, clockMillis, beatMillis, before, after, true, Map.of(1, "north-1", 2, "south-1"));
  }

  private static CopySample sample(
      long atMillis,
      long clockMillis,
      long beatMillis,
      String before,
      String after,
      boolean usable,
      Map<Integer, String> owners) {
    return new CopySample(
        atMillis * 1_000_000,
        clockMillis * 1_000,
        usable,
        ExecutedGtids.parse(before),
        Map.of("north-1", beatMillis * 1_000, "south-1", clockMillis * 1_000),
        Map.of("north-1", Set.of(NORTH), "south-1", Set.of("other")),
        owners,
        ExecutedGtids.parse(after));
  }

  private static CopyState seen(CopySample... samples) {
    CopyState state = CopyState.of("south-1", 0);
    for (CopySample sample : samples) {
      state = state.with(sample);
    }
    return state;
  }

  private static NearVerdict judge(CopyState state, int slot, long atMillis) {
    return state.judge(slot, BOUND, NO_WRITE, atMillis * 1_000_000);
  }

  private static NearVerdict answers(long millis) {
    return new Answers(Duration.ofMillis(millis));
  }

  private static NearVerdict refuses(Reason reason) {
    return new Refuses(reason);
  }

  @Test
  void theAgeIsThatOfTheBeatAndGrowsAfterTheSample() {
    CopyState state = seen(sample(0, 10_300, 10_000, COMPLETE, COMPLETE));
    assertThat(judge(state, 1, 0)).isEqualTo(answers(300));
    assertThat(state.isWaiting()).isFalse();
    assertThat(judge(state, 1, 50)).isEqualTo(answers(350));
    assertThat(judge(state, 1, 1_700)).isEqualTo(answers(2_000));
    assertThat(judge(state, 1, 1_701)).isEqualTo(refuses(Reason.BEHIND));
  }

  @Test
  void whatIsOwnedHereIsAsOldAsTheSample() {
    CopyState state = seen(sample(0, 10_000, 1, COMPLETE, COMPLETE));
    assertThat(judge(state, 2, 60)).isEqualTo(answers(60));
    assertThat(judge(state, 1, 60)).isEqualTo(refuses(Reason.BEHIND));
  }

  @Test
  void nothingIsKnownWithoutASampleLeaseOwnerOrServer() {
    assertThat(judge(CopyState.of("south-1", 0), 1, 0)).isEqualTo(refuses(Reason.UNKNOWN));
    CopySample good = sample(0, 10_000, 9_900, COMPLETE, COMPLETE);
    assertThat(judge(seen(good), 1, 0)).isEqualTo(answers(100));
    CopySample fenced =
        sample(1, 10_001, 9_900, COMPLETE, COMPLETE, false, Map.of(1, "north-1", 2, "south-1"));
    assertThat(judge(seen(good, fenced), 1, 1)).isEqualTo(refuses(Reason.UNKNOWN));
    assertThat(judge(seen(good, fenced), 2, 1)).isEqualTo(refuses(Reason.UNKNOWN));
    CopySample closed = sample(1, 10_001, 9_900, COMPLETE, COMPLETE, true, Map.of(2, "south-1"));
    assertThat(judge(seen(good, closed), 1, 1)).isEqualTo(refuses(Reason.UNKNOWN));
    CopySample third =
        sample(1, 10_001, 9_900, COMPLETE, COMPLETE, true, Map.of(1, "east-1", 2, "south-1"));
    assertThat(judge(seen(good, third), 1, 1))
        .as("no beat of the new owner")
        .isEqualTo(refuses(Reason.UNKNOWN));
    CopySample serverless =
        new CopySample(
            0,
            10_000_000,
            true,
            good.before(),
            good.beatMicros(),
            Map.of(),
            good.openOwners(),
            good.after());
    assertThat(judge(seen(serverless), 1, 0)).isEqualTo(refuses(Reason.UNKNOWN));
  }

  @Test
  void aBeatThatOvertookATransactionProvesNothing() {
    CopyState refused = seen(sample(0, 10_000, 9_900, GAP, GAP));
    assertThat(judge(refused, 1, 0)).isEqualTo(refuses(Reason.UNKNOWN));
    // The last proven beat is what counts while a gap stays, whatever arrives.
    CopyState state = seen(sample(0, 10_000, 9_900, COMPLETE, COMPLETE));
    String gap = NORTH + ":1-100:102-110";
    for (int i = 1; i <= 19; i++) {
      state = state.with(sample(i * 100, 10_000 + i * 100, 9_900 + i * 100, gap, gap));
      assertThat(judge(state, 1, i * 100)).isEqualTo(answers(100 + i * 100));
    }
    state = state.with(sample(2_000, 12_000, 11_900, gap, gap));
    assertThat(judge(state, 1, 2_000)).isEqualTo(refuses(Reason.BEHIND));
    // It is filled: the beat that waited longest is proven, the newest is not yet.
    state = state.with(sample(2_100, 12_100, 12_000, NORTH + ":1-110", NORTH + ":1-120:122-130"));
    assertThat(judge(state, 1, 2_100)).isEqualTo(refuses(Reason.BEHIND));
    state = state.with(sample(2_200, 12_200, 12_100, NORTH + ":1-130", NORTH + ":1-140:142-150"));
    assertThat(judge(state, 1, 2_200)).isEqualTo(answers(200));
  }

  @Test
  void inABusyCellTheNextSampleProvesABeat() {
    CopyState state = seen(sample(0, 10_000, 9_900, NORTH + ":1-80:82-90", NORTH + ":1-85:88-95"));
    assertThat(judge(state, 1, 0)).isEqualTo(refuses(Reason.UNKNOWN));
    assertThat(state.isWaiting()).isTrue();
    state = state.with(sample(100, 10_100, 10_050, NORTH + ":1-95:97", NORTH + ":1-95:97-99"));
    assertThat(judge(state, 1, 100)).isEqualTo(answers(200));
  }

  @Test
  void everyServerThatTheOwnerHasHadCounts() {
    CopySample good = sample(0, 10_000, 9_900, COMPLETE, COMPLETE);
    CopySample two =
        new CopySample(
            0,
            good.clockMicros(),
            true,
            ExecutedGtids.parse(COMPLETE + "," + OLD + ":1-5:7"),
            good.beatMicros(),
            Map.of("north-1", Set.of(NORTH, OLD)),
            good.openOwners(),
            ExecutedGtids.parse(COMPLETE + "," + OLD + ":1-5:7"));
    assertThat(judge(seen(two), 1, 0)).isEqualTo(refuses(Reason.UNKNOWN));
  }

  @Test
  void aWriteThatIsNamedMustBeHere() {
    CopyState state = seen(sample(0, 10_000, 9_900, COMPLETE, COMPLETE));
    Map<String, NearVerdict> expected =
        Map.of(
            NORTH + ":100",
            answers(100),
            NORTH + ":1-100",
            answers(100),
            NORTH + ":101",
            refuses(Reason.LACKS_WRITE),
            NORTH + ":100-101",
            refuses(Reason.LACKS_WRITE),
            OLD + ":1",
            refuses(Reason.LACKS_WRITE),
            "nonsense",
            refuses(Reason.LACKS_WRITE),
            "",
            refuses(Reason.LACKS_WRITE));
    expected.forEach(
        (token, verdict) ->
            assertThat(state.judge(1, BOUND, Optional.of(token), 0)).as(token).isEqualTo(verdict));
    assertThat(state.judge(1, Duration.ZERO, Optional.of(NORTH + ":1"), 0))
        .isEqualTo(refuses(Reason.BEHIND));
  }

  @Test
  void aClockThatIsAheadMakesCopiesOlderForSomeMinutes() {
    // North's clock is 400 ms ahead: a beat is seen 150 ms after it was made, from the future.
    CopyState state = seen(sample(0, 10_000, 10_250, COMPLETE, COMPLETE));
    assertThat(judge(state, 1, 0)).isEqualTo(answers(250));
    // It stays at that beat: the true age is 150 + 1000, what is told must not be less.
    state = state.with(sample(1_000, 11_000, 10_250, COMPLETE, COMPLETE));
    assertThat(judge(state, 1, 1_000)).isEqualTo(answers(750 + 250));
    long period = CopyState.LEAD_KEPT.toMillis();
    long clock = 10_000;
    for (long at : new long[] {period + 1, 2 * period}) {
      state = state.with(sample(at, clock + at, clock + at - 100, COMPLETE, COMPLETE));
      assertThat(judge(state, 1, at)).as("at " + at).isEqualTo(answers(350));
    }
    long later = 2 * period + 2;
    state = state.with(sample(later, clock + later, clock + later - 100, COMPLETE, COMPLETE));
    assertThat(judge(state, 1, later)).isEqualTo(answers(100));
  }
}
