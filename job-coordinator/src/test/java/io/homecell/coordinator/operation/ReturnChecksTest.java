package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.ReturnChecks.ReturnFact;
import io.homecell.core.coordination.ReturnProof;
import io.homecell.core.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** North was declared lost with epoch 5; south keeps two of its stranded transactions, undone. */
class ReturnChecksTest {
  private static final Instant AT = Instant.parse("2026-11-27T03:00:00Z");
  private static final Map<String, Long> UNDONE = Map.of("south-1", 2L, "west-1", 0L);

  private static ReturnProof proof(
      long epoch, Map<String, Long> undone, long differing, long open) {
    return new ReturnProof(epoch, undone, differing, open, List.of("a.b: it has no key"), AT);
  }

  private static List<String> refusals(long toUndo, Optional<ReturnProof> proof) {
    return ReturnChecks.refusals(
            List.of(
                new ReturnFact(
                    "north-1", "south-1", 5, UNDONE, toUndo, Optional.of("west-1 is away"), proof)))
        .stream()
        .map(refusal -> refusal.name() + ": " + refusal.detail())
        .toList();
  }

  @Test
  void aProofOfThisReturnAndOfAllThatWasUndoneLetsItOwnAgain() {
    assertThat(refusals(0, Optional.of(proof(5, UNDONE, 0, 0)))).isEmpty();
    // west was away when it was made, and keeps nothing
    assertThat(refusals(0, Optional.of(proof(5, Map.of("south-1", 2L), 0, 0)))).isEmpty();
    ReturnProof kept = proof(5, UNDONE, 0, 0);
    assertThat(Json.read(Json.write(kept), ReturnProof.class)).isEqualTo(kept);
  }

  @Test
  void nothingElseDoes() {
    assertThat(refusals(0, Optional.empty()))
        .containsExactly(
            "RETURN_NOT_VERIFIED: north-1 and south-1 were never compared since the one was"
                + " declared lost");
    String old =
        "RETURN_NOT_VERIFIED: north-1 and south-1 were last compared at "
            + AT
            + ", before the return or the last settlement";
    assertThat(refusals(0, Optional.of(proof(3, UNDONE, 0, 0)))).containsExactly(old);
    assertThat(refusals(0, Optional.of(proof(5, Map.of("south-1", 1L), 0, 0))))
        .containsExactly(old);
    assertThat(refusals(0, Optional.of(proof(5, UNDONE, 4, 0))))
        .containsExactly("RETURN_NOT_VERIFIED: north-1 and south-1: 4 rows differ, found at " + AT);
    assertThat(refusals(0, Optional.of(proof(5, UNDONE, 0, 2))))
        .containsExactly(
            "RETURN_NOT_VERIFIED: north-1 and south-1: 2 rows or tables could not be judged at "
                + AT);
    assertThat(refusals(1, Optional.of(proof(5, UNDONE, 0, 0))))
        .containsExactly(
            "RETURN_NOT_UNDONE: 1 settled stranded transactions of north-1 are not undone there"
                + " yet: west-1 is away");
  }
}
