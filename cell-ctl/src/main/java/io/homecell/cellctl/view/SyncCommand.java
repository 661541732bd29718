package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl sync}: replication between the cells. */
@Command(
    name = "sync",
    description = "Replication between the cells.",
    mixinStandardHelpOptions = true,
    subcommands = {
      SyncCommand.Status.class,
      VerifyCommand.class,
      RepairCommand.class,
      StrandedCommand.class,
      DdlCommand.class,
      LoadCellCommand.class
    })
public final class SyncCommand extends CommandGroup {
  /** How each pipeline does. */
  @Command(
      name = "status",
      description =
          "Shows each pipeline: its state, how far it is behind, why it waits, what to set.",
      mixinStandardHelpOptions = true)
  static final class Status implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Option(
        names = "--wide",
        description = "A second table: lags p50 and p99, rates, lanes, retries, barriers.")
    private boolean wide;

    @Override
    public Integer call() {
      JsonNode answer = ControlPlane.require(target).get("/admin/sync");
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      JsonNode pipelines = Lists.of(answer, "pipelines");
      String text = PipelineText.of(pipelines);
      target.out().println(text.isEmpty() ? "no pipeline has reported yet" : text);
      if (wide && !text.isEmpty()) {
        target.out().println();
        target.out().println(PipelineText.flows(pipelines));
      }
      return 0;
    }
  }
}
