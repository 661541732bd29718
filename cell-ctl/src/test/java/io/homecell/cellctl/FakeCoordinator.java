package io.homecell.cellctl;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers the admin API as a test says; the last answer of a path is given again. */
final class FakeCoordinator implements AutoCloseable {
  private record Answer(int status, String body) {}

  private final HttpServer server;
  private final Map<String, Deque<Answer>> answers = new ConcurrentHashMap<>();
  private final List<JsonNode> posted = new CopyOnWriteArrayList<>();

  FakeCoordinator() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.createContext("/", this::answer);
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  /** What was posted, oldest first. */
  List<JsonNode> posted() {
    return posted;
  }

  /** Adds an answer. */
  FakeCoordinator on(String methodAndPath, int status, String body) {
    answers.computeIfAbsent(methodAndPath, any -> new ArrayDeque<>()).add(new Answer(status, body));
    return this;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (exchange.getRequestMethod().equals("POST") && !body.isBlank()) {
      posted.add(Json.read(body, JsonNode.class));
    }
    String dry = body.contains("\"dryRun\":true") ? " dry" : "";
    String key = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath() + dry;
    Deque<Answer> queue = answers.getOrDefault(key, new ArrayDeque<>());
    Answer answer = queue.size() > 1 ? queue.removeFirst() : queue.peekFirst();
    if (answer == null) {
      answer = new Answer(404, "{\"status\":404,\"detail\":\"no answer for " + key + "\"}");
    }
    byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(answer.status(), bytes.length);
    try (exchange) {
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
