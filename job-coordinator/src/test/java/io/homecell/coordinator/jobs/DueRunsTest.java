package io.homecell.coordinator.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which runs are due, by tables; times are minutes and seconds of one hour. */
class DueRunsTest {
  private static final String EACH_10_S = "*/10 * * * * ?";

  @ParameterizedTest(name = "{0} runs {1} at {2}")
  @CsvSource({
    // began, runs so far (D done, F failed, R running), now, due
    "00:01, '', 00:09, ''",
    "00:01, '', 00:10, '00:10'",
    "00:01, '', 00:35, '00:10 00:20 00:30'",
    "00:10, '', 00:10, ''",
    "00:01, '00:10D', 00:19, ''",
    "00:01, '00:10D', 00:20, '00:20'",
    // missed while nobody owned the job
    "00:01, '00:10D 00:20D', 01:00, '00:30 00:40 00:50 01:00'",
    // what a killed process or a failure has left comes first
    "00:01, '00:10D 00:20R', 00:31, '00:20 00:30'",
    "00:01, '00:10F 00:20D', 00:25, '00:10'",
    // records come in any order
    "00:01, '00:20D 00:10D', 00:25, ''",
  })
  void catchesUp(String began, String runs, String now, String due) {
    assertThat(DueRuns.of(EACH_10_S, true).due(at(began), runs(runs), at(now)))
        .isEqualTo(times(due));
  }

  @ParameterizedTest(name = "{0} runs {1} at {2}")
  @CsvSource({
    "00:01, '', 00:35, '00:30'",
    "00:01, '00:10D 00:20F', 00:29, ''",
    "00:01, '00:10D 00:20R', 01:00, '01:00'",
  })
  void runsOnlyTheNewestWithoutCatchUp(String began, String runs, String now, String due) {
    assertThat(DueRuns.of(EACH_10_S, false).due(at(began), runs(runs), at(now)))
        .isEqualTo(times(due));
  }

  @Test
  void giveUpAfterTheLastAttempt() {
    JobRun failed = run("00:10F", DueRuns.ATTEMPTS_MAX);
    assertThat(DueRuns.of(EACH_10_S, true).due(at("00:01"), List.of(failed), at("00:15")))
        .isEmpty();
  }

  @Test
  void aLongPauseIsMadeUpForByTheLastRunsOnly() {
    List<Instant> due = DueRuns.of("* * * * * ?", true).due(at("00:00"), List.of(), at("50:00"));
    assertThat(due).hasSize(DueRuns.MISSED_MAX).endsWith(at("50:00"));
  }

  @Test
  void aRunIsNamedByAWholeSecond() {
    assertThat(DueRuns.of("* * * * * ?", true).next(Instant.parse("2026-11-22T01:59:59.300Z")))
        .isEqualTo(Optional.of(Instant.parse("2026-11-22T02:00:00Z")));
  }

  @Test
  void theScheduleIsInUtc() {
    assertThat(DueRuns.of("0 0 2 * * ?", true).next(Instant.parse("2026-11-22T01:59:59Z")))
        .isEqualTo(Optional.of(Instant.parse("2026-11-22T02:00:00Z")));
  }

  private static Instant at(String minuteSecond) {
    return Instant.parse("2026-11-22T10:" + minuteSecond + "Z");
  }

  private static List<Instant> times(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(" ", -1)).map(DueRunsTest::at).toList();
  }

  private static List<JobRun> runs(String text) {
    return text.isBlank()
        ? List.of()
        : Arrays.stream(text.split(" ", -1)).map(one -> run(one, 1)).toList();
  }

  private static JobRun run(String text, int attempt) {
    JobRun.State state =
        switch (text.charAt(5)) {
          case 'D' -> JobRun.State.DONE;
          case 'F' -> JobRun.State.FAILED;
          default -> JobRun.State.RUNNING;
        };
    Instant due = at(text.substring(0, 5));
    return new JobRun(
        due, due, Optional.empty(), "north", Optional.empty(), "c", 1, attempt, state, "");
  }
}
