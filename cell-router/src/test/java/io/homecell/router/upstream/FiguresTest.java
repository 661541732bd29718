package io.homecell.router.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FiguresTest {
  @ParameterizedTest
  @CsvSource({
    // answers, failures, mean in ms; the same of the others
    "100, 0,  2,    300, 0,   2,    AS_OTHERS",
    "100, 60, 2,    300, 3,   2,    FAILS",
    "100, 40, 2,    300, 3,   2,    AS_OTHERS",
    "100, 60, 2,    300, 120, 2,    AS_OTHERS",
    "100, 100, 2,   300, 300, 2,    AS_OTHERS",
    "19,  19, 2,    300, 0,   2,    AS_OTHERS",
    "100, 60, 2,    19,  0,   2,    AS_OTHERS",
    "100, 0,  2000, 300, 0,   2,    SLOW",
    "100, 0,  20,   300, 0,   2,    AS_OTHERS",
    "100, 0,  2000, 300, 0,   1000, AS_OTHERS",
    "100, 0,  4000, 300, 0,   1000, SLOW",
    "0,   0,  0,    300, 0,   2,    AS_OTHERS",
    "100, 0,  2000, 0,   0,   0,    AS_OTHERS",
  })
  void whoStandsOut(
      int answers,
      int failures,
      long millis,
      int othersAnswers,
      int othersFailures,
      long othersMillis,
      Figures.Verdict verdict) {
    Figures own = new Figures(answers, failures, answers * millis * 1_000_000);
    Figures others =
        new Figures(othersAnswers, othersFailures, othersAnswers * othersMillis * 1_000_000);
    assertThat(own.among(others)).isEqualTo(verdict);
  }
}
