package io.homecell.router.proxy;

import io.homecell.core.topology.Topology.Priority;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.retry.Outcome;
import io.homecell.router.upstream.Balancer;
import io.homecell.router.upstream.StreamCarrier;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.WebSocketMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslHandshakeTimeoutException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;

/**
 * What the router counts. Tags come from the topology and from small fixed sets only, so their
 * number is bounded whatever clients send. Safe for any number of threads.
 */
public final class EdgeMetrics {
  private record RequestKey(String route, String cell, String outcome) {}

  private record Request(Counter count, Timer latency) {}

  private final MeterRegistry registry;
  private final Timer loopLate;
  private final Map<RequestKey, Request> requests = new ConcurrentHashMap<>();
  private final Map<String, Counter> retries = new ConcurrentHashMap<>();
  private final Map<String, Timer> holds = new ConcurrentHashMap<>();
  private final WebSocketMetrics webSockets;
  private final Map<NearRead.Result, Counter> nearReads = new ConcurrentHashMap<>();
  private final Timer copyAges;

  public EdgeMetrics(MeterRegistry registry, HoldBudget held) {
    this.registry = registry;
    this.loopLate =
        Timer.builder("hc_router_loop_late")
            .description("how much later than it should an event loop came to its own business")
            .register(registry);
    this.copyAges =
        Timer.builder("hc_router_near_age")
            .description("the age of copies that have answered, at most")
            .serviceLevelObjectives(
                Duration.ofMillis(200),
                Duration.ofMillis(500),
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5))
            .register(registry);
    this.webSockets = new WebSocketMetrics(registry);
    Gauge.builder("hc_router_held", held, HoldBudget::requests)
        .description("requests held now")
        .register(registry);
    Gauge.builder("hc_router_held_bytes", held, HoldBudget::bytes)
        .description("memory that held requests may take now")
        .register(registry);
  }

  /**
   * A request has ended.
   *
   * @param outcome {@code 2xx} to {@code 5xx} for what a cell answered, {@code 1xx} for a WebSocket
   *     that began, the kind of problem for what the router answered, {@code client-gone}
   */
  void ended(String route, String cell, String outcome, long nanos) {
    Request request =
        requests.computeIfAbsent(new RequestKey(route, cell, outcome), this::register);
    request.count.increment();
    request.latency.record(nanos, TimeUnit.NANOSECONDS);
  }

  WebSocketMetrics webSockets() {
    return webSockets;
  }

  /** What came was no request, as this router reads them. */
  void unreadable() {
    ended("none", "none", "unreadable-request", 0);
  }

  private Request register(RequestKey key) {
    Counter count =
        Counter.builder("hc_router_requests")
            .tags("route", key.route, "cell", key.cell, "outcome", key.outcome)
            .register(registry);
    Timer latency =
        Timer.builder("hc_router_request")
            .description("from the head of the request to the end of the answer")
            .tags("route", key.route, "cell", key.cell)
            .serviceLevelObjectives(
                Duration.ofMillis(1),
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(registry);
    return new Request(count, latency);
  }

  /** A hold has ended: {@code released}, {@code expired}, {@code client-gone} or {@code full}. */
  void held(String result, long nanos) {
    holds
        .computeIfAbsent(
            result,
            word ->
                Timer.builder("hc_router_hold")
                    .tags("result", word)
                    .serviceLevelObjectives(
                        Duration.ofMillis(50),
                        Duration.ofMillis(200),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(5))
                    .register(registry))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** How much later than it should an event loop came to its own business. */
  void loopLate(long nanos) {
    loopLate.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A request was refused because its cell has too many. */
  void shed(String cell, Priority priority) {
    registry
        .counter(
            "hc_router_shed", "cell", cell, "priority", priority.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  /** A copy was asked in the owner's place. */
  void nearRead(NearRead.Result result) {
    nearReads
        .computeIfAbsent(
            result,
            kind ->
                Counter.builder("hc_router_near_reads")
                    .tag("result", kind.word())
                    .register(registry))
        .increment();
  }

  /** How old a copy was at most that has answered. */
  void copyAge(long millis) {
    copyAges.record(millis, TimeUnit.MILLISECONDS);
  }

  void retried(Outcome reason) {
    retries
        .computeIfAbsent(
            reason.word(),
            word -> Counter.builder("hc_router_retries").tags("reason", word).register(registry))
        .increment();
  }

  /** One that could have been sent again was not: too many were already. */
  void notRetried(Outcome reason) {
    registry.counter("hc_router_retries_refused", "reason", reason.word()).increment();
  }

  /** An instance is left out for a while. */
  void rests(Upstream upstream, Balancer.Cause cause) {
    registry
        .counter(
            "hc_router_upstream_rests",
            "cell",
            upstream.cell(),
            "cause",
            cause.name().toLowerCase(Locale.ROOT))
        .increment();
  }

  /** A client was cut off because it was too slow with something. */
  void slowClient(ClientWire.Stage stage) {
    registry.counter("hc_router_slow_clients", "stage", stage.word()).increment();
  }

  /** A client's HTTP/2 connection was ended because of what it sent. */
  void http2Broken(String error) {
    registry.counter("hc_router_http2_errors", "error", error).increment();
  }

  /** A client's TLS handshake came to nothing. */
  void handshakeFailed(Throwable cause) {
    registry.counter("hc_router_tls_handshake_failures", "cause", handshake(cause)).increment();
  }

  private static String handshake(Throwable cause) {
    if (cause instanceof SslHandshakeTimeoutException) {
      return "timeout";
    }
    if (cause instanceof NotSslRecordException) {
      return "no-tls";
    }
    return cause instanceof SSLException ? "refused" : "client-gone";
  }

  void upstreamError(String cell, Outcome kind) {
    registry.counter("hc_router_upstream_errors", "cell", cell, "kind", kind.word()).increment();
  }

  /** A request to a cell by HTTP/2 came to nothing on the way. */
  void streamFailed(Upstream upstream, StreamCarrier.Failure how) {
    registry
        .counter("hc_router_upstream_stream_failures", "cell", upstream.cell(), "kind", how.word())
        .increment();
  }

  /** Another gateway has asked for the owner of a request. */
  void ownerTold(String result) {
    registry.counter("hc_router_owner_answers", "result", result).increment();
  }
}
