package io.homecell.benchmarks.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  private static final List<Measured> NGINX =
      List.of(
          new Measured(40_000, 10, 1, 4),
          new Measured(20_000, 10, 2, 8),
          new Measured(40_000, 10, 1, 4));

  private static List<String> verdicts(Map<PeerKind, List<Measured>> rounds) {
    return new Comparison(rounds)
        .bars().stream().map(bar -> bar.toString().replaceAll(".*: ", "")).toList();
  }

  @Test
  void ratiosAreTakenWithinARound() {
    List<Measured> router =
        List.of(
            new Measured(36_000, 14, 1, 6),
            // as slow as nginx was in this round
            new Measured(18_000, 14, 2, 12),
            new Measured(36_000, 14, 1, 6));
    List<Measured> scg =
        List.of(
            new Measured(12_000, 60, 6, 30),
            new Measured(6_000, 60, 9, 50),
            new Measured(12_000, 60, 6, 30));
    assertThat(
            verdicts(
                Map.of(PeerKind.NGINX, NGINX, PeerKind.CELL_ROUTER, router, PeerKind.SCG, scg)))
        .containsExactly("0.900, met", "1.400, met", "3.000, met", "1.500, met");
  }

  @Test
  void whatIsJustNotEnoughIsMissedAndWhatWasNotMeasuredSaysSo() {
    List<Measured> router = List.of(new Measured(35_900, 14.1, 1, 6.1));
    assertThat(verdicts(Map.of(PeerKind.NGINX, NGINX.subList(0, 1), PeerKind.CELL_ROUTER, router)))
        .containsExactly("0.898, MISSED", "1.410, MISSED", "not measured", "1.525, MISSED");
  }

  @Test
  void everySlotHasUsersAndEachCellItsRunOfSlots() {
    RoutedSet set =
        new RoutedSet(
            1_024,
            2_048,
            List.of(new RoutedSet.Cell("north-1", 1), new RoutedSet.Cell("north-2", 2)));
    List<String> lines = set.map(";").lines().toList();
    assertThat(lines).hasSize(2_048);
    assertThat(lines.get(511)).isEqualTo((1L << 40) + 511 + " north-1;");
    assertThat(lines.get(512)).isEqualTo((1L << 40) + 512 + " north-2;");
    assertThat(lines.get(1_024)).isEqualTo((1L << 40) + 1_024 + " north-1;");
  }
}
