package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.WaveFacts.Carrier;
import io.homecell.core.route.SlotFigures;
import java.util.List;
import org.junit.jupiter.api.Test;

class WaveJudgeTest {
  private static final Direction BACK = new Direction("south-1", "north-1");

  private static List<String> judged(long requests, long failed, long slow, Carrier carrier) {
    return WaveJudge.findings(
        new WaveFacts(new SlotFigures(requests, failed, slow), List.of(), List.of(carrier)),
        WaveLimits.standard());
  }

  private static List<String> judged(long requests, long failed, long slow) {
    return judged(requests, failed, slow, new Carrier(BACK, "STREAMING", 3));
  }

  @Test
  void whatIsWithinItsLimitsIsFine() {
    assertThat(judged(0, 0, 0)).isEmpty();
    assertThat(judged(1_000, 10, 50)).isEmpty();
    assertThat(judged(30, 2, 2)).as("two may be an accident").isEmpty();
  }

  @Test
  void tooManyFailedOrSlowOnesAreFound() {
    assertThat(judged(1_000, 11, 0))
        .containsExactly("11 of 1000 requests failed, 1.1 % (expected: at most 1.0)");
    assertThat(judged(100, 0, 6))
        .containsExactly("6 of 100 requests took more than 1000 ms, 6.0 % (expected: at most 5.0)");
    assertThat(judged(30, 3, 0)).hasSize(1);
    assertThat(judged(1, 1, 0)).as("the only one failed").hasSize(1);
  }

  @Test
  void aWayBackThatDoesNotCarryIsFound() {
    assertThat(judged(9, 0, 0, new Carrier(BACK, "STREAMING", 2_000))).isEmpty();
    assertThat(judged(9, 0, 0, new Carrier(BACK, "STREAMING", 2_001)))
        .containsExactly("pipeline south-1 -> north-1 is 2001 ms behind (expected: at most 2000)");
    assertThat(judged(9, 0, 0, new Carrier(BACK, "BROKEN", 0)))
        .containsExactly("pipeline south-1 -> north-1 is BROKEN (expected: STREAMING)");
  }

  @Test
  void aRouterThatCanNotBeAskedIsFound() {
    WaveFacts facts =
        new WaveFacts(SlotFigures.NONE, List.of("n.router can't be asked: refused"), List.of());
    assertThat(WaveJudge.findings(facts, WaveLimits.standard()))
        .containsExactly("router n.router can't be asked: refused");
  }

  @Test
  void aRouterThatWasStartedAnewBeginsAtNothing() {
    assertThat(new SlotFigures(5, 1, 1).since(new SlotFigures(9, 0, 0)))
        .isEqualTo(new SlotFigures(5, 1, 1));
    assertThat(new SlotFigures(15, 1, 1).since(new SlotFigures(9, 0, 1)))
        .isEqualTo(new SlotFigures(6, 1, 0));
  }
}
