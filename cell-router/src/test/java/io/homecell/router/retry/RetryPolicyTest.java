package io.homecell.router.retry;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.retry.RetryPolicy.History;
import io.homecell.router.retry.RetryPolicy.Verdict;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPolicyTest {
  private static final Duration DEADLINE = Duration.ofSeconds(5);
  private final RetryPolicy policy = new RetryPolicy(DEADLINE, 8);

  @ParameterizedTest
  @CsvSource({
    // outcome, times, unsafe, body complete, age in ms, status given up with (0 = sent again)
    "MISDIRECTED,   1, true,  true,  10,   0",
    "MISDIRECTED,   8, true,  true,  10,   0",
    "MISDIRECTED,   9, true,  true,  10,   503",
    "MISDIRECTED,   1, true,  false, 10,   503",
    "MISDIRECTED,   1, true,  true,  5000, 503",
    "NOT_EXECUTED,  1, true,  true,  10,   0",
    "NOT_EXECUTED,  2, true,  true,  10,   503",
    "NOT_EXECUTED,  1, true,  false, 10,   503",
    "NOT_EXECUTED,  1, true,  true,  4950, 503",
    "OVERLOADED,    1, true,  true,  10,   503",
    "OVERLOADED,    1, false, true,  10,   503",
    "NOT_CONNECTED, 1, true,  true,  10,   0",
    "NOT_CONNECTED, 2, true,  true,  10,   503",
    "NOT_CONNECTED, 2, false, true,  10,   503",
    "BROKEN,        1, true,  true,  10,   502",
    "BROKEN,        1, false, true,  10,   0",
    "BROKEN,        2, false, true,  10,   502",
    "BROKEN,        1, false, false, 10,   502",
    "TIMED_OUT,     1, true,  true,  10,   504",
    "TIMED_OUT,     1, false, true,  10,   504",
  })
  void verdicts(Outcome outcome, int times, boolean unsafe, boolean body, long age, int status) {
    History history = History.fresh(unsafe);
    for (int i = 0; i < times; i++) {
      history = history.with(outcome, body, Duration.ofMillis(age));
    }
    Verdict verdict = policy.after(outcome, history);
    if (status == 0) {
      assertThat(verdict).isInstanceOf(Verdict.Retry.class);
    } else {
      assertThat(verdict)
          .isInstanceOfSatisfying(
              Verdict.GiveUp.class,
              giveUp -> {
                assertThat(giveUp.refusal().status()).isEqualTo(status);
                assertThat(giveUp.refusal().retryAfterSeconds().isPresent())
                    .as("only what had no effect may be sent again")
                    .isEqualTo(status == 503);
              });
    }
  }

  /** Whatever happens, it ends: bounded attempts, none after the deadline. */
  @Property
  void ends(
      @ForAll @Size(min = 40, max = 40) List<@IntRange(min = 0, max = 5) Integer> outcomes,
      @ForAll boolean unsafe) {
    History history = History.fresh(unsafe);
    Duration age = Duration.ZERO;
    int sent = 0;
    for (int index : outcomes) {
      sent++;
      Outcome outcome = Outcome.values()[index];
      history = history.with(outcome, true, age);
      Verdict verdict = policy.after(outcome, history);
      if (verdict instanceof Verdict.GiveUp) {
        assertThat(sent).isLessThanOrEqualTo(12);
        return;
      }
      assertThat(unsafe && outcome == Outcome.BROKEN).isFalse();
      age = age.plus(((Verdict.Retry) verdict).after());
      assertThat(age).isLessThan(DEADLINE);
    }
    throw new AssertionError("never ended");
  }
}
