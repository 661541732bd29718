package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.DurationOption;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Terminal;
import io.homecell.cellctl.control.ControlPlane;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl drill}: off a datacenter and back, with a report. */
@Command(
    name = "drill",
    description = {
      "Moves all users off a datacenter, watches the deployment, moves them back, and writes a report.",
      "Users notice what a planned move costs, twice."
    },
    mixinStandardHelpOptions = true)
public final class DrillCommand implements Callable<Integer> {
  private static final Duration OBSERVE_MAX = Duration.ofHours(1);
  private static final DateTimeFormatter FILE_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss").withZone(ZoneOffset.UTC);

  private final Terminal terminal;

  @Mixin private Target target = new Target();

  @Mixin private WaveOptions waves = new WaveOptions();

  @Option(
      names = "--datacenter",
      required = true,
      paramLabel = "DC",
      description = "The datacenter that its users leave for a while.")
  private String datacenter = "";

  @Option(
      names = "--to",
      paramLabel = "DC",
      description = "Where they go; may be left out if there is only one other.")
  private Optional<String> to = Optional.empty();

  @Option(
      names = "--observe",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = DurationOption.class,
      description = "How long they stay there, up to an hour; ${DEFAULT-VALUE} if not said.")
  private Duration observe = Duration.ZERO;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where the report goes; drill-DC-TIME.md in this folder if not said.")
  private Optional<Path> file = Optional.empty();

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the record.")
  private Optional<String> reason = Optional.empty();

  @Option(names = "--dry-run", description = "Show the plan and the checks, change nothing.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask.")
  private boolean yes;

  public DrillCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (observe.isNegative() || observe.compareTo(OBSERVE_MAX) > 0) {
      throw CommandFailure.usage("--observe: " + observe + " (expected: up to 60m)");
    }
    Map<String, Object> away = new LinkedHashMap<>();
    away.put("kind", "switchover");
    away.put("from", datacenter);
    to.ifPresent(other -> away.put("to", other));
    waves.addTo(away);
    ControlPlane control = ControlPlane.require(target);
    Drill drill = new Drill(target, control, datacenter, away, observe, reason);
    if (!mayBegin(control, away, drill)) {
      return CommandFailure.Kind.REFUSED.exitCode();
    }
    return dryRun ? 0 : run(drill);
  }

  private boolean mayBegin(ControlPlane control, Map<String, Object> away, Drill drill) {
    Map<String, Object> dry = new LinkedHashMap<>(away);
    dry.put("dryRun", true);
    JsonNode plan = control.post("/admin/operations", Optional.of(dry));
    List<String> refusals = drill.refusals(plan);
    if (!target.isJson()) {
      PlanText.lines(plan).forEach(target.out()::println);
      target.out().flush();
    }
    refusals.forEach(refusal -> target.err().println("refused: " + refusal));
    if (refusals.isEmpty() && !yes && !dryRun) {
      OperationStart.yesOrNo(
              terminal, "Move all users off " + datacenter + " and back, on the running system?")
          .ask(plan);
    }
    return refusals.isEmpty();
  }

  private int run(Drill drill) {
    Thread interrupted =
        new Thread(
            () -> {
              target.err().println("\ncellctl: drill interrupted: " + drill.where());
              target.err().flush();
            },
            "drill interrupted");
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      return drill.run();
    } catch (CommandFailure e) {
      drill.report().end("stopped: " + e.getMessage() + "; " + drill.where(), Instant.now());
      return CommandFailure.Kind.FAILED.exitCode();
    } finally {
      // In any case: a drill that went wrong is the one whose report is read.
      write(drill.report());
      try {
        Runtime.getRuntime().removeShutdownHook(interrupted);
      } catch (IllegalStateException shuttingDown) {
        // the hook runs already
      }
    }
  }

  private void write(DrillReport report) {
    List<String> lines = report.lines();
    if (target.isJson()) {
      target.printJson(report.json());
    } else {
      target.out().println();
      lines.forEach(target.out()::println);
    }
    Path path =
        file.orElseGet(
            () -> Path.of("drill-" + datacenter + "-" + FILE_TIME.format(Instant.now()) + ".md"));
    try {
      Files.write(path, lines, StandardCharsets.UTF_8);
      target.err().println("report: " + path.toAbsolutePath());
    } catch (IOException e) {
      target.err().println("cellctl: the report can't be written to " + path + ": " + e);
    }
  }
}
