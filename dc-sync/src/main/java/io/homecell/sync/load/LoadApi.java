package io.homecell.sync.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import java.sql.SQLException;
import java.util.Map;

/**
 * {@code POST /sync/load} with {@code {"pipeline": "north-1-south-1", "restart": false, "dryRun":
 * true, "by": "ann"}}: begins the load of the pipeline's target, or says what it would do; answers
 * with the {@link LoadPlan}. Progress is in the pipeline's status.
 */
public final class LoadApi {
  private final Map<String, LoadRequests> pipelines;

  /** Over the pipelines of this datacenter, by name. */
  public LoadApi(Map<String, LoadRequests> pipelines) {
    this.pipelines = Map.copyOf(pipelines);
  }

  /** Answers one request. */
  public Answer answer(Request request) {
    if (!request.method().equals("POST")) {
      return problem(405, "method-not-allowed", request.method() + " (expected: POST)");
    }
    try {
      JsonNode body = Json.read(request.body().isBlank() ? "{}" : request.body(), JsonNode.class);
      String name = body.path("pipeline").asText();
      LoadRequests loads = pipelines.get(name);
      if (loads == null) {
        return problem(
            400,
            "bad-request",
            "pipeline: '" + name + "' (expected: one of " + pipelines.keySet() + ")");
      }
      boolean restart = body.path("restart").asBoolean();
      if (body.path("dryRun").asBoolean()) {
        return new Answer(200, loads.plan(restart));
      }
      return new Answer(200, loads.begin(restart, body.path("by").asText()));
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    } catch (LoadRefusedException e) {
      return problem(409, "refused", String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      return problem(503, "cell-unavailable", String.valueOf(e.getMessage()));
    }
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
