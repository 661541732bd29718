package io.homecell.cellctl.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Calls through the edges of every datacenter in turn, as clients behind a global DNS do: an edge
 * that does not accept connections is left out for a second. A call that fails is made again under
 * its own idempotency key until a deadline; each failed attempt is counted by kind. Safe for any
 * number of threads.
 */
final class EdgeClient {
  private static final Duration ATTEMPT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(100);
  private static final long EDGE_OUT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** A call. An unsafe one has an idempotency key. */
  record Call(String method, String path, OptionalLong user, String idempotencyKey, String body) {}

  /** An answer that is not to be asked for again: 2xx or 4xx. */
  record Answer(int status, JsonNode body) {
    boolean isSuccess() {
      return status / 100 == 2;
    }
  }

  /** No such answer came before the deadline. */
  static final class NoAnswerException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String lastError) {
      super(lastError);
    }
  }

  private final HttpClient http;
  private final List<URI> edges;
  private final Duration giveUpAfter;
  private final AtomicInteger turn = new AtomicInteger();
  private final Map<URI, Long> outUntilNanos = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();

  EdgeClient(List<URI> edges, Duration giveUpAfter) {
    this.edges = List.copyOf(edges);
    this.giveUpAfter = giveUpAfter;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();
  }

  /** Failed attempts by kind. */
  Map<String, LongAdder> failures() {
    return failures;
  }

  /**
   * Makes a call until it is answered.
   *
   * @return ends with {@link NoAnswerException} if it never is
   */
  CompletableFuture<Answer> call(Call call) {
    return attempt(call, System.nanoTime() + giveUpAfter.toNanos());
  }

  private CompletableFuture<Answer> attempt(Call call, long deadlineNanos) {
    URI edge = nextEdge();
    return http.sendAsync(request(edge, call), HttpResponse.BodyHandlers.ofString())
        .handle((response, error) -> outcomeOf(edge, response, error))
        .thenCompose(
            outcome -> {
              if (outcome.answer() != null) {
                return CompletableFuture.completedFuture(outcome.answer());
              }
              failures.computeIfAbsent(outcome.failure(), kind -> new LongAdder()).increment();
              if (System.nanoTime() > deadlineNanos) {
                return CompletableFuture.failedFuture(new NoAnswerException(outcome.failure()));
              }
              Executor later =
                  CompletableFuture.delayedExecutor(RETRY_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
              return CompletableFuture.supplyAsync(() -> call, later)
                  .thenCompose(again -> attempt(again, deadlineNanos));
            });
  }

  private record AttemptOutcome(@org.jspecify.annotations.Nullable Answer answer, String failure) {}

  private AttemptOutcome outcomeOf(
      URI edge,
      @org.jspecify.annotations.Nullable HttpResponse<String> response,
      @org.jspecify.annotations.Nullable Throwable error) {
    if (response == null) {
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      if (cause instanceof ConnectException) {
        outUntilNanos.put(edge, System.nanoTime() + EDGE_OUT_NANOS);
        return new AttemptOutcome(null, "edge unreachable");
      }
      return new AttemptOutcome(
          null, cause instanceof HttpTimeoutException ? "timeout" : "connection broken");
    }
    int status = response.statusCode();
    if (status >= 500 || status == 429 || status == 421) {
      return new AttemptOutcome(null, "status " + status);
    }
    try {
      return new AttemptOutcome(new Answer(status, Json.mapper().readTree(response.body())), "");
    } catch (IOException e) {
      return new AttemptOutcome(null, "body is not JSON");
    }
  }

  private HttpRequest request(URI edge, Call call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(edge.resolve(call.path())).timeout(ATTEMPT_TIMEOUT);
    call.user().ifPresent(user -> request.header("X-User-Id", Long.toString(user)));
    if (call.method().equals("GET")) {
      return request.GET().build();
    }
    return request
        .header("Content-Type", "application/json")
        .header("Idempotency-Key", call.idempotencyKey())
        .method(call.method(), HttpRequest.BodyPublishers.ofString(call.body()))
        .build();
  }

  private URI nextEdge() {
    long now = System.nanoTime();
    for (int i = 0; i < edges.size(); i++) {
      URI edge = edges.get(Math.floorMod(turn.getAndIncrement(), edges.size()));
      Long out = outUntilNanos.get(edge);
      if (out == null || now - out > 0) {
        return edge;
      }
    }
    return edges.get(Math.floorMod(turn.getAndIncrement(), edges.size()));
  }
}
