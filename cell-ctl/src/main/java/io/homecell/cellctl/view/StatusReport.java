package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.cellctl.control.CoordinationAway;
import io.homecell.cellctl.view.Verdict.Severity;
import io.homecell.core.topology.Topology;
import io.homecell.local.LogTail;
import io.homecell.local.Part;
import io.homecell.local.RunningPart;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What can be found out about a deployment: from the coordinator, and, since that may be what is
 * dead, from the local deployment's state file and the processes themselves.
 *
 * @param control the coordinator's answer; missing if none could be had
 * @param local the processes that the local deployment has started
 * @param health how each of them does, by name
 * @param verdicts what is wrong, worst first; one that says so if nothing is
 */
record StatusReport(
    JsonNode control, List<RunningPart> local, Map<String, Health> health, List<Verdict> verdicts) {
  private static final int TAIL_LINES = 5;

  /** Of more dead processes than this only the names are told: a datacenter is down. */
  private static final int DEAD_WITH_LOG_MAX = 2;

  static StatusReport gather(Target target, Topology topology) {
    List<RunningPart> local = target.localProcesses();
    Map<String, Health> health = Health.of(local);
    List<Verdict> verdicts = new ArrayList<>();
    JsonNode control = MissingNode.getInstance();
    try {
      control = ControlPlane.find(topology, local).get("/admin/status");
    } catch (CoordinationAway | CommandFailure e) {
      OutsideView outside = OutsideView.look(topology);
      boolean nothing = local.isEmpty() && !outside.anySign();
      verdicts.add(controlAway(String.valueOf(e.getMessage()), nothing));
      if (!nothing) {
        control = outside.control();
        verdicts.addAll(outside.verdicts());
      }
    }
    control.path("verdicts").forEach(node -> verdicts.add(Verdict.of(node)));
    verdicts.addAll(ofProcesses(local, health));
    if (!local.isEmpty()) {
      verdicts.addAll(notStarted(topology, local));
    }
    if (verdicts.stream().anyMatch(Verdict::isWrong)) {
      verdicts.removeIf(verdict -> verdict.severity() == Severity.OK && !verdict.isHealthy());
    } else if (verdicts.stream().allMatch(Verdict::isHealthy)) {
      verdicts.add(Verdict.healthy());
    }
    verdicts.sort(Comparator.comparing(Verdict::severity));
    return new StatusReport(control, local, health, verdicts);
  }

  private static Verdict controlAway(String why, boolean nothingStarted) {
    return nothingStarted
        ? new Verdict(
            Severity.CRITICAL,
            OwnVerdict.NOT_RUNNING,
            "deployment",
            why,
            "start a local deployment with `cellctl up`")
        : new Verdict(
            Severity.WARNING,
            OwnVerdict.CONTROL_PLANE_AWAY,
            "coordinators",
            why,
            "users are served by the routes last known, but nothing can be switched:"
                + " `cellctl up` starts what is dead");
  }

  private static List<Verdict> ofProcesses(List<RunningPart> local, Map<String, Health> health) {
    List<Verdict> verdicts = new ArrayList<>();
    List<RunningPart> dead = new ArrayList<>();
    for (RunningPart part : local) {
      Health of = health.getOrDefault(part.name(), Health.notAsked());
      if (of.state() == Health.State.DEAD) {
        dead.add(part);
      } else if (of.state() != Health.State.UP) {
        verdicts.add(
            new Verdict(
                Severity.WARNING,
                nameOf(of.state()),
                part.name(),
                of.detail() + " (pid " + part.pid() + ")",
                "its log: " + part.log()));
      }
    }
    if (dead.size() > DEAD_WITH_LOG_MAX) {
      List<String> names = dead.stream().map(RunningPart::name).toList();
      verdicts.add(
          dead("deployment", names.size() + " processes are dead: " + String.join(", ", names)));
    } else {
      dead.forEach(part -> verdicts.add(dead(part.name(), deathOf(part))));
    }
    return verdicts;
  }

  private static OwnVerdict nameOf(Health.State state) {
    return switch (state) {
      case STARTING -> OwnVerdict.PROCESS_STARTING;
      case NOT_READY -> OwnVerdict.PROCESS_NOT_READY;
      case SILENT -> OwnVerdict.PROCESS_SILENT;
      case DEAD -> OwnVerdict.PROCESS_DEAD;
      case UP -> throw new IllegalArgumentException("nothing is wrong with one that is " + state);
    };
  }

  private static Verdict dead(String subject, String detail) {
    return new Verdict(
        Severity.WARNING,
        OwnVerdict.PROCESS_DEAD,
        subject,
        detail,
        "`cellctl up` starts what is dead");
  }

  private static String deathOf(RunningPart part) {
    String log = LogTail.describe(part.log(), TAIL_LINES).replace("\n", "\n          ");
    return "pid " + part.pid() + " is dead; " + log;
  }

  private static List<Verdict> notStarted(Topology topology, List<RunningPart> local) {
    Set<String> started = new HashSet<>();
    local.forEach(part -> started.add(part.name()));
    List<String> missing =
        Part.of(topology).stream().map(Part::name).filter(name -> !started.contains(name)).toList();
    return missing.isEmpty()
        ? List.of()
        : List.of(
            new Verdict(
                Severity.WARNING,
                OwnVerdict.PROCESSES_MISSING,
                "deployment",
                String.join(", ", missing) + " never started",
                "`cellctl up` starts what is missing"));
  }

  boolean isOk() {
    return verdicts.stream().noneMatch(Verdict::isWrong);
  }
}
