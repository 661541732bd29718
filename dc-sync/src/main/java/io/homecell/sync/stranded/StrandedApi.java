package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code GET /sync/stranded[?gtid=...]} lists what the cells of this datacenter have kept, with the
 * rows if one is asked for; {@code POST /sync/stranded/replay} and {@code /discard} with {@code
 * {"cell", "gtid", "by", "reason", "force"}} settle one.
 */
public final class StrandedApi {
  private final Map<String, StrandedTransactions> cells;

  /** Over the cells of this datacenter, by name. */
  public StrandedApi(Map<String, StrandedTransactions> cells) {
    this.cells = Map.copyOf(cells);
  }

  /** Answers one request. */
  public Answer answer(Request request) {
    try {
      return switch (request.method() + " " + request.path()) {
        case "GET /sync/stranded" -> list(Optional.ofNullable(request.query().get("gtid")));
        case "POST /sync/stranded/replay" -> settle(request.body(), true);
        case "POST /sync/stranded/discard" -> settle(request.body(), false);
        default -> problem(404, "not-found", request.method() + " " + request.path());
      };
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    } catch (StrandedRefusedException e) {
      return problem(409, "refused", String.valueOf(e.getMessage()));
    } catch (SQLException e) {
      return problem(503, "cell-unavailable", String.valueOf(e.getMessage()));
    }
  }

  private Answer list(Optional<String> gtid) throws SQLException {
    List<JsonNode> all = new ArrayList<>();
    for (StrandedTransactions cell : cells.values()) {
      all.addAll(cell.list(gtid));
    }
    return new Answer(200, Map.of("items", all));
  }

  private Answer settle(String text, boolean replay) throws SQLException, StrandedRefusedException {
    JsonNode body = Json.read(text.isBlank() ? "{}" : text, JsonNode.class);
    String name = body.path("cell").asText();
    StrandedTransactions cell = cells.get(name);
    if (cell == null) {
      throw new IllegalArgumentException(
          "cell: '" + name + "' (expected: one of " + cells.keySet() + ")");
    }
    Decision decision =
        new Decision(
            body.path("gtid").asText(),
            body.path("by").asText(),
            body.path("reason").asText(),
            body.path("force").asBoolean());
    if (replay) {
      cell.replay(decision);
    } else {
      cell.discard(decision);
    }
    return new Answer(200, Map.of("items", cell.list(Optional.of(decision.gtid()))));
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
