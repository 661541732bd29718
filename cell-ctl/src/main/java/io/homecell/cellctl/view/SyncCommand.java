package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandGroup;
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

    @Override
    public Integer call() {
      JsonNode answer = ControlPlane.require(target).get("/admin/sync");
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      String text = PipelineText.of(Lists.of(answer, "pipelines"));
      target.out().println(text.isEmpty() ? "no pipeline has reported yet" : text);
      return 0;
    }
  }
}
