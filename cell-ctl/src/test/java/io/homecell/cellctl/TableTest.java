package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void columnsAreAsWideAsTheirWidestCellAndEmptyCellsAreDashes() {
    assertThat(new Table("A", "LONGER", "C").row("wide one", 1, "").row("x", "", "y"))
        .hasToString(
            """
            A         LONGER  C
            wide one  1       -
            x         -       y""");
  }
}
