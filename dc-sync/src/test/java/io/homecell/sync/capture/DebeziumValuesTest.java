package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DebeziumValuesTest {
  @Test
  void optionsLoseTheEscapesOfTheDefinition() {
    assertThat(DebeziumValues.unescaped("PAID")).isEqualTo("PAID");
    assertThat(DebeziumValues.unescaped("it's\\, odd")).isEqualTo("it's, odd");
    assertThat(DebeziumValues.unescaped("back\\\\slash\\n")).isEqualTo("back\\slash\n");
  }
}
