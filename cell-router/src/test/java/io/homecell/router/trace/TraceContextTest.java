package io.homecell.router.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceContextTest {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";

  @ParameterizedTest
  @CsvSource({
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, true",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00, false",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03, true",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe, false",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, true",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-comes-later, true",
  })
  void good(String parent, boolean sampled) {
    assertThat(TraceContext.parse(List.of(parent), List.of()))
        .contains(new TraceContext(TRACE, SPAN, sampled, ""));
  }

  @ParameterizedTest
  @CsvSource({
    "''",
    "00",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more",
    "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "0G-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
    "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
    "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "00-4bf92f3577b34da6a3ce929d0e0e47361-0f067aa0ba902b7-01",
  })
  void ignored(String parent) {
    assertThat(TraceContext.parse(List.of(parent), List.of("a=b"))).isEmpty();
  }

  @Test
  void twoAreNone() {
    String good = "00-" + TRACE + "-" + SPAN + "-01";
    assertThat(TraceContext.parse(List.of(good, good), List.of())).isEmpty();
    assertThat(TraceContext.parse(List.of(), List.of("a=b"))).isEmpty();
  }

  @Test
  void theStateOfVendorsIsJoinedAndBounded() {
    List<String> parent = List.of("00-" + TRACE + "-" + SPAN + "-01");
    assertThat(TraceContext.parse(parent, List.of("a=1,b=2", "c=3")).orElseThrow().state())
        .isEqualTo("a=1,b=2,c=3");
    assertThat(TraceContext.parse(parent, List.of("a=" + "x".repeat(510))).orElseThrow().state())
        .hasSize(512);
    assertThat(TraceContext.parse(parent, List.of("a=" + "x".repeat(511))).orElseThrow().state())
        .isEmpty();
  }
}
