package io.homecell.cellctl;

import java.util.List;
import picocli.CommandLine;

/** A command that only holds others: called by itself, it is a misuse that names them. */
public abstract class CommandGroup implements Runnable {
  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  private CommandLine.Model.CommandSpec spec;

  @Override
  public final void run() {
    List<String> names = List.copyOf(spec.subcommands().keySet());
    String last = names.get(names.size() - 1);
    String expected =
        names.size() == 1
            ? last
            : String.join(", ", names.subList(0, names.size() - 1)) + " or " + last;
    throw new CommandLine.ParameterException(
        spec.commandLine(), "a command is missing (expected: " + expected + ")");
  }
}
