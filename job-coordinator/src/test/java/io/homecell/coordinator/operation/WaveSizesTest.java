package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WaveSizesTest {
  private static final Duration WATCH = Duration.ofSeconds(10);

  private static WaveSizes sizes(String text) {
    return WaveSizes.parse(text, WATCH);
  }

  @Test
  void numbersAndPercentAreWhatHasMovedAfterEachWave() {
    assertThat(sizes("1,10%,100%").ends(512)).containsExactly(1, 52, 512);
    assertThat(sizes("1,10%,100%").problem(512)).isEmpty();
    assertThat(sizes("3, 10").problem(10)).isEmpty();
  }

  @Test
  void everythingThatIsNoSizeIsNamed() {
    assertThatThrownBy(() -> sizes("1,,0,101%,-3,x,100%"))
        .hasMessageContaining("waves: '', '0', '101%', '-3', 'x' (expected: numbers of slots");
    assertThatThrownBy(() -> sizes("")).hasMessageContaining("waves: ''");
    assertThatThrownBy(() -> sizes("1,".repeat(20) + "100%")).hasMessageContaining("at most 20");
    assertThatThrownBy(() -> WaveSizes.parse("100%", Duration.ofMillis(999)))
        .hasMessageContaining("wave-watch: 999 ms (expected: 1 s to 10 min)");
    assertThatThrownBy(() -> WaveSizes.parse("100%", Duration.ofMinutes(11)))
        .hasMessageContaining("expected: 1 s to 10 min");
  }

  @Test
  void wavesThatDoNotGrowOrEndEarlyAreRefusedWithTheirFigures() {
    assertThat(sizes("5,10%,100%").problem(20).orElseThrow().toString())
        .startsWith("WAVES_NOT_GROWING: 5,10%,100% of 20 slots are [5, 2, 20]");
    assertThat(sizes("1,1%,100%").problem(50)).isPresent();
    assertThat(sizes("1,50%").problem(10).orElseThrow().toString())
        .startsWith("WAVES_NOT_WHOLE: 1,50% of 10 slots end with 5");
    assertThat(sizes("1,50%").problem(10).orElseThrow().name()).hasToString("WAVES_NOT_WHOLE");
    assertThat(sizes("2,1,100%").problem(10).orElseThrow().name()).hasToString("WAVES_NOT_GROWING");
    assertThat(sizes("1,20").problem(10).orElseThrow().name())
        .isEqualTo(RefusalName.WAVES_NOT_WHOLE);
  }

  /** Whatever the moves are: each slot is in one wave, with its epoch and its sides. */
  @Property(tries = 300)
  void wavesAreTheMovesDivided(
      @ForAll @IntRange(min = 1, max = 60) int first,
      @ForAll @IntRange(min = 1, max = 60) int second,
      @ForAll @IntRange(min = 1, max = 100) int percent) {
    List<Move> moves =
        List.of(
            new Move("n-1", "n", "s-1", "s", List.of(new SlotRun(new SlotRange(0, first - 1), 3))),
            new Move(
                "n-2", "n", "s-2", "s", List.of(new SlotRun(new SlotRange(100, 99 + second), 7))));
    int all = first + second;
    TreeSet<Integer> ends = new TreeSet<>(List.of(1, (all * percent + 99) / 100, all));
    List<List<Move>> waves = WaveCut.cut(moves, List.copyOf(ends));
    assertThat(waves).hasSameSizeAs(ends);
    int moved = 0;
    int index = 0;
    TreeSet<Integer> seen = new TreeSet<>();
    for (int end : ends) {
      for (Move move : waves.get(index)) {
        moved += move.size();
        assertThat(move.epochsBefore().values())
            .containsOnly(move.source().equals("n-1") ? 3L : 7L);
        assertThat(move.slots()).allMatch(slot -> slot >= 100 == move.source().equals("n-2"));
        seen.addAll(move.slots());
      }
      assertThat(moved).isEqualTo(end);
      index++;
    }
    assertThat(seen).hasSize(all);
    // Each cell gives its share, so that the whole is judged by the part.
    long ofFirst = seen.headSet(100).size();
    assertThat(ofFirst).isEqualTo(first);
  }

  @Test
  void aWaveTakesItsShareOfEveryCell() {
    List<Move> moves =
        List.of(
            new Move("n-1", "n", "s-1", "s", List.of(new SlotRun(new SlotRange(0, 9), 1))),
            new Move("n-2", "n", "s-2", "s", List.of(new SlotRun(new SlotRange(10, 29), 1))));
    assertThat(WaveCut.cut(moves, List.of(3, 30)).get(0).toString())
        .isEqualTo("[n-1->s-1:0@1, n-2->s-2:10-11@1]");
  }

  /** What counts as moved just now: {@code PastMoves}. */
  @Test
  void aWaveThatGoesBackHasBeenMovedAndIsNotDone() {
    List<List<Move>> planned =
        WaveCut.cut(
            List.of(new Move("n-1", "n", "s-1", "s", List.of(new SlotRun(new SlotRange(0, 9), 1)))),
            List.of(1, 5, 10));
    Waves first = Waves.planned(planned, WATCH);
    assertThat(first.made()).isEmpty();
    Waves second = first.published().next().published();
    assertThat(second.made().toString()).isEqualTo("[n-1->s-1:0@1, n-1->s-1:1-4@1]");
    Waves returned = second.turnedBack().published();
    assertThat(returned.done().toString()).isEqualTo("[n-1->s-1:0@1]");
    assertThat(returned.made()).isEqualTo(second.made());
  }
}
