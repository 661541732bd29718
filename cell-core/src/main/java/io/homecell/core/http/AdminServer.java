package io.homecell.core.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.homecell.core.json.Json;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The admin port of a process: {@code /metrics} (Prometheus), {@code /health/live}, {@code
 * /health/ready}, and what the process adds. Plain JDK server: a handful of requests a minute, from
 * operators and scrapers only, never on the port that users reach.
 */
public final class AdminServer implements AutoCloseable {
  private static final int THREADS = 4;

  /** A health check: empty map values mean fine, any text says what is wrong. */
  @FunctionalInterface
  public interface Check {
    /** What is wrong, or an empty text. */
    String problem();
  }

  /** Answers one admin request. */
  @FunctionalInterface
  public interface Handler {
    Answer answer(Request request) throws IOException;
  }

  /** A request to the admin port; {@code path} is the whole path. */
  public record Request(String method, String path, Map<String, String> query, String body) {}

  /** An answer: a status, a value written as JSON, and headers if it needs any. */
  public record Answer(int status, Object body, Map<String, String> headers) {
    public Answer(int status, Object body) {
      this(status, body, Map.of());
    }
  }

  private final HttpServer server;
  private final ExecutorService threads;
  private final Map<String, Check> readiness = new ConcurrentHashMap<>();

  private AdminServer(HttpServer server, ExecutorService threads) {
    this.server = server;
    this.threads = threads;
  }

  /**
   * Starts serving.
   *
   * @param port 0 takes a free one
   * @throws IOException if the port is taken
   */
  public static AdminServer start(String host, int port, PrometheusMeterRegistry metrics)
      throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 64);
    ExecutorService threads =
        Executors.newFixedThreadPool(
            THREADS,
            task -> {
              Thread thread = new Thread(task, "admin");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    AdminServer admin = new AdminServer(server, threads);
    server.createContext(
        "/metrics",
        exchange -> admin.send(exchange, 200, "text/plain; version=0.0.4", metrics.scrape()));
    server.createContext(
        "/health/live", exchange -> admin.sendJson(exchange, 200, Map.of("status", "UP")));
    server.createContext("/health/ready", admin::ready);
    server.start();
    return admin;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Adds a check to {@code /health/ready}; the same name replaces the one before. */
  public void addReadiness(String name, Check check) {
    readiness.put(name, check);
  }

  /** Adds a path, with everything below it. A handler's exception answers 500 with its message. */
  public void handle(String path, Handler handler) {
    server.createContext(path, exchange -> dispatch(exchange, handler));
  }

  private void ready(HttpExchange exchange) throws IOException {
    Map<String, String> problems = new TreeMap<>();
    readiness.forEach(
        (name, check) -> {
          String problem = problemOf(check::problem);
          if (!problem.isEmpty()) {
            problems.put(name, problem);
          }
        });
    boolean up = problems.isEmpty();
    sendJson(
        exchange,
        up ? 200 : 503,
        up ? Map.of("status", "UP") : Map.of("status", "DOWN", "problems", problems));
  }

  private static String problemOf(Supplier<String> check) {
    try {
      return check.get();
    } catch (RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private void dispatch(HttpExchange exchange, Handler handler) throws IOException {
    Answer answer;
    try {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      URI uri = exchange.getRequestURI();
      answer =
          handler.answer(
              new Request(exchange.getRequestMethod(), uri.getPath(), queryOf(uri), body));
    } catch (RuntimeException e) {
      answer = new Answer(500, Problem.of(500, "internal-error", String.valueOf(e.getMessage())));
    }
    answer.headers().forEach(exchange.getResponseHeaders()::set);
    sendJson(exchange, answer.status(), answer.body());
  }

  private static Map<String, String> queryOf(URI uri) {
    Map<String, String> query = new TreeMap<>();
    if (uri.getQuery() != null) {
      for (String pair : uri.getQuery().split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0) {
          query.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
      }
    }
    return query;
  }

  private void sendJson(HttpExchange exchange, int status, Object body) throws IOException {
    String type = body instanceof Problem ? Problem.MEDIA_TYPE : "application/json";
    send(exchange, status, type, Json.write(body) + "\n");
  }

  private void send(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    try (exchange) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
    try {
      threads.awaitTermination(1, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
