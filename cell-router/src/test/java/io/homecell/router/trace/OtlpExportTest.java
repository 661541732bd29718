package io.homecell.router.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.homecell.core.json.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class OtlpExportTest {
  private record Received(String key, String type, String body) {}

  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final List<Received> received = new CopyOnWriteArrayList<>();
  private volatile int status = 200;
  private HttpServer collector;
  private OtlpTarget target;

  @BeforeEach
  void start() throws IOException {
    collector = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          received.add(
              new Received(
                  exchange.getRequestHeaders().getFirst("api-key"),
                  exchange.getRequestHeaders().getFirst("Content-Type"),
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    collector.start();
    target =
        new OtlpTarget(
            URI.create("http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces"),
            Map.of("api-key", "k"));
  }

  @AfterEach
  void stop() {
    collector.stop(0);
  }

  private static AccessLine request(int httpStatus) {
    return new AccessLine(
        Instant.parse("2026-01-02T03:04:05.000000500Z"),
        "id",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "00f067aa0ba902b7",
        Optional.of("b7ad6b7169203331"),
        "127.0.0.1",
        Optional.empty(),
        "GET",
        "/accounts/9",
        "/accounts/{user}",
        Optional.of(9),
        "north-1",
        httpStatus,
        "2xx",
        1.5,
        0,
        2,
        3);
  }

  private double spans(String result) {
    Counter counter = metrics.find("hc_router_spans").tag("result", result).counter();
    return counter == null ? 0 : counter.count();
  }

  private void awaitSpans(String result, int count) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (spans(result) < count) {
      // Whoever waits so does not hear an interrupt: without this it would wait for ever.
      assertThat(System.nanoTime()).as("spans " + result).isLessThan(deadline);
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void requestsBecomeSpansInOneBatch() throws Exception {
    OtlpExport export =
        OtlpExport.start(target, Map.of("service.name", "homecell-router"), metrics);
    export.add(request(200));
    export.add(request(503));
    export.close();
    assertThat(spans("sent")).isEqualTo(2);
    assertThat(received).hasSize(1);
    assertThat(received.get(0).key()).isEqualTo("k");
    assertThat(received.get(0).type()).isEqualTo("application/json");
    JsonNode ofResource =
        Json.mapper().readTree(received.get(0).body()).path("resourceSpans").path(0);
    assertThat(ofResource.at("/resource/attributes/0/key").asText()).isEqualTo("service.name");
    JsonNode spans = ofResource.at("/scopeSpans/0/spans");
    JsonNode good = spans.path(0);
    assertThat(good.path("traceId").asText()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
    assertThat(good.path("parentSpanId").asText()).isEqualTo("b7ad6b7169203331");
    assertThat(good.path("name").asText()).isEqualTo("GET /accounts/{user}");
    assertThat(good.path("kind").asInt()).isEqualTo(2);
    assertThat(good.path("endTimeUnixNano").isTextual()).isTrue();
    assertThat(good.path("endTimeUnixNano").asText()).isEqualTo("1767323045000000500");
    assertThat(good.path("startTimeUnixNano").asText()).isEqualTo("1767323044998500500");
    assertThat(good.has("status")).isFalse();
    assertThat(good.path("attributes").toString())
        .contains("{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}")
        .contains("{\"key\":\"homecell.cell\",\"value\":{\"stringValue\":\"north-1\"}}");
    assertThat(spans.path(1).at("/status/code").asInt()).isEqualTo(2);
  }

  @Test
  void aCollectorThatRefusesCostsSpansOnly() throws Exception {
    status = 503;
    OtlpExport export = OtlpExport.start(target, Map.of(), metrics);
    export.add(request(200));
    awaitSpans("failed", 1);
    status = 200;
    export.add(request(200));
    awaitSpans("sent", 1);
    export.close();
  }

  @Test
  void aCollectorThatIsAwayCostsSpansOnly() throws Exception {
    collector.stop(0);
    OtlpExport export = OtlpExport.start(target, Map.of(), metrics);
    // As many as it takes: how many are sent meanwhile is a matter of the machine.
    AccessLine one = request(200);
    for (int round = 0; round < 1_000 && spans("dropped") == 0; round++) {
      for (int i = 0; i < 6_000; i++) {
        export.add(one);
      }
    }
    awaitSpans("failed", 1);
    export.close();
    assertThat(spans("sent")).isZero();
    assertThat(spans("dropped")).as("of a bounded queue").isPositive();
  }
}
