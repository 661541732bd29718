package io.homecell.core.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.lease.ClockWatch.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LeaseRulesTest {
  private static final Duration LEASE = Duration.ofSeconds(8);
  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678901Z");
  private static final ClockReading READING = new ClockReading(NOW, 0, Duration.ofMillis(1));

  private final LeaseRules rules = new LeaseRules(LEASE, Duration.ofMillis(500));

  @ParameterizedTest
  @CsvSource({
    "TRUSTED,  ACTIVE, extended",
    "TRUSTED,  LOST,   datacenter_lost",
    "TRUSTED,  ,       no_proof",
    "SETTLING, ACTIVE, clock_settling",
    "SETTLING, LOST,   clock_settling",
    "SETTLING, ,       clock_settling",
    "PARTED,   ACTIVE, clock_settling",
  })
  void onlyAProofOverATrustedClockExtends(Verdict clock, State state, String outcome) {
    Optional<DatacenterState> proof =
        Optional.ofNullable(state).map(known -> new DatacenterState(known, 3, 7));
    assertThat(rules.decide(clock, READING, proof, 3).outcome()).isEqualTo(outcome);
  }

  @ParameterizedTest
  @CsvSource({"ACTIVE", "LOST"})
  void aStateOfALowerEpochIsNoProof(State state) {
    Optional<DatacenterState> restored = Optional.of(new DatacenterState(state, 3, 7));
    assertThat(rules.decide(Verdict.TRUSTED, READING, restored, 4).outcome())
        .isEqualTo("epoch_went_back");
  }

  @Test
  void extendsFromTheReadingBeforeTheProof() {
    assertThat(
            rules.decide(
                Verdict.TRUSTED, READING, Optional.of(new DatacenterState(State.ACTIVE, 0, 0)), 0))
        .isEqualTo(new LeaseRules.Extend(NOW.plus(LEASE), "extended"));
  }

  @ParameterizedTest
  @CsvSource({
    "TRUSTED, -99999, ",
    "TRUSTED, 0, ",
    "TRUSTED, 8000, ",
    "TRUSTED, 8500, ",
    "TRUSTED, 8501, clock_stepped_back",
    "SETTLING, 8501, clock_stepped_back",
    "PARTED, 0, clock_parted",
  })
  void closesWhenTheClockIsProvedWrong(Verdict clock, long endsAfterMillis, String outcome) {
    assertThat(rules.mustClose(clock, READING, NOW.plusMillis(endsAfterMillis)))
        .map(LeaseRules.Close::outcome)
        .isEqualTo(Optional.ofNullable(outcome));
  }
}
