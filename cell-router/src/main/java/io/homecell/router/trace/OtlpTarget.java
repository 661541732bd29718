package io.homecell.router.trace;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Where spans go, as OpenTelemetry's own settings name it.
 *
 * @param traces the whole address
 * @param headers to send along, such as a key
 */
public record OtlpTarget(URI traces, Map<String, String> headers) {
  static final String ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT";
  static final String HEADERS = "OTEL_EXPORTER_OTLP_HEADERS";
  static final String PROTOCOL = "OTEL_EXPORTER_OTLP_PROTOCOL";

  /** The headers may be secret. */
  @Override
  public String toString() {
    return traces.toString();
  }

  /**
   * Reads the environment; empty if nothing is to be exported.
   *
   * @throws IllegalArgumentException if it asks for what this router can't do
   */
  public static Optional<OtlpTarget> fromEnvironment(Map<String, String> environment) {
    String endpoint = environment.getOrDefault(ENDPOINT, "").strip();
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    String protocol = environment.getOrDefault(PROTOCOL, "");
    if (!protocol.isBlank() && !protocol.equals("http/json")) {
      throw new IllegalArgumentException(PROTOCOL + ": '" + protocol + "' (expected: http/json)");
    }
    if (!endpoint.matches("https?://[^/].*")) {
      throw new IllegalArgumentException(
          ENDPOINT + ": '" + endpoint + "' (expected: such as http://127.0.0.1:4318)");
    }
    String base = endpoint.endsWith("/") ? endpoint : endpoint + "/";
    return Optional.of(
        new OtlpTarget(
            URI.create(base + "v1/traces"), headers(environment.getOrDefault(HEADERS, ""))));
  }

  private static Map<String, String> headers(String text) {
    Map<String, String> headers = new LinkedHashMap<>();
    for (String pair : text.split(",", -1)) {
      int equals = pair.indexOf('=');
      if (equals > 0) {
        headers.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
      } else if (!pair.isBlank()) {
        throw new IllegalArgumentException(HEADERS + ": (expected: name=value,name=value)");
      }
    }
    return headers;
  }
}
