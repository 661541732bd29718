package io.homecell.router.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FrameBudgetTest {
  @Test
  void eachWindowHasItsOwn() {
    FrameBudget budget = new FrameBudget(2, 100, 1_000);
    assertThat(budget.take(1_000)).isTrue();
    assertThat(budget.take(1_099)).isTrue();
    assertThat(budget.take(1_099)).isFalse();
    assertThat(budget.take(1_100)).as("the next window").isTrue();
    assertThat(budget.take(1_150)).isTrue();
    assertThat(budget.take(1_150)).isFalse();
  }
}
