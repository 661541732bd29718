package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.cellctl.control.CoordinationAway;
import io.homecell.core.topology.Topology;
import io.homecell.local.LogTail;
import io.homecell.local.Part;
import io.homecell.local.RunningPart;
import java.util.ArrayList;
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
 * @param verdicts what is wrong; one that says so if nothing is
 */
record StatusReport(
    JsonNode control, List<RunningPart> local, Map<String, Health> health, List<Verdict> verdicts) {
  private static final int TAIL_LINES = 5;

  static StatusReport gather(Target target, Topology topology) {
    List<RunningPart> local = target.localProcesses();
    Map<String, Health> health = Health.of(local);
    List<Verdict> verdicts = new ArrayList<>();
    JsonNode control = MissingNode.getInstance();
    try {
      control = ControlPlane.find(topology, local).get("/admin/status");
    } catch (CoordinationAway | CommandFailure e) {
      verdicts.add(
          local.isEmpty()
              ? new Verdict(
                  "NOT_RUNNING",
                  String.valueOf(e.getMessage()),
                  "Start a local deployment with `cellctl up`.")
              : new Verdict(
                  "CONTROL_PLANE_AWAY",
                  String.valueOf(e.getMessage()),
                  "Users are served with the routes last known; nothing can be switched until a"
                      + " coordinator leads."));
    }
    control.path("verdicts").forEach(node -> Verdict.of(node).ifPresent(verdicts::add));
    for (RunningPart part : local) {
      Health of = health.getOrDefault(part.name(), new Health(Health.State.SILENT, "not asked"));
      if (of.state() != Health.State.UP) {
        verdicts.add(verdict(part, of));
      }
    }
    if (!local.isEmpty()) {
      verdicts.addAll(notStarted(topology, local));
    }
    verdicts.removeIf(Verdict::isOk);
    if (verdicts.isEmpty()) {
      verdicts.add(new Verdict(Verdict.OK, "everything is up", ""));
    }
    return new StatusReport(control, local, health, verdicts);
  }

  private static Verdict verdict(RunningPart part, Health health) {
    String name = "PROCESS_" + health.state();
    if (health.state() == Health.State.DEAD) {
      return new Verdict(
          name,
          part.name()
              + " (pid "
              + part.pid()
              + ") is dead; "
              + LogTail.describe(part.log(), TAIL_LINES).replace("\n", "\n    "),
          "`cellctl up` starts it again.");
    }
    return new Verdict(
        name,
        part.name() + " (pid " + part.pid() + "): " + health.detail(),
        "Its log: " + part.log());
  }

  private static List<Verdict> notStarted(Topology topology, List<RunningPart> local) {
    Set<String> started = new HashSet<>();
    local.forEach(part -> started.add(part.name()));
    return Part.of(topology).stream()
        .filter(part -> !started.contains(part.name()))
        .map(
            part ->
                new Verdict(
                    "PROCESS_MISSING", part.name() + " was not started", "`cellctl up` starts it."))
        .toList();
  }

  boolean isOk() {
    return verdicts.stream().allMatch(Verdict::isOk);
  }
}
