package io.homecell.router.trace;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.homecell.core.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Requests as spans of OpenTelemetry's protocol, in its JSON form. Pure. */
final class SpanJson {
  private static final int KIND_SERVER = 2;
  private static final int STATUS_ERROR = 2;
  private static final int SAMPLED = 1;
  private static final long NANOS_PER_SECOND = 1_000_000_000L;
  private static final double NANOS_PER_MILLI = 1_000_000;

  private SpanJson() {}

  /**
   * One request to a collector.
   *
   * @param resource who reports, by OpenTelemetry's names
   */
  static String of(Map<String, String> resource, List<AccessLine> requests) {
    ObjectNode root = Json.mapper().createObjectNode();
    ObjectNode ofResource = root.putArray("resourceSpans").addObject();
    ArrayNode attributes = ofResource.putObject("resource").putArray("attributes");
    resource.forEach((name, value) -> text(attributes, name, value));
    ObjectNode scope = ofResource.putArray("scopeSpans").addObject();
    scope.putObject("scope").put("name", "io.homecell.router");
    ArrayNode spans = scope.putArray("spans");
    requests.forEach(request -> write(request, spans.addObject()));
    return root.toString();
  }

  private static void write(AccessLine request, ObjectNode span) {
    span.put("traceId", request.traceId());
    span.put("spanId", request.spanId());
    request.parentSpanId().ifPresent(parent -> span.put("parentSpanId", parent));
    span.put("flags", SAMPLED);
    span.put("name", request.method() + " " + request.route());
    span.put("kind", KIND_SERVER);
    long end = nanos(request.at());
    // 64 bits are written as text.
    span.put(
        "startTimeUnixNano", Long.toString(end - Math.round(request.millis() * NANOS_PER_MILLI)));
    span.put("endTimeUnixNano", Long.toString(end));
    ArrayNode attributes = span.putArray("attributes");
    text(attributes, "http.request.method", request.method());
    text(attributes, "http.route", request.route());
    text(attributes, "url.path", request.path());
    text(attributes, "client.address", request.client());
    text(attributes, "homecell.request.id", request.requestId());
    text(attributes, "homecell.cell", request.cell());
    text(attributes, "homecell.outcome", request.outcome());
    number(attributes, "http.response.status_code", request.status());
    request.slot().ifPresent(slot -> number(attributes, "homecell.slot", slot));
    if (request.heldMillis() > 0) {
      number(attributes, "homecell.held.millis", Math.round(request.heldMillis()));
    }
    if (request.status() >= 500) {
      span.putObject("status").put("code", STATUS_ERROR);
    }
  }

  private static long nanos(Instant at) {
    return at.getEpochSecond() * NANOS_PER_SECOND + at.getNano();
  }

  private static void text(ArrayNode attributes, String name, String value) {
    attributes.addObject().put("key", name).putObject("value").put("stringValue", value);
  }

  private static void number(ArrayNode attributes, String name, long value) {
    attributes
        .addObject()
        .put("key", name)
        .putObject("value")
        .put("intValue", Long.toString(value));
  }
}
