package io.homecell.coordinator.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class CellComparisonTest {
  @Test
  void equalCellsHaveNoDifference() {
    assertThat(
            CellComparison.differences(
                Map.of("a", Map.of("account.account", "1"), "b", Map.of("account.account", "1"))))
        .isEmpty();
  }

  @Test
  void aTableThatDiffersOrIsMissingIsNamed() {
    assertThat(
            CellComparison.differences(
                Map.of(
                    "a", Map.of("account.account", "1", "trade.orders", "7"),
                    "b", Map.of("account.account", "2"))))
        .containsExactly(
            "account.account differs: {a=1, b=2}", "trade.orders differs: {a=7, b=missing}");
  }
}
