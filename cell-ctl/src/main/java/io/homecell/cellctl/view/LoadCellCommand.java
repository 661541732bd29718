package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl sync load}: fills an empty cell from one that is at work. */
@Command(
    name = "load",
    description = {
      "Fills an empty cell from another of its group, which goes on working meanwhile.",
      "Begins it and returns; `cellctl sync status` tells how far it is. It goes on by itself",
      "after any failure."
    },
    mixinStandardHelpOptions = true)
final class LoadCellCommand implements Callable<Integer> {
  /** Tables are counted, for five seconds each at the most. */
  private static final Duration ANSWER_WITHIN = Duration.ofMinutes(10);

  @Mixin private Target target = new Target();

  @Option(
      names = "--cell",
      required = true,
      paramLabel = "CELL",
      description = "The cell to be filled.")
  private String cell = "";

  @Option(
      names = "--from",
      required = true,
      paramLabel = "CELL",
      description = "The cell whose rows it gets.")
  private String from = "";

  @Option(
      names = "--restart",
      description = "The cell's tables are emptied first; a load under way begins anew.")
  private boolean restart;

  @Option(names = "--dry-run", description = "Only says what it would do.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "It is meant; without it nothing is changed.")
  private boolean yes;

  @Override
  public Integer call() {
    if (!dryRun && !yes) {
      throw CommandFailure.usage(
          (restart ? "rows of " + cell + " are thrown away" : cell + " is out of use meanwhile")
              + ": look with --dry-run, confirm with --yes");
    }
    JsonNode plan = send();
    boolean refused = !plan.path("refusals").isEmpty();
    if (target.isJson()) {
      target.printJson(plan);
    } else {
      print(plan);
    }
    return refused ? CommandFailure.Kind.REFUSED.exitCode() : 0;
  }

  private JsonNode send() {
    RunPipeline pipeline =
        RunPipeline.all(target).stream()
            .filter(one -> one.source().equals(from) && one.target().equals(cell))
            .findFirst()
            .orElseThrow(
                () ->
                    CommandFailure.refused(
                        "no process runs a pipeline from " + from + " to " + cell));
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("pipeline", pipeline.name());
    request.put("restart", restart);
    request.put("dryRun", dryRun);
    request.put("by", Operator.name());
    return pipeline.sync(ANSWER_WITHIN).post("/sync/load", Optional.of(request));
  }

  private void print(JsonNode plan) {
    Table tables = new Table("TABLE", "ROWS");
    for (JsonNode one : plan.path("tables")) {
      tables.row(one.path("table").asText(), "about " + one.path("rows").asText());
    }
    target.out().println(tables);
    say("emptied at " + cell + " first: ", plan.path("emptied"));
    say("only at " + cell + ", left as they are: ", plan.path("kept"));
    target.out().println("not carried over: views, triggers, routines, events, users");
    if (!plan.path("refusals").isEmpty()) {
      plan.path("refusals").forEach(one -> target.out().println("refused: " + one.asText()));
    } else if (!dryRun) {
      target.out().println(cell + " is being loaded from " + from + ": cellctl sync status");
    }
  }

  private void say(String what, JsonNode names) {
    if (!names.isEmpty()) {
      List<String> all = new ArrayList<>();
      names.forEach(name -> all.add(name.asText()));
      target.out().println(what + String.join(", ", all));
    }
  }
}
