package io.homecell.sync.pipeline;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.sync.position.Gtid;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What a person has decided about the statement at which a pipeline stands.
 *
 * @param pipeline {@code source-target}
 * @param gtid of the statement: only that at which the pipeline stands may be named
 */
public record SchemaDecision(String pipeline, Gtid gtid, Action action) {
  /** What is to become of it. */
  public enum Action {
    /** The statement is run at the target. */
    APPLY,
    /** The target goes on without it. */
    SKIP
  }

  /** Why a decision was not carried out; nothing was changed. */
  public static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  private record Body(String pipeline, String gtid, String action) {}

  /**
   * Reads {@code {"pipeline": "north-1-south-1", "gtid": "...:7", "action": "apply"}}.
   *
   * @throws IllegalArgumentException if it is anything else
   */
  static SchemaDecision parse(String json) {
    Body body = Json.read(json, Body.class);
    if (body.pipeline() == null || body.gtid() == null || body.action() == null) {
      throw new IllegalArgumentException("body: expected pipeline, gtid and action");
    }
    Action action =
        switch (body.action().toLowerCase(Locale.ROOT)) {
          case "apply" -> Action.APPLY;
          case "skip" -> Action.SKIP;
          default ->
              throw new IllegalArgumentException(
                  "action: '" + body.action() + "' (expected: apply or skip)");
        };
    return new SchemaDecision(body.pipeline(), Gtid.parse(body.gtid()), action);
  }

  /** Answers {@code POST /sync/ddl}. */
  public static Answer answer(Request request, Pipelines pipelines) {
    if (!request.method().equals("POST")) {
      return problem(405, "method-not-allowed", request.method() + " (expected: POST)");
    }
    SchemaDecision decision;
    try {
      decision = parse(request.body());
    } catch (IllegalArgumentException e) {
      return problem(400, "malformed", String.valueOf(e.getMessage()));
    }
    Optional<Pipeline> pipeline = pipelines.find(decision.pipeline());
    if (pipeline.isEmpty()) {
      return problem(404, "no-such-pipeline", "no pipeline " + decision.pipeline() + " runs here");
    }
    try {
      String statement = pipeline.get().settle(decision);
      return new Answer(
          200,
          Map.of(
              "pipeline", decision.pipeline(),
              "gtid", decision.gtid().toString(),
              "action", decision.action().name().toLowerCase(Locale.ROOT),
              "statement", statement));
    } catch (Refused e) {
      return problem(409, "refused", String.valueOf(e.getMessage()));
    }
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
