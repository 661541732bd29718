package io.homecell.sync.verify;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * {@code POST /sync/repair} with {@code {"from": "north-1", "to": "south-1", "slots": "0-511",
 * "table": "account.entry", "seconds": 300, "dryRun": true, "delete": false, "by": "...", "reason":
 * "..."}}: repairs and answers with the {@link RepairResult}. One at a time.
 */
public final class RepairApi {
  private static final int SECONDS = 300;
  private static final int SECONDS_MAX = 3_600;

  private final List<Pair> pairs;
  private final ReentrantLock running = new ReentrantLock();

  /**
   * Two cells, the verifications of their pipeline, and the target's whole group.
   *
   * @param source the one whose transactions the pipeline carries
   * @param centers the cell that writes each copy service, if the pipeline carries nothing else;
   *     only the target can be mended then
   */
  public record Pair(
      CellDatabase source,
      CellDatabase target,
      PipelineVerification verification,
      List<CellDatabase> group,
      Map<String, String> centers) {
    public Pair {
      group = List.copyOf(group);
      centers = Map.copyOf(centers);
    }

    /** The pipeline's. */
    public String name() {
      return source.cell() + "-" + target.cell();
    }

    boolean isOneWay() {
      return verification.carried() instanceof CarriedTables.Copies;
    }
  }

  /** Over the pipelines of this process. */
  public RepairApi(List<Pair> pairs) {
    this.pairs = List.copyOf(pairs);
  }

  /** Answers one request. */
  public Answer answer(Request request) {
    if (!request.method().equals("POST")) {
      return problem(405, "method-not-allowed", request.method() + " (expected: POST)");
    }
    Repair repair;
    Pair pair;
    try {
      JsonNode body = Json.read(request.body().isBlank() ? "{}" : request.body(), JsonNode.class);
      pair = pair(body.path("from").asText(), body.path("to").asText());
      boolean forward = pair.source().cell().equals(body.path("from").asText());
      if (!forward && pair.isOneWay()) {
        throw new IllegalArgumentException(
            "from: '"
                + body.path("from").asText()
                + "' only has copies (expected: "
                + pair.source().cell()
                + ", the center)");
      }
      repair =
          new Repair(
              forward ? pair.source() : pair.target(),
              forward ? pair.target() : pair.source(),
              pair.group(),
              pair.centers(),
              order(body));
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    }
    if (!running.tryLock()) {
      return problem(409, "repair-running", "another repair runs here; wait for it");
    }
    try {
      return new Answer(200, repair.run(pair.verification()));
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      return problem(503, "repair-failed", String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return problem(503, "repair-failed", "the process is stopping");
    } finally {
      running.unlock();
    }
  }

  private Pair pair(String from, String to) {
    return pairs.stream()
        .filter(
            pair ->
                List.of(pair.source().cell(), pair.target().cell()).containsAll(List.of(from, to)))
        .filter(pair -> !from.equals(to))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "from, to: '"
                        + from
                        + "', '"
                        + to
                        + "' (expected: the two cells of a pipeline of this process: "
                        + pairs.stream().map(Pair::name).toList()
                        + ")"));
  }

  private static Repair.Order order(JsonNode body) {
    int seconds = body.path("seconds").asInt(SECONDS);
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw new IllegalArgumentException(
          "seconds: " + seconds + " (expected: 1 to " + SECONDS_MAX + ")");
    }
    boolean dryRun = body.path("dryRun").asBoolean();
    String by = body.path("by").asText();
    String reason = body.path("reason").asText();
    if (!dryRun && (by.isBlank() || reason.isBlank())) {
      throw new IllegalArgumentException("by, reason: none (expected: who decided, and why)");
    }
    return new Repair.Order(
        new Scope(text(body, "slots").map(SlotRange::parse), text(body, "table")),
        Duration.ofSeconds(seconds),
        dryRun,
        body.path("delete").asBoolean(),
        by,
        reason);
  }

  private static Optional<String> text(JsonNode body, String field) {
    return Optional.of(body.path(field).asText()).filter(text -> !text.isBlank());
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
