package io.homecell.router.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
  private static final long SECOND = 1_000_000_000;

  private static int taken(RetryBudget budget, int wanted, long now) {
    int taken = 0;
    for (int i = 0; i < wanted; i++) {
      taken += budget.tryTake(now) ? 1 : 0;
    }
    return taken;
  }

  @Test
  void aFifthOfTheRequestsAndAFewMore() {
    RetryBudget budget = RetrySettings.standard().budget(2, 0);
    assertThat(taken(budget, 1_000, 0)).as("saved up").isEqualTo(50);
    for (int i = 0; i < 100; i++) {
      budget.came();
    }
    assertThat(taken(budget, 1_000, 0)).isBetween(19, 20);
    assertThat(taken(budget, 1_000, SECOND)).as("of a quiet router").isBetween(5, 6);
    for (int i = 0; i < 100_000; i++) {
      budget.came();
    }
    assertThat(taken(budget, 1_000, SECOND)).as("no more is saved up").isEqualTo(50);
  }

  @Property
  void neverMoreThanItSays(@ForAll @Size(max = 500) List<@IntRange(max = 2_000) Integer> steps) {
    RetryBudget budget = new RetryBudget(0.2, 5, 50, 0);
    long now = 0;
    int came = 0;
    int taken = 0;
    for (int step : steps) {
      if (step % 2 == 0) {
        came++;
        budget.came();
      } else {
        now += step * SECOND / 10_000;
        taken += taken(budget, step % 9, now);
      }
    }
    assertThat((double) taken).isLessThanOrEqualTo(50 + 0.2 * came + 5.0 * now / SECOND + 1e-6);
  }

  @Test
  void aBudgetOfNothingIsRefused() {
    assertThatThrownBy(() -> new RetryBudget(0.2, 5, 0, 0)).hasMessageContaining("atOnce: 0");
  }
}
