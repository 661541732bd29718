package io.homecell.coordinator.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CellReaderTest {
  private static final String ONE = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  private static final String OTHER = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

  @Test
  void theHighestNumberOfAServerIsFoundInEveryFormOfASet() {
    assertThat(CellReader.highest("", ONE)).isEmpty();
    assertThat(CellReader.highest(ONE + ":7", ONE)).contains(7L);
    assertThat(CellReader.highest(ONE + ":1-5:8-10,\n" + OTHER + ":1-99", ONE)).contains(10L);
    assertThat(CellReader.highest(OTHER + ":1-5:9,\n" + ONE + ":1-3:12", ONE)).contains(12L);
    assertThat(CellReader.highest(ONE.toUpperCase(java.util.Locale.ROOT) + ":1-4", ONE))
        .contains(4L);
    assertThat(CellReader.highest(OTHER + ":1-5", ONE)).isEmpty();
  }

  @Test
  void whatSomeServersHaveMadeIsTakenOutOfASetAndCounted() {
    String both = ONE + ":1-5:8-10,\n" + OTHER + ":1-99:101";
    assertThat(CellReader.madeBy(both, List.of(ONE))).isEqualTo(ONE + ":1-5:8-10");
    assertThat(CellReader.madeBy(both, List.of())).isEmpty();
    assertThat(CellReader.count(both)).isEqualTo(8 + 100);
    assertThat(CellReader.count("")).isZero();
  }
}
