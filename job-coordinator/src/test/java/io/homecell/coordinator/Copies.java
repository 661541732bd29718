package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.fence.FenceRow;
import java.time.Duration;
import java.util.Optional;

/** What must hold of the two cells when an operation is over. */
final class Copies {
  private static final Duration SOON = Duration.ofSeconds(60);

  private Copies() {}

  /** The owner's own row is open at the table's epoch, the other cell holds the same row. */
  static void assertOneOwner(TwoCells cells) throws Exception {
    TwoCells.eventually(
        SOON,
        "equal rows on both sides",
        () ->
            cells.rows("north-1").equals(cells.rows("south-1"))
                ? Optional.of(true)
                : Optional.empty());
    cells
        .rows("north-1")
        .forEach(
            (slot, row) ->
                assertThat(row)
                    .isEqualTo(
                        FenceRow.open(
                            slot, cells.table().of(slot).owner(), cells.table().of(slot).epoch())));
  }

  /** Both sides hold the same, and every acknowledged write. */
  static void assertNothingLost(TwoCells cells, Writers writers) throws Exception {
    TwoCells.eventually(
        SOON,
        "equal probes on both sides",
        () ->
            cells.probes("north-1").equals(cells.probes("south-1"))
                ? Optional.of(true)
                : Optional.empty());
    assertThat(cells.probes("south-1")).containsAll(writers.acknowledged());
  }
}
