package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Words;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.cellctl.view.Lists;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cellctl operation}: switch operations, the one under way and those before. */
@Command(
    name = "operation",
    description = "Switch operations: the one under way and those before.",
    mixinStandardHelpOptions = true,
    subcommands = {
      OperationCommand.ListOperations.class,
      OperationCommand.Show.class,
      OperationCommand.Abort.class
    })
public final class OperationCommand extends CommandGroup {
  private static String path(String id) {
    return "/admin/operations/" + URLEncoder.encode(id, StandardCharsets.UTF_8);
  }

  private static void print(Target target, JsonNode operation) {
    if (target.isJson()) {
      target.printJson(operation);
      return;
    }
    target.out().println(OperationText.title(operation));
    operation.path("steps").forEach(step -> target.out().println(OperationText.step(step)));
    OperationText.outcome(operation).forEach(target.out()::println);
  }

  /** All of them. */
  @Command(
      name = "list",
      description = "Lists the operations, the newest first.",
      mixinStandardHelpOptions = true)
  static final class ListOperations implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Override
    public Integer call() {
      JsonNode answer = ControlPlane.require(target).get("/admin/operations");
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      Table table = new Table("ID", "KIND", "FROM", "TO", "STATE", "STARTED", "TOOK", "REASON");
      for (JsonNode operation : Lists.of(answer, "operations")) {
        JsonNode first = operation.path("steps").path(0);
        table.row(
            operation.path("id").asText(),
            operation.path("kind").asText().toLowerCase(Locale.ROOT),
            operation.path("from").asText(""),
            operation.path("to").asText(""),
            OperationText.state(operation),
            first.path("startedAt").asText(""),
            OperationText.isOver(operation)
                ? OperationText.total(operation).map(Words::seconds).orElse("")
                : "under way",
            operation.path("reason").asText(""));
      }
      target.out().println(table.isEmpty() ? "no operation yet" : table.toString());
      return 0;
    }
  }

  /** One of them, step by step. */
  @Command(
      name = "show",
      description = "Shows an operation step by step.",
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Parameters(paramLabel = "ID", description = "As `operation list` shows it.")
    private String id = "";

    @Option(names = "--watch", description = "Follow it until it ends; its end is the exit code.")
    private boolean watch;

    @Override
    public Integer call() {
      ControlPlane control = ControlPlane.require(target);
      if (!watch) {
        print(target, control.get(path(id)));
        return 0;
      }
      JsonNode operation = new OperationWatch(target).untilOver(control, id);
      if (target.isJson()) {
        target.printJson(operation);
      } else {
        OperationText.outcome(operation).forEach(target.out()::println);
      }
      return OperationText.exitCode(operation);
    }
  }

  /** Gives one up. */
  @Command(
      name = "abort",
      description =
          "Gives up an operation that has not reached OPEN; everything is put back, but for waves that have moved.",
      mixinStandardHelpOptions = true)
  static final class Abort implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Parameters(paramLabel = "ID", description = "As `operation list` shows it.")
    private String id = "";

    @Override
    public Integer call() {
      ControlPlane control = ControlPlane.require(target);
      control.post(path(id) + "/abort", Optional.of(Map.of("by", Operator.name())));
      JsonNode operation = new OperationWatch(target).untilOver(control, id);
      if (target.isJson()) {
        target.printJson(operation);
      } else {
        OperationText.outcome(operation).forEach(target.out()::println);
      }
      // Given up is what was asked for; anything else came too late.
      return Set.of("ABORTED", "STOPPED").contains(OperationText.state(operation)) ? 0 : 1;
    }
  }
}
