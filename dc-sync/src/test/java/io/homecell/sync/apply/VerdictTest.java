package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.position.ReplicationHaltedException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final Optional<String> NORTH = Optional.of("north-1");

  @Test
  void whatTheTargetHasExecutedIsSkippedWhateverElseHolds() {
    assertThat(Verdict.of(false, Optional.empty(), Set.of(1), Map.of()))
        .isEqualTo(new Verdict.Skip());
    assertThat(Verdict.of(false, NORTH, Set.of(1), Map.of(1, "south-1")))
        .isEqualTo(new Verdict.Skip());
  }

  @Test
  void theOwnersTransactionIsApplied() {
    assertThat(Verdict.of(true, NORTH, Set.of(1, 2), Map.of(1, "north-1", 2, "north-1")))
        .isEqualTo(new Verdict.Apply());
  }

  @Test
  void withoutSlotsNobodysLeaveIsNeeded() {
    assertThat(Verdict.of(true, Optional.empty(), Set.of(), Map.of()))
        .isEqualTo(new Verdict.Apply());
  }

  @Test
  void oneSlotOfAnotherOwnerStrandsTheWholeTransaction() {
    Verdict verdict = Verdict.of(true, NORTH, Set.of(1, 2), Map.of(1, "north-1", 2, "south-1"));
    assertThat(verdict)
        .isInstanceOfSatisfying(
            Verdict.Strand.class,
            strand -> assertThat(strand.owners()).containsExactly(Map.entry(2, "south-1")));
  }

  @Test
  void anUnknownOriginOrSlotIsNeverGuessed() {
    assertThatThrownBy(() -> Verdict.of(true, Optional.empty(), Set.of(1), Map.of(1, "north-1")))
        .isInstanceOf(ReplicationHaltedException.class)
        .hasMessageContaining("UNKNOWN_ORIGIN");
    assertThatThrownBy(() -> Verdict.of(true, NORTH, Set.of(1, 2), Map.of(1, "north-1")))
        .isInstanceOf(ReplicationHaltedException.class)
        .hasMessageContaining("UNKNOWN_SLOT")
        .hasMessageContaining("slot 2");
  }
}
