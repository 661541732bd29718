package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.cellctl.control.Refusals;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One drill: off a datacenter, a look, and back. What it changes goes through the same operations
 * as any other switch, so it is as safe as they are, and each can be given up by itself.
 *
 * <p>At every moment {@link #where} says where the users are and what to do, for one who stops it.
 */
final class Drill {
  private static final Duration LOOK_EACH = Duration.ofSeconds(1);

  /** The way back is refused for a while when replication has to catch up first. */
  private static final Duration BACK_WITHIN = Duration.ofMinutes(2);

  /** That the slots have moved a moment ago is the nature of a drill. */
  private static final String MOVED_BEFORE = "RECENTLY_MOVED";

  private final Target target;
  private ControlPlane control;
  private final String datacenter;
  private final Map<String, Object> away;
  private final Duration observe;
  private final DrillReport report;
  private final Optional<String> reason;
  private String lastOutcome = "";
  private volatile String where;

  Drill(
      Target target,
      ControlPlane control,
      String datacenter,
      Map<String, Object> away,
      Duration observe,
      Optional<String> reason) {
    this.target = target;
    this.control = control;
    this.datacenter = datacenter;
    this.away = away;
    this.observe = observe;
    this.reason = reason;
    this.report = new DrillReport(datacenter, Operator.name(), reason, Instant.now());
    this.where = "nothing has begun, the users of " + datacenter + " are at home";
  }

  String where() {
    return where;
  }

  DrillReport report() {
    return report;
  }

  /** What speaks against it; nothing is changed. */
  List<String> refusals(JsonNode plan) {
    List<String> refusals = new ArrayList<>();
    plan.path("refusals").forEach(refusal -> refusals.add(Refusals.sentence(refusal)));
    if (isAnythingAway()) {
      refusals.add(
          "NOT_AT_HOME: some slots are away from their homes, and the way back would take them"
              + " along; `cellctl failback` first");
    }
    return refusals;
  }

  /** A failback that has nothing to do is refused before it has a plan. */
  private boolean isAnythingAway() {
    try {
      Map<String, Object> back = new LinkedHashMap<>();
      back.put("kind", "failback");
      back.put("dryRun", true);
      control.post("/admin/operations", Optional.of(back));
      return true;
    } catch (CommandFailure refused) {
      if (String.valueOf(refused.getMessage()).contains("NOTHING_TO_MOVE")) {
        return false;
      }
      throw refused;
    }
  }

  /**
   * Runs it to its end.
   *
   * @return the exit code
   */
  int run() {
    Set<String> before = wrong();
    if (!leg("Away", away, "on their way off " + datacenter)) {
      report.end(
          "the switch off " + datacenter + " did not succeed; " + lastOutcome(), Instant.now());
      return 1;
    }
    where = "the users of " + datacenter + " are away; back: " + backCommand();
    say("observes for " + observe.toSeconds() + " s");
    long until = System.nanoTime() + observe.toNanos();
    do {
      wrong().stream().filter(verdict -> !before.contains(verdict)).forEach(report::finding);
      pause();
    } while (System.nanoTime() < until);
    if (!back()) {
      report.end("the users did not come back; " + where, Instant.now());
      return 1;
    }
    where = "all users are at home";
    report.end(
        report.hasFindings()
            ? "went there and back, but see what was seen between"
            : "went there and back, nothing amiss",
        Instant.now());
    return report.hasFindings() ? 1 : 0;
  }

  private String lastOutcome() {
    return lastOutcome + "; see `cellctl routes`; back: " + backCommand();
  }

  private String backCommand() {
    return "cellctl failback --datacenter " + datacenter;
  }

  private boolean leg(String title, Map<String, Object> request, String users) {
    Map<String, Object> body = new LinkedHashMap<>(request);
    body.put("by", Operator.name());
    body.put("reason", "drill" + reason.map(why -> ": " + why).orElse(""));
    body.put("dryRun", false);
    String id = control.post("/admin/operations", Optional.of(body)).path("id").asText();
    where =
        "the users of "
            + datacenter
            + " are "
            + users
            + " with operation "
            + id
            + ", which goes on without this command; back, when it is over: "
            + backCommand();
    say(title.toLowerCase(Locale.ROOT) + ": operation " + id);
    JsonNode operation = new OperationWatch(target).untilOver(control, id);
    report.leg(title, operation);
    lastOutcome = operation.path("outcome").asText("");
    return OperationText.state(operation).equals("DONE");
  }

  /** Refusals that pass by themselves are waited for; one that is the drill's own is overridden. */
  private boolean back() {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", "failback");
    request.put("to", datacenter);
    long until = System.nanoTime() + BACK_WITHIN.toNanos();
    List<String> against = List.of();
    while (System.nanoTime() < until) {
      against = againstBack(request);
      if (against.equals(List.of(MOVED_BEFORE))) {
        request.put("force", List.of(MOVED_BEFORE));
        against = List.of();
      }
      if (against.isEmpty() && leg("Back", request, "on their way home")) {
        return true;
      }
      if (against.isEmpty()) {
        break;
      }
      pause();
    }
    against.forEach(name -> report.finding("the way back was refused: " + name));
    where = "the users of " + datacenter + " are still away; back: " + backCommand();
    return false;
  }

  private List<String> againstBack(Map<String, Object> request) {
    Map<String, Object> dry = new LinkedHashMap<>(request);
    dry.put("by", Operator.name());
    dry.put("reason", "drill");
    dry.put("dryRun", true);
    List<String> names = new ArrayList<>();
    asking(leader -> leader.post("/admin/operations", Optional.of(dry)))
        .path("refusals")
        .forEach(refusal -> names.add(refusal.path("name").asText()));
    return names;
  }

  /** Verdicts that something is wrong, without their changing figures. */
  private Set<String> wrong() {
    Set<String> wrong = new HashSet<>();
    for (JsonNode verdict : asking(leader -> leader.get("/admin/status")).path("verdicts")) {
      String severity = verdict.path("severity").asText();
      if (severity.equals("CRITICAL") || severity.equals("WARNING")) {
        wrong.add(
            severity
                + " "
                + verdict.path("name").asText()
                + " of "
                + verdict.path("subject").asText());
      }
    }
    return wrong;
  }

  /** Another coordinator may lead by now. Only for what changes nothing. */
  private JsonNode asking(Function<ControlPlane, JsonNode> question) {
    try {
      return question.apply(control);
    } catch (CommandFailure e) {
      if (e.kind() != CommandFailure.Kind.FAILED) {
        throw e;
      }
      control = ControlPlane.require(target);
      return question.apply(control);
    }
  }

  private void say(String line) {
    if (!target.isJson()) {
      target.out().println(line);
      target.out().flush();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(LOOK_EACH.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }
}
