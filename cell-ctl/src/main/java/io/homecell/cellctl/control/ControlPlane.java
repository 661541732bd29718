package io.homecell.cellctl.control;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The admin API of the coordinator that leads. Every call is bounded in time. An error answer
 * becomes a {@link CommandFailure} with the exit code that fits it.
 */
public final class ControlPlane {
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);

  /** A session of the coordination service and an election, and some. */
  private static final Duration LEADER_WITHIN = Duration.ofSeconds(30);

  private static final Duration RETRY = Duration.ofMillis(200);

  private final String who;
  private final String base;
  private final Duration answerWithin;
  private final HttpClient http;

  ControlPlane(String base) {
    this("coordinator", base, ANSWER_WITHIN);
  }

  private ControlPlane(String who, String base, Duration answerWithin) {
    this.who = who;
    this.base = base;
    this.answerWithin = answerWithin;
    // A follower answers with a redirect to the leader.
    this.http =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_WITHIN)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
  }

  /** The admin API of a dc-sync process, by the address that a pipeline's status names. */
  public static ControlPlane ofSync(String base, Duration answerWithin) {
    return new ControlPlane("dc-sync", base, answerWithin);
  }

  /**
   * Finds the leader: through ZooKeeper, or, if that is away, through the coordinators that the
   * local deployment has started.
   *
   * @throws CoordinationAway if no coordinator can be found
   */
  public static ControlPlane find(Topology topology, List<RunningPart> local)
      throws CoordinationAway {
    try (ZookeeperView zookeeper = ZookeeperView.connect(topology.coordination())) {
      return new ControlPlane(
          zookeeper
              .leader()
              .orElseThrow(
                  () ->
                      CoordinationAway.passing(
                          "no coordinator leads; start one (local deployment: `cellctl up`)")));
    } catch (CoordinationAway away) {
      for (RunningPart part : away.mayPass() ? List.<RunningPart>of() : local) {
        if (part.role().equals(PartRole.COORDINATOR.label())
            && part.isAlive()
            && part.adminPort().isPresent()) {
          return new ControlPlane("http://" + part.host() + ":" + part.adminPort().get());
        }
      }
      throw away;
    }
  }

  /**
   * The leader, or the end of the command. A leader that has just died leads until its session is
   * over, so one that does not accept connections is waited for until another takes over.
   */
  public static ControlPlane require(Target target) {
    Instant deadline = Instant.now().plus(LEADER_WITHIN);
    boolean told = false;
    while (true) {
      String away;
      try {
        ControlPlane found = find(target.topology(), target.localProcesses());
        if (found.accepts()) {
          return found;
        }
        away = "the coordinator at " + found.base + " does not answer";
      } catch (CoordinationAway e) {
        away = String.valueOf(e.getMessage());
        if (!e.mayPass()) {
          throw CommandFailure.failed(away);
        }
      }
      if (Instant.now().isAfter(deadline)) {
        throw CommandFailure.failed(away);
      }
      if (!told) {
        target.err().println("cellctl: " + away + "; waiting for another one to lead");
        target.err().flush();
        told = true;
      }
      pause();
    }
  }

  private boolean accepts() {
    URI uri = URI.create(base);
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(uri.getHost(), uri.getPort()), (int) CONNECT_WITHIN.toMillis());
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(RETRY.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }

  /** Where it is. */
  public String base() {
    return base;
  }

  /** Reads. */
  public JsonNode get(String path) {
    return send(HttpRequest.newBuilder(URI.create(base + path)).GET());
  }

  /** Changes something; an absent body is sent as an empty one. */
  public JsonNode post(String path, Optional<Object> body) {
    return send(
        HttpRequest.newBuilder(URI.create(base + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.map(Json::write).orElse(""))));
  }

  private JsonNode send(HttpRequest.Builder builder) {
    HttpRequest request = builder.timeout(answerWithin).build();
    try {
      HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
      JsonNode body = parse(response.body());
      if (response.statusCode() >= 400) {
        throw problem(response.statusCode(), body, request.uri());
      }
      return body;
    } catch (IOException e) {
      throw CommandFailure.failed("the " + who + " at " + base + " does not answer: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }

  private static JsonNode parse(String body) {
    try {
      return body.isBlank() ? MissingNode.getInstance() : Json.mapper().readTree(body);
    } catch (IOException notJson) {
      return MissingNode.getInstance();
    }
  }

  private static CommandFailure problem(int status, JsonNode body, URI uri) {
    String detail =
        body.path("detail").asText(body.path("title").asText(uri + " answered " + status));
    return switch (status) {
      case 400, 422 -> CommandFailure.usage(detail);
      case 409 -> {
        List<String> reasons = new ArrayList<>();
        body.path("refusals").forEach(refusal -> reasons.add(Refusals.sentence(refusal)));
        yield reasons.isEmpty()
            ? CommandFailure.refused(detail)
            : CommandFailure.refused("refused, nothing was changed:", reasons);
      }
      default -> CommandFailure.failed(detail);
    };
  }
}
