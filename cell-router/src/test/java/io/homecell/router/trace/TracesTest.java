package io.homecell.router.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TracesTest {
  private static final String PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-";
  private final Traces all = new Traces(new SplittableRandom(1), 1);
  private final Traces none = new Traces(new SplittableRandom(1), 0);

  private static MultiMap headers(String... namesAndValues) {
    MultiMap headers = HttpHeaders.headers();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return headers;
  }

  @Test
  void aTraceThatCameGoesOnUnderANewSpan() {
    MultiMap came = headers("traceparent", PARENT + "01", "tracestate", "a=1", "tracestate", "b=2");
    RequestTrace trace = none.of(came);
    assertThat(trace.sampled()).as("as the sender has it").isTrue();
    assertThat(trace.logged()).as("the log is ours").isFalse();
    trace.writeTo(came);
    assertThat(came.getAll("traceparent")).hasSize(1);
    assertThat(came.get("traceparent"))
        .isEqualTo("00-4bf92f3577b34da6a3ce929d0e0e4736-" + trace.spanId() + "-01");
    assertThat(trace.spanId()).matches("[0-9a-f]{16}").isNotEqualTo("00f067aa0ba902b7");
    assertThat(came.getAll("tracestate")).containsExactly("a=1,b=2");
  }

  @Test
  void aSenderThatDoesNotSampleIsHeard() {
    RequestTrace trace = all.of(headers("traceparent", PARENT + "00"));
    assertThat(trace.sampled()).isFalse();
    assertThat(trace.logged()).isTrue();
  }

  @Test
  void withoutAUsableOneATraceBegins() {
    MultiMap came = headers("traceparent", "rubbish", "tracestate", "a=1");
    RequestTrace trace = all.of(came);
    assertThat(trace.parent()).isEmpty();
    assertThat(trace.sampled()).isTrue();
    trace.writeTo(came);
    assertThat(came.getAll("traceparent"))
        .containsExactly("00-" + trace.traceId() + "-" + trace.spanId() + "-01");
    assertThat(came.contains("tracestate")).as("it belonged to another trace").isFalse();
    assertThat(TraceContext.parse(came.getAll("traceparent"), came.getAll("tracestate")))
        .isPresent();
  }

  @Test
  void noTwoRequestsHaveTheSameNames() {
    Set<String> names = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      RequestTrace trace = all.of(headers());
      names.add(trace.traceId());
      names.add(trace.spanId());
      assertThat(trace.requestId()).isEqualTo(trace.traceId());
    }
    assertThat(names).hasSize(2_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "7b1c-x_y.z~+/=:", "A1"})
  void aWellFormedRequestIdIsKept(String id) {
    assertThat(all.of(headers("X-Request-Id", id)).requestId()).isEqualTo(id);
    String longest = id.substring(0, 1).repeat(128);
    assertThat(all.of(headers("x-request-id", longest)).requestId()).isEqualTo(longest);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\tb", "\"", "{}", "ä", "a,b", "<script>"})
  void anyOtherIsReplaced(String id) {
    RequestTrace trace = all.of(headers("X-Request-Id", id));
    assertThat(trace.requestId()).isEqualTo(trace.traceId());
  }

  @Test
  void soIsOneThatIsTooLongOrComesTwice() {
    RequestTrace tooLong = all.of(headers("X-Request-Id", "a".repeat(129)));
    assertThat(tooLong.requestId()).isEqualTo(tooLong.traceId());
    RequestTrace twice = all.of(headers("X-Request-Id", "a", "X-Request-Id", "a"));
    assertThat(twice.requestId()).isEqualTo(twice.traceId());
  }

  @Test
  void theShareIsPicked() {
    Traces some = new Traces(new SplittableRandom(7), 0.1);
    int picked = 0;
    for (int i = 0; i < 10_000; i++) {
      picked += some.of(headers()).logged() ? 1 : 0;
    }
    assertThat(picked).isBetween(900, 1_100);
  }
}
