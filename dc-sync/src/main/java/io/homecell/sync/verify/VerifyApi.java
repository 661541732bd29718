package io.homecell.sync.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * {@code POST /sync/verify} with {@code {"pipeline": "north-1-south-1", "slots": "0-511", "table":
 * "account.entry", "seconds": 300}}: verifies and answers with the {@link VerifyResult}. All but
 * the pipeline may be left out. One at a time, so that the cells are never read by more than one.
 */
public final class VerifyApi {
  private static final int SECONDS = 300;
  private static final int SECONDS_MAX = 3_600;

  private final Map<String, PipelineVerification> pipelines;
  private final ReentrantLock running = new ReentrantLock();

  /** Over the verifications of each pipeline, by its name. */
  public VerifyApi(Map<String, PipelineVerification> pipelines) {
    this.pipelines = Map.copyOf(pipelines);
  }

  /** Answers one request. */
  public Answer answer(Request request) {
    if (!request.method().equals("POST")) {
      return problem(405, "method-not-allowed", request.method() + " (expected: POST)");
    }
    PipelineVerification pipeline;
    Scope scope;
    Duration within;
    try {
      JsonNode body = Json.read(request.body().isBlank() ? "{}" : request.body(), JsonNode.class);
      pipeline = pipeline(body.path("pipeline").asText());
      scope = new Scope(text(body, "slots").map(SlotRange::parse), text(body, "table"));
      within = seconds(body.path("seconds").asInt(SECONDS));
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    }
    if (!running.tryLock()) {
      return problem(409, "verification-running", "another verification runs here; wait for it");
    }
    try {
      return new Answer(200, pipeline.run(scope, within, Pace.ASKED_FOR));
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      return problem(503, "verification-failed", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return problem(503, "verification-failed", "the process is stopping");
    } finally {
      running.unlock();
    }
  }

  private PipelineVerification pipeline(String name) {
    PipelineVerification found = pipelines.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "pipeline: '" + name + "' (expected: one of " + pipelines.keySet() + ")");
    }
    return found;
  }

  private static Optional<String> text(JsonNode body, String field) {
    return Optional.of(body.path(field).asText()).filter(text -> !text.isBlank());
  }

  private static Duration seconds(int seconds) {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new IllegalArgumentException(
          "seconds: " + seconds + " (expected: 1 to " + SECONDS_MAX + ")");
    }
    return Duration.ofSeconds(seconds);
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
