package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cellctl sync}: replication between the cells. */
@Command(
    name = "sync",
    description = "Replication between the cells.",
    mixinStandardHelpOptions = true,
    subcommands = {
      SyncCommand.Status.class,
      VerifyCommand.class,
      StrandedCommand.class,
      DdlCommand.class
    })
public final class SyncCommand extends CommandGroup {
  /** The table of pipelines, here and in {@code cellctl status}. */
  static Table pipelines(JsonNode pipelines) {
    Table table =
        new Table(
            "PIPELINE",
            "STATE",
            "LAG",
            "APPLIED",
            "SKIPPED",
            "STRANDED",
            "CONFLICTS",
            "VERIFIED",
            "DETAIL");
    for (JsonNode pipeline : pipelines) {
      JsonNode lag = pipeline.path("lagMillis");
      table.row(
          pipeline.path("source").asText() + " -> " + pipeline.path("target").asText(),
          pipeline.path("state").asText(),
          lag.isNumber() ? lag.asLong() + " ms" : "",
          pipeline.path("applied").asText(),
          pipeline.path("skipped").asText(),
          pipeline.path("stranded").asText(),
          pipeline.path("conflicts").asText(),
          verified(pipeline.path("verified")),
          pipeline.path("detail").asText());
    }
    return table;
  }

  private static String verified(JsonNode verified) {
    if (verified.isMissingNode()) {
      return "";
    }
    long differences = verified.path("differences").asLong();
    if (differences > 0) {
      return differences + " rows differ";
    }
    return verified.path("equal").asBoolean() ? "equal" : "in part";
  }

  /** How each pipeline does. */
  @Command(
      name = "status",
      description = "Shows each pipeline: its state, how far it is behind, what it has applied.",
      mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Override
    public Integer call() {
      JsonNode answer = ControlPlane.require(target).get("/admin/sync");
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      Table table = pipelines(Lists.of(answer, "pipelines"));
      target.out().println(table.isEmpty() ? "no pipeline has reported yet" : table.toString());
      return 0;
    }
  }
}
