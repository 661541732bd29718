package io.homecell.coordinator.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.coordinator.cells.CellComparison;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellWatch;
import io.homecell.coordinator.cells.LoadReader;
import io.homecell.coordinator.cells.SlotContent;
import io.homecell.coordinator.epochs.EpochGuard;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.switchover.Leadership;
import io.homecell.coordinator.switchover.Operations;
import io.homecell.core.audit.AuditLog;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.http.AdminServer;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteTableJson;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;

/**
 * The admin API, below {@code /admin}, served by the leader; a follower answers 307 to the leader.
 * No expression language, no reflection: every path is listed here.
 */
public final class AdminApi {
  /** The part of the API that is about jobs. */
  public interface Jobs {
    /** All jobs with owner and state. */
    Object list();

    /** The runs of a job, newest first; empty if there is no such job. */
    Optional<Object> history(String job);
  }

  private static final int AUDIT_PAGE = 200;

  private final Operations operations;
  private final EpochGuard guard;
  private final Leadership leadership;
  private final StatusReader status;
  private final BooleanSupplier connected;
  private final String zookeeper;
  private final CellComparison comparison;
  private final Jobs jobs;
  private final AuditLog audit;
  private final Topology topology;
  private final SlotContent content;

  public AdminApi(
      Topology topology,
      CuratorFramework client,
      CellReader reader,
      LoadReader loads,
      CellWatch watch,
      Executor threads,
      CellComparison comparison,
      SlotContent content,
      Operations operations,
      EpochGuard guard,
      Leadership leadership,
      Jobs jobs,
      Clock clock) {
    this.operations = operations;
    this.guard = guard;
    this.leadership = leadership;
    this.status =
        new StatusReader(
            topology, client, reader, loads, watch, threads, operations, leadership, clock);
    this.connected = () -> client.getZookeeperClient().isConnected();
    this.zookeeper = topology.coordination().zookeeper();
    this.comparison = comparison;
    this.jobs = jobs;
    this.audit = new AuditLog(client);
    this.topology = topology;
    this.content = content;
  }

  /** Serves the API. */
  public void serveOn(AdminServer server) {
    server.handle("/admin", this::answer);
  }

  Answer answer(Request request) {
    boolean isStatus = request.method().equals("GET") && request.path().equals("/admin/status");
    if (isStatus && !connected.getAsBoolean()) {
      return withoutCoordination("ZooKeeper at " + zookeeper + " does not answer");
    }
    if (!leadership.isLeader()) {
      return toLeader(request);
    }
    try {
      return dispatch(request);
    } catch (IllegalArgumentException e) {
      return problem(400, "bad-request", String.valueOf(e.getMessage()));
    } catch (CoordinationException e) {
      if (isStatus) {
        return withoutCoordination(String.valueOf(e.getMessage()));
      }
      return problem(503, "coordination-unavailable", String.valueOf(e.getMessage()));
    }
  }

  /** Then nobody leads, and whoever is asked says what it can. */
  private Answer withoutCoordination(String why) {
    return new Answer(200, status.readWithout(why));
  }

  private Answer toLeader(Request request) {
    Optional<String> leader = leadership.leaderUrl();
    if (leader.isEmpty()) {
      return new Answer(
          503,
          Problem.of(503, "no-leader", "no coordinator leads at the moment; ask again"),
          Map.of("Retry-After", "1"));
    }
    String query =
        request.query().isEmpty()
            ? ""
            : "?"
                + String.join(
                    "&",
                    request.query().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .toList());
    String location = leader.get() + request.path() + query;
    return new Answer(
        307,
        Problem.of(307, "not-the-leader", "the leader is at " + leader.get()),
        Map.of("Location", location));
  }

  private Answer dispatch(Request request) {
    List<String> path = List.of(request.path().substring("/admin".length()).split("/", -1));
    String what = path.size() > 1 ? path.get(1) : "";
    boolean get = request.method().equals("GET");
    if (what.equals("operations")) {
      return operations(request, path.subList(2, path.size()));
    }
    if (what.equals("routes") && path.size() == 3 && path.get(2).equals("raise") && !get) {
      return raise(request.body());
    }
    if (!get) {
      return problem(405, "method-not-allowed", request.method() + " (expected: GET)");
    }
    return switch (what) {
      case "status" -> new Answer(200, status.read());
      case "routes" ->
          status
              .table()
              .map(table -> new Answer(200, Json.read(RouteTableJson.write(table), JsonNode.class)))
              .orElseGet(() -> problem(404, "no-route-table", "there is no route table yet"));
      case "sync" -> new Answer(200, items(status.pipelines()));
      case "slots" -> slot(path.subList(2, path.size()));
      case "audit" -> new Answer(200, auditPage(request.query()));
      case "stranded" -> new Answer(200, items(status.stranded()));
      case "verify" -> new Answer(200, Map.of("differences", comparison.differences()));
      case "jobs" -> jobs(path.subList(2, path.size()));
      default -> problem(404, "not-found", request.path());
    };
  }

