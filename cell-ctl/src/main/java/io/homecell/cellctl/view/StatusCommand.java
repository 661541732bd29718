package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.core.topology.Topology;
import io.homecell.local.RunningPart;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl status}: first what is wrong and what to do about it, then everything else. */
@Command(
    name = "status",
    description = {
      "Says what is wrong and what to do, then shows datacenters, cells, pipelines, processes.",
      "Also with the coordinators or ZooKeeper down."
    },
    mixinStandardHelpOptions = true)
public final class StatusCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(names = "--check", description = "Exit with 1 if anything is wrong.")
  private boolean check;

  @Override
  public Integer call() {
    Topology topology = target.topology();
    StatusReport report = StatusReport.gather(target, topology);
    if (target.isJson()) {
      target.printJson(json(report));
    } else {
      print(report, topology);
    }
    return check && !report.isOk() ? 1 : 0;
  }

  private Map<String, Object> json(StatusReport report) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("ok", report.isOk());
    json.put("topology", target.topologyFile().toString());
    json.put("verdicts", report.verdicts());
    List<String> named = List.of("verdicts", "processes");
    report
        .control()
        .properties()
        .forEach(
            field -> {
              if (!named.contains(field.getKey())) {
                json.put(field.getKey(), field.getValue());
              }
            });
    json.put("processes", processes(report));
    json.put("appliedEpochs", report.control().path("processes"));
    return json;
  }

  private static List<Map<String, Object>> processes(StatusReport report) {
    List<Map<String, Object>> processes = new ArrayList<>();
    for (RunningPart part : report.local()) {
      Health health = health(report, part);
      Map<String, Object> process = new LinkedHashMap<>();
      process.put("name", part.name());
      process.put("role", part.role());
      part.datacenter().ifPresent(datacenter -> process.put("datacenter", datacenter));
      part.cell().ifPresent(cell -> process.put("cell", cell));
      process.put("pid", part.pid());
      part.port().ifPresent(port -> process.put("port", port));
      part.adminPort().ifPresent(port -> process.put("adminPort", port));
      process.put("state", health.state());
      process.put("detail", health.detail());
      process.put("startedAt", part.startedAt());
      process.put("log", part.log().toString());
      processes.add(process);
    }
    return processes;
  }

  private static Health health(StatusReport report, RunningPart part) {
    return report.health().getOrDefault(part.name(), Health.notAsked());
  }

  private void print(StatusReport report, Topology topology) {
    report.verdicts().stream()
        .filter(verdict -> !verdict.isHealthy())
        .forEach(verdict -> target.out().println(verdict));
    List<String> healthy =
        report.verdicts().stream().filter(Verdict::isHealthy).map(Verdict::subject).toList();
    if (!healthy.isEmpty()) {
      target.out().println("OK        HEALTHY  " + String.join(", ", healthy));
    }
    JsonNode control = report.control();
    if (!control.isMissingNode()) {
      ControlTables.print(control, topology, target.out());
    }
    if (!report.local().isEmpty()) {
      Table table = new Table("PROCESS", "DATACENTER", "CELL", "PID", "PORT", "ADMIN", "STATE");
      for (RunningPart part : report.local()) {
        table.row(
            part.name(),
            part.datacenter().orElse(""),
            part.cell().orElse(""),
            part.pid(),
            part.port().map(String::valueOf).orElse(""),
            part.adminPort().map(String::valueOf).orElse(""),
            health(report, part).state());
      }
      target.out().println();
      target.out().println(table);
    }
  }
}
