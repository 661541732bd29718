package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is said of a loss before anybody knows it exactly. */
class LossTest {
  private static final Instant BEAT = Instant.parse("2026-11-27T03:00:00Z");

  private static Loss loss(Optional<Loss.Figures> figures) {
    return new Loss(
        "north-1",
        "south-1",
        Optional.of(BEAT),
        Optional.of("u:7"),
        Optional.of(3L),
        Optional.of(BEAT),
        figures);
  }

  @Test
  void everythingThatIsKnownIsSaid() {
    Loss loss =
        loss(
            Optional.of(
                new Loss.Figures(
                    BEAT.plusMillis(4_500),
                    Optional.of(new Loss.Captured("STARTING", 2, 300, 40)),
                    Optional.of(new Loss.Recent(120, 45, 10)),
                    List.of(
                        new Loss.Peer("west-1", Optional.of("u:8-9"), 2, Optional.empty()),
                        new Loss.Peer("east-1", Optional.empty(), 0, Optional.empty()),
                        new Loss.Peer("far-1", Optional.empty(), 0, Optional.of("timed out"))))));
    assertThat(loss.sentence())
        .isEqualTo(
            "north-1 -> south-1: everything committed before 2026-11-27T03:00:00Z (4.5 s ago) has"
                + " arrived but for u:7; at most 4.5 s of writes are lost, by its last rate 54"
                + " transactions (120 on 45 slots in the 10 s before the last that arrived); last"
                + " known lag 3 ms at 2026-11-27T03:00:00Z; captured and not applied: 2"
                + " transactions, 300 bytes (STARTING, 40 ms ago); west-1 has 2 transactions of it"
                + " that are not here yet: u:8-9; east-1 has nothing more of it; far-1 can't be"
                + " asked what it has of it: timed out; which users is known when it returns");
    assertThat(Json.read(Json.write(loss), Loss.class)).isEqualTo(loss);
  }

  @Test
  void whatIsNotKnownIsNamedSo() {
    Loss nothing =
        new Loss(
            "north-1",
            "south-1",
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new Loss.Figures(BEAT, Optional.empty(), Optional.empty(), List.of())));
    assertThat(nothing.sentence())
        .contains("no heartbeat of it ever arrived: how much is missing is not known")
        .contains("its lag is not known")
        .contains("what was captured and not applied is not known: no pipeline reports");
    // a record of an earlier version
    Loss earlier = Json.read("{\"source\":\"a\",\"target\":\"b\",\"lagMillis\":3}", Loss.class);
    assertThat(earlier.figures()).isEmpty();
    assertThat(earlier.sentence()).contains("last known lag 3 ms");
  }
}