  private Answer operations(Request request, List<String> path) {
    boolean get = request.method().equals("GET");
    boolean post = request.method().equals("POST");
    if (path.isEmpty() && get) {
      return new Answer(200, items(operations.list()));
    }
    if (path.isEmpty() && post) {
      return begin(OperationBody.parse(request.body()));
    }
    if (path.size() == 1 && get) {
      return operations
          .find(path.get(0))
          .map(operation -> new Answer(200, operation))
          .orElseGet(() -> problem(404, "not-found", "there is no operation " + path.get(0)));
    }
    if (path.size() == 2 && post && path.get(1).equals("abort")) {
      return abort(path.get(0), request.body());
    }
    return problem(404, "not-found", request.method() + " " + request.path());
  }

  /** Puts a ZooKeeper right that was restored from an old copy. */
  private Answer raise(String body) {
    JsonNode asked = Json.read(body, JsonNode.class);
    String reason = asked.path("reason").asText("").strip();
    if (reason.isEmpty()) {
      return problem(400, "bad-request", "reason: missing (expected: why, for the audit log)");
    }
    Set<String> without = new TreeSet<>();
    asked.path("without").forEach(cell -> without.add(cell.asText()));
    EpochGuard.Raised raised =
        guard.raise(
            asked.path("dryRun").asBoolean(false),
            reason,
            without,
            operation -> operations.giveUp(operation, "EPOCH_WENT_BACK: " + reason));
    return raised.refusals().isEmpty()
        ? new Answer(200, Map.of("findings", raised.findings(), "changes", raised.changes()))
        : problem(409, "refused", String.join("; ", raised.refusals()));
  }

  private Answer begin(OperationBody body) {
    Optional<Refusal> wentBack = guard.refusal();
    if (wentBack.isPresent()) {
      return new Answer(409, refused(List.of(wentBack.get())));
    }
    Operations.Answer answer =
        body.dryRun() ? operations.dryRun(body.request()) : operations.begin(body.request());
    if (body.dryRun() && answer.plan().isPresent()) {
      return new Answer(200, PlanView.of(body.request(), answer));
    }
    if (!answer.refusals().isEmpty()) {
      return new Answer(409, refused(answer.refusals()));
    }
    return new Answer(202, Map.of("id", answer.id().orElseThrow()));
  }

  private static Map<String, Object> refused(List<Refusal> refusals) {
    Problem problem =
        Problem.of(
            409, "refused", String.join("; ", refusals.stream().map(Refusal::toString).toList()));
    Map<String, Object> body = new TreeMap<>();
    body.put("type", problem.type());
    body.put("title", problem.title());
    body.put("status", problem.status());
    body.put("detail", problem.detail());
    body.put("refusals", refusals);
    return body;
  }

  private Answer abort(String id, String body) {
    JsonNode asked = Json.read(body.isBlank() ? "{}" : body, JsonNode.class);
    return operations
        .abort(
            id,
            asked.path("reason").asText("asked for"),
            Optional.ofNullable(asked.path("by").textValue()))
        .map(reason -> problem(409, "can-not-abort", reason))
        .orElseGet(() -> new Answer(202, Map.of("id", id)));
  }

  /** {@code /admin/slots/17}: who owns it, and what it holds there. */
  private Answer slot(List<String> path) {
    String text = path.size() == 1 ? path.get(0) : "";
    if (!text.matches("\\d{1,6}") || !topology.slots().contains(Integer.parseInt(text))) {
      return problem(
          404,
          "not-found",
          "slot '" + text + "' (expected: below " + topology.slots().count() + ")");
    }
    int slot = Integer.parseInt(text);
    Optional<RouteTable> table = status.table();
    if (table.isEmpty()) {
      return problem(404, "no-route-table", "there is no route table yet");
    }
    String owner = table.get().of(slot).owner();
    try {
      return new Answer(
          200,
          Map.of(
              "slot",
              slot,
              "owner",
              owner,
              "datacenter",
              topology.cell(owner).datacenter(),
              "tables",
              content.of(owner, slot)));
    } catch (SQLException e) {
      return problem(503, "owner-unreachable", owner + ": " + CellReader.reason(e));
    }
  }

  private AuditLog.Page auditPage(Map<String, String> query) {
    try {
      return audit.read(
          Instant.parse(query.getOrDefault("since", "1970-01-01T00:00:00Z")),
          Optional.ofNullable(query.get("cursor")),
          AUDIT_PAGE);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "since: '" + query.get("since") + "' (expected: such as 2026-11-27T03:00:00Z)", e);
    }
  }

  private Answer jobs(List<String> path) {
    if (path.isEmpty()) {
      return new Answer(200, jobs.list());
    }
    if (path.size() == 2 && path.get(1).equals("history")) {
      return jobs.history(path.get(0))
          .map(history -> new Answer(200, history))
          .orElseGet(() -> problem(404, "not-found", "there is no job " + path.get(0)));
    }
    return problem(404, "not-found", "/admin/jobs/" + String.join("/", path));
  }

  private static Map<String, Object> items(List<?> items) {
    return Map.of("items", items);
  }

  private static Answer problem(int status, String kind, String detail) {
    return new Answer(status, Problem.of(status, kind, detail));
  }
}
