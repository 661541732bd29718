package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.PartRole;
import io.homecell.local.RunningPart;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * How a process of the local deployment does, asked from outside.
 *
 * @param state the verdict
 * @param detail what is wrong, or nothing
 */
public record Health(State state, String detail) {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);

  /** What can be said of a process. */
  public enum State {
    /** Runs and says that it is ready. */
    UP,
    /** Runs, has not announced itself yet. */
    STARTING,
    /** Runs and says what it lacks. */
    NOT_READY,
    /** Runs and does not answer. */
    SILENT,
    /** Does not run. */
    DEAD
  }

  static Health notAsked() {
    return new Health(State.SILENT, "not asked");
  }

  /** Asks every process at the same time; the answers by name. */
  static Map<String, Health> of(List<RunningPart> parts) {
    Map<String, Health> answers = new ConcurrentHashMap<>();
    HttpClient http = HttpClient.newBuilder().connectTimeout(ANSWER_WITHIN).build();
    ExecutorService threads = Executors.newFixedThreadPool(Math.max(1, parts.size()));
    try {
      List<Callable<Health>> questions = new ArrayList<>();
      for (RunningPart part : parts) {
        questions.add(
            () -> {
              Health health = ask(part, http);
              answers.put(part.name(), health);
              return health;
            });
      }
      threads.invokeAll(questions);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      threads.shutdownNow();
    }
    return answers;
  }

  private static Health ask(RunningPart part, HttpClient http) {
    if (!part.isAlive()) {
      return new Health(State.DEAD, "");
    }
    if (part.role().equals(PartRole.ZOOKEEPER.label())) {
      return LocalZookeeper.serves(new Endpoint(part.host(), part.port().orElse(0)))
          ? new Health(State.UP, "")
          : new Health(State.SILENT, "does not serve");
    }
    if (part.role().equals(PartRole.MYSQL.label())) {
      return connects(part.host(), part.port().orElse(0))
          ? new Health(State.UP, "")
          : new Health(State.SILENT, "does not accept connections");
    }
    return part.adminPort()
        .filter(port -> port > 0)
        .map(port -> askReady(part.host(), port, http))
        .orElse(new Health(State.STARTING, "has not announced itself"));
  }

  private static boolean connects(String host, int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, port), (int) ANSWER_WITHIN.toMillis());
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static Health askReady(String host, int adminPort, HttpClient http) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + host + ":" + adminPort + "/health/ready"))
            .timeout(ANSWER_WITHIN)
            .build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200
          ? new Health(State.UP, "")
          : new Health(State.NOT_READY, problems(response.body()));
    } catch (IOException e) {
      return new Health(State.SILENT, "its admin port does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Health(State.SILENT, "interrupted");
    }
  }

  private static String problems(String body) {
    try {
      JsonNode problems = Json.mapper().readTree(body).path("problems");
      List<String> texts = new ArrayList<>();
      problems.properties().forEach(p -> texts.add(p.getKey() + ": " + p.getValue().asText()));
      return texts.isEmpty() ? "not ready" : String.join("; ", texts);
    } catch (IOException notJson) {
      return "not ready";
    }
  }
}
