package io.homecell.router.trace;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends sampled requests as spans to an OpenTelemetry collector (OTLP over HTTP, JSON).
 *
 * <p>Written out instead of taken from OpenTelemetry's SDK: one kind of span, one request a batch;
 * the SDK and its exporter would be a dozen libraries. What it upholds: a collector that is slow or
 * away costs spans, which are counted, and nothing else. Safe for any number of threads.
 */
public final class OtlpExport implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OtlpExport.class);
  private static final int WAITING_MAX = 4_096;
  private static final int BATCH_MAX = 512;
  private static final Duration BATCH_EACH = Duration.ofSeconds(1);
  private static final Duration SEND_WITHIN = Duration.ofSeconds(5);

  /** How soon it notices that it is closed. */
  private static final long LOOK_EACH_MILLIS = 50;

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);

  private final OtlpTarget target;
  private final Map<String, String> resource;
  private final MeterRegistry metrics;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(SEND_WITHIN)
          .build();
  private final BlockingQueue<AccessLine> queue = new ArrayBlockingQueue<>(WAITING_MAX);
  private final Thread thread = new Thread(this::send, "spans");
  private boolean failing;
  private volatile boolean closed;

  private OtlpExport(OtlpTarget target, Map<String, String> resource, MeterRegistry metrics) {
    this.target = target;
    this.resource = Map.copyOf(resource);
    this.metrics = metrics;
    thread.setDaemon(true);
  }

  /**
   * Starts to send.
   *
   * @param resource who reports, by OpenTelemetry's names
   */
  public static OtlpExport start(
      OtlpTarget target, Map<String, String> resource, MeterRegistry metrics) {
    OtlpExport export = new OtlpExport(target, resource, metrics);
    export.thread.start();
    log.info("spans go to {}", target);
    return export;
  }

  /** Adds a request; never waits. */
  public void add(AccessLine request) {
    if (!queue.offer(request)) {
      count("dropped", 1);
    }
  }

  private void count(String result, int spans) {
    metrics.counter("hc_router_spans", "result", result).increment(spans);
  }

  private void send() {
    try {
      while (!closed || !queue.isEmpty()) {
        AccessLine first = queue.poll(LOOK_EACH_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          send(batch(first));
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** As many as come in a moment, so that a busy router does not send one by one. */
  private List<AccessLine> batch(AccessLine first) throws InterruptedException {
    List<AccessLine> batch = new ArrayList<>();
    batch.add(first);
    long until = System.nanoTime() + BATCH_EACH.toNanos();
    while (batch.size() < BATCH_MAX && !closed && System.nanoTime() - until < 0) {
      AccessLine next = queue.poll(LOOK_EACH_MILLIS, TimeUnit.MILLISECONDS);
      if (next != null) {
        batch.add(next);
      }
    }
    queue.drainTo(batch, BATCH_MAX - batch.size());
    return batch;
  }

  private void send(List<AccessLine> batch) throws InterruptedException {
    String problem = "";
    try {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(target.traces())
              .timeout(SEND_WITHIN)
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(SpanJson.of(resource, batch)));
      target.headers().forEach(request::header);
      int status =
          client.send(request.build(), HttpResponse.BodyHandlers.discarding()).statusCode();
      problem = status / 100 == 2 ? "" : "status " + status;
    } catch (IOException | RuntimeException e) {
      problem = e.toString();
    }
    count(problem.isEmpty() ? "sent" : "failed", batch.size());
    if (!problem.isEmpty() && !failing) {
      log.warn("spans: {} does not take them: {}", target, problem);
    }
    failing = !problem.isEmpty();
  }

  /** Sends what waits, for a moment. */
  @Override
  public void close() throws InterruptedException {
    closed = true;
    thread.join(CLOSE_WITHIN.toMillis());
    thread.interrupt();
  }
}
