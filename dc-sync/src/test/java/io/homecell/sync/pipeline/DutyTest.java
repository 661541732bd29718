package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DutyTest {
  @ParameterizedTest
  @CsvSource({
    // leader, ever reached, patience over, duty
    "me,    true,  false, RUN",
    "me,    true,  true,  RUN",
    "other, true,  false, STAND_BY",
    "other, true,  true,  STAND_BY",
    // cut off, or an election under way: whoever runs goes on, whoever stands by waits
    ",      true,  false, AS_BEFORE",
    ",      true,  true,  AS_BEFORE",
    // never reached: replication does not wait for the coordination service
    ",      false, false, AS_BEFORE",
    ",      false, true,  RUN",
  })
  void whatIsDone(String leader, boolean reached, boolean patienceOver, Duty duty) {
    assertThat(Duty.of(Optional.ofNullable(leader), "me", reached, patienceOver)).isEqualTo(duty);
  }
}
