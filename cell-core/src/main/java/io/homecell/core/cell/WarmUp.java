package io.homecell.core.cell;

import io.homecell.core.http.CellHeaders;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exercises a service before the edge learns of it: a cold JVM takes ten times the CPU for a
 * request, so the first clients of a restarted instance would wait seconds, and a whole deployment
 * that has just started would be overloaded by a load that it carries easily a minute later.
 *
 * <p>The requests are real ones over the service's own port and through to the database, about a
 * user whom nobody is: reads that find nothing, writes that are refused inside their transaction. A
 * warm-up that fails is told and does no harm.
 */
public final class WarmUp {
  private static final Logger log = LoggerFactory.getLogger(WarmUp.class);

  /** Enough for the compiler to have seen the hot paths; tried on two cores. */
  private static final int ROUNDS_MAX = 300;

  private static final Duration AT_MOST = Duration.ofSeconds(6);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

  private WarmUp() {}

  /** One step of a round. */
  public sealed interface Request {
    /** A read as the user {@code user}. */
    record Get(String path, long user) implements Request {}

    /** A write as the user {@code user}, which must be one that the service refuses. */
    record Post(String path, long user, String json) implements Request {}

    /** A call to another service that changes nothing. */
    record Call(Runnable call) implements Request {}
  }

  static void run(String host, int port, List<Request> requests) {
    long from = System.nanoTime();
    int rounds = 0;
    int failed = 0;
    String last = "";
    while (!requests.isEmpty()
        && rounds < ROUNDS_MAX
        && System.nanoTime() - from < AT_MOST.toNanos()) {
      for (Request request : requests) {
        try {
          send(host, port, request);
        } catch (IOException | RuntimeException e) {
          failed++;
          last = ", the last: " + request + ": " + e;
        }
      }
      rounds++;
    }
    log.info(
        "warmed up by {} rounds of {} requests in {} ms, {} failed{}",
        rounds,
        requests.size(),
        Duration.ofNanos(System.nanoTime() - from).toMillis(),
        failed,
        last);
  }

  private static void send(String host, int port, Request request) throws IOException {
    if (request instanceof Request.Get get) {
      exchange(connection(host, port, get.path(), get.user()));
    } else if (request instanceof Request.Post post) {
      HttpURLConnection connection = connection(host, port, post.path(), post.user());
      connection.setRequestMethod("POST");
      connection.setRequestProperty("Content-Type", "application/json");
      connection.setRequestProperty("Idempotency-Key", "warm-up");
      connection.setDoOutput(true);
      try (OutputStream body = connection.getOutputStream()) {
        body.write(post.json().getBytes(StandardCharsets.UTF_8));
      }
      int status = exchange(connection);
      if (status < 300) {
        throw new IllegalStateException(
            post.path() + " of nobody answered " + status + " (expected: a refusal)");
      }
    } else if (request instanceof Request.Call call) {
      call.call().run();
    }
  }

  private static HttpURLConnection connection(String host, int port, String path, long user)
      throws IOException {
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create("http://" + host + ":" + port + path).toURL().openConnection();
    connection.setConnectTimeout((int) ANSWER_WITHIN.toMillis());
    connection.setReadTimeout((int) ANSWER_WITHIN.toMillis());
    connection.setRequestProperty(CellHeaders.USER, Long.toString(user));
    return connection;
  }

  /** Reads the answer to its end, so that the connection is used again. */
  private static int exchange(HttpURLConnection connection) throws IOException {
    int status = connection.getResponseCode();
    try (InputStream body =
        status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      if (body != null) {
        body.readAllBytes();
      }
    }
    return status;
  }
}
