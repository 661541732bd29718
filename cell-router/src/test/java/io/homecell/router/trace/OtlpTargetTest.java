package io.homecell.router.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OtlpTargetTest {
  @Test
  void asOpenTelemetryNamesIt() {
    OtlpTarget target =
        OtlpTarget.fromEnvironment(
                Map.of(
                    "OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318",
                    "OTEL_EXPORTER_OTLP_HEADERS", "api-key=secret, a = b"))
            .orElseThrow();
    assertThat(target.traces()).isEqualTo(URI.create("http://127.0.0.1:4318/v1/traces"));
    assertThat(target.headers()).isEqualTo(Map.of("api-key", "secret", "a", "b"));
    assertThat(target.toString()).doesNotContain("secret");
  }

  @Test
  void offWithoutAnEndpoint() {
    assertThat(OtlpTarget.fromEnvironment(Map.of())).isEmpty();
    assertThat(OtlpTarget.fromEnvironment(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", " "))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "collector:4318,     http/json, '',    OTEL_EXPORTER_OTLP_ENDPOINT",
    "http://h:4317,      grpc,      '',    OTEL_EXPORTER_OTLP_PROTOCOL",
    "http://h:4318,      '',        apart, OTEL_EXPORTER_OTLP_HEADERS",
  })
  void whatItCannotDoIsSaid(String endpoint, String protocol, String headers, String named) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                OtlpTarget.fromEnvironment(
                    Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", endpoint,
                        "OTEL_EXPORTER_OTLP_PROTOCOL", protocol,
                        "OTEL_EXPORTER_OTLP_HEADERS", headers)))
        .withMessageContaining(named);
  }
}
