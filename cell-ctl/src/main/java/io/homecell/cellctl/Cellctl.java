package io.homecell.cellctl;

import io.homecell.cellctl.load.LoadCommand;
import io.homecell.cellctl.local.DownCommand;
import io.homecell.cellctl.local.KillCommand;
import io.homecell.cellctl.local.UpCommand;
import io.homecell.cellctl.operation.DrillCommand;
import io.homecell.cellctl.operation.FailbackCommand;
import io.homecell.cellctl.operation.FailoverCommand;
import io.homecell.cellctl.operation.OperationCommand;
import io.homecell.cellctl.operation.SwitchoverCommand;
import io.homecell.cellctl.view.AuditCommand;
import io.homecell.cellctl.view.JobsCommand;
import io.homecell.cellctl.view.RouteCommand;
import io.homecell.cellctl.view.RoutesCommand;
import io.homecell.cellctl.view.StatusCommand;
import io.homecell.cellctl.view.SyncCommand;
import io.homecell.cellctl.view.TopologyCommand;
import io.homecell.core.topology.TopologyException;
import io.homecell.local.LocalStartException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code cellctl}: the root of the command line, and what its exit codes mean. */
@Command(
    name = "cellctl",
    description =
        "Runs a Homecell deployment on this machine, and switches users between datacenters.",
    mixinStandardHelpOptions = true,
    version = "cellctl 0.1.0",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = HelpCommand.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:the command line makes no sense",
      "3:refused by a check, nothing was changed"
    })
public final class Cellctl implements Runnable {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandLine.Model.CommandSpec spec;

  /**
   * The whole command line.
   *
   * @param terminal where questions are asked
   */
  public static CommandLine commandLine(Terminal terminal) {
    CommandLine line =
        new CommandLine(new Cellctl())
            .addSubcommand(new UpCommand())
            .addSubcommand(new DownCommand())
            .addSubcommand(new KillCommand())
            .addSubcommand(new StatusCommand())
            .addSubcommand(new TopologyCommand())
            .addSubcommand(new RouteCommand())
            .addSubcommand(new RoutesCommand())
            .addSubcommand(new SwitchoverCommand(terminal))
            .addSubcommand(new FailoverCommand(terminal))
            .addSubcommand(new FailbackCommand(terminal))
            .addSubcommand(new DrillCommand(terminal))
            .addSubcommand(new OperationCommand())
            .addSubcommand(new AuditCommand())
            .addSubcommand(new SyncCommand())
            .addSubcommand(new JobsCommand())
            .addSubcommand(new LoadCommand());
    line.setExecutionExceptionHandler(Cellctl::failed);
    line.setParameterExceptionHandler(Cellctl::misused);
    line.setUsageHelpAutoWidth(true);
    return line;
  }

  private static int failed(Exception e, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    if (e instanceof CommandFailure failure) {
      line.getErr().println("cellctl: " + failure.getMessage());
      return failure.kind().exitCode();
    }
    if (e instanceof LocalStartException || e instanceof TopologyException) {
      line.getErr().println("cellctl: " + e.getMessage());
      return CommandFailure.Kind.FAILED.exitCode();
    }
    throw e;
  }

  private static int misused(CommandLine.ParameterException e, String[] arguments) {
    CommandLine line = e.getCommandLine();
    line.getErr().println("cellctl: " + e.getMessage());
    if (!CommandLine.UnmatchedArgumentException.printSuggestions(e, line.getErr())) {
      line.getErr().println("See: " + line.getCommandSpec().qualifiedName() + " --help");
    }
    return CommandFailure.Kind.USAGE.exitCode();
  }

  /** Without a command: the help, and the exit code of a misuse. */
  @Override
  public void run() {
    throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
  }
}
