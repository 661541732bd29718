package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import io.homecell.core.json.Json;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.trace.OtlpTarget;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** A request is found again: by its id, by its trace, in the access log. */
@Timeout(60)
class TracingIT {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String SPAN = "00f067aa0ba902b7";
  private static final Logger ACCESS = (Logger) LoggerFactory.getLogger(AccessLog.LOGGER);

  @TempDir Path folder;
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private Deployment edge;

  @BeforeEach
  void listen() {
    lines.start();
    ACCESS.setLevel(Level.INFO);
    ACCESS.setAdditive(false);
    ACCESS.addAppender(lines);
  }

  private void start(double loggedShare) throws Exception {
    start(Operation.standard().withLoggedShare(loggedShare));
  }

  private void start(Operation operation) throws Exception {
    edge =
        new Deployment(
            folder,
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(2)
                .withOperation(operation),
            Optional.empty());
  }

  @AfterEach
  void stop() throws Exception {
    ACCESS.detachAppender(lines);
    ACCESS.setLevel(null);
    edge.close();
  }

  private List<Map<String, Object>> lines(String requestId) {
    return List.copyOf(lines.list).stream()
        .map(event -> TracingIT.read(event.getFormattedMessage()))
        .filter(line -> requestId.equals(line.get("requestId")))
        .toList();
  }

  @SuppressWarnings("unchecked") // a JSON object has strings as names
  private static Map<String, Object> read(String line) {
    return Json.read(line, Map.class);
  }

  @Test
  void aTraceAndARequestIdGoThroughBothRouters() throws Exception {
    start(1);
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/9?secret=1", 9)
                .header("X-Request-Id", "mine-1")
                .header("traceparent", "00-" + TRACE + "-" + SPAN + "-01")
                .header("tracestate", "vendor=1")
                .GET()
                .build());
    assertThat(answer.headers().allValues("X-Request-Id")).containsExactly("mine-1");
    FakeCell.Seen seen = edge.south.seen.get(0);
    assertThat(seen.headers().getAll("X-Request-Id")).containsExactly("mine-1");
    assertThat(seen.headers().getAll("tracestate")).containsExactly("vendor=1");
    Deployment.await("a line of each router", () -> lines("mine-1").size() == 2);
    Map<String, Object> far = line("mine-1", true);
    Map<String, Object> near = line("mine-1", false);
    assertThat(near).containsEntry("parentSpanId", SPAN).containsEntry("traceId", TRACE);
    assertThat(far)
        .containsEntry("parentSpanId", near.get("spanId"))
        .containsEntry("from", "north");
    assertThat(seen.headers().getAll("traceparent"))
        .containsExactly("00-" + TRACE + "-" + far.get("spanId") + "-01");
    assertThat(near)
        .containsEntry("method", "GET")
        .containsEntry("path", "/accounts/9")
        .containsEntry("route", "/accounts/{user}/**")
        .containsEntry("slot", 9)
        .containsEntry("cell", "south-1")
        .containsEntry("status", 200)
        .containsEntry("outcome", "2xx");
    assertThat(near.toString()).doesNotContain("secret");
  }

  private Map<String, Object> line(String requestId, boolean fromAnotherRouter) {
    return lines(requestId).stream()
        .filter(line -> line.containsKey("from") == fromAnotherRouter)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aRequestWithoutNamesGetsThem() throws Exception {
    start(0);
    HttpResponse<String> answer = edge.get("north", "/accounts/1", 1);
    String id = id(answer);
    FakeCell.Seen seen = edge.north.seen.get(0);
    assertThat(seen.headers().get("X-Request-Id")).isEqualTo(id).matches("[0-9a-f]{32}");
    assertThat(seen.headers().get("traceparent")).matches("00-" + id + "-[0-9a-f]{16}-00");
  }

  @Test
  void anIdOfTheCellIsNotTheRequests() throws Exception {
    start(0);
    edge.north.answer(request -> request.response().putHeader("X-Request-Id", "cell's").end());
    assertThat(edge.get("north", "/accounts/1", 1).headers().allValues("x-request-id"))
        .hasSize(1)
        .doesNotContain("cell's");
  }

  @Test
  void whatFailsIsLoggedWhateverTheShare() throws Exception {
    start(0);
    HttpResponse<String> well = edge.get("north", "/accounts/1", 1);
    assertThat(well.statusCode()).isEqualTo(200);
    edge.north.answer(request -> request.response().setStatusCode(500).end("oh"));
    String cells = id(edge.get("north", "/accounts/1", 1));
    edge.north.answer(request -> request.connection().close());
    HttpResponse<String> broken = edge.post("north", "/accounts/1/x", 1, "body");
    String routers = id(broken);
    // By their ids: a request that came before the router knew an instance has a line too.
    Deployment.await("both", () -> !lines(cells).isEmpty() && !lines(routers).isEmpty());
    assertThat(lines(cells)).hasSize(1);
    assertThat(lines(cells).get(0)).containsEntry("status", 500).containsEntry("outcome", "5xx");
    assertThat(lines(routers)).hasSize(1);
    assertThat(lines(routers).get(0))
        .containsEntry("status", broken.statusCode())
        .containsEntry("bytesIn", 4);
    assertThat(lines(id(well))).isEmpty();
  }

  private static String id(HttpResponse<String> answer) {
    return answer.headers().firstValue("X-Request-Id").orElseThrow();
  }

  @Test
  void whatTheSenderSamplesIsToldToTheCollector() throws Exception {
    List<String> told = new CopyOnWriteArrayList<>();
    HttpServer collector = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    URI traces = URI.create("http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces");
    start(
        Operation.standard()
            .withLoggedShare(0)
            .withSpansTo(Optional.of(new OtlpTarget(traces, Map.of()))));
    for (String flags : List.of("00", "01")) {
      edge.send(
          edge.request("north", "/accounts/1", 1)
              .header("traceparent", "00-" + TRACE + "-" + SPAN + "-" + flags)
              .GET()
              .build());
    }
    Deployment.await("it is told", () -> !told.isEmpty());
    assertThat(told).hasSize(1);
    assertThat(told.get(0)).containsOnlyOnce("\"traceId\":\"" + TRACE).contains(SPAN);
    assertThat(lines(TRACE)).as("their id is the trace's").isEmpty();
    collector.stop(0);
  }
}
