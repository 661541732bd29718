package io.homecell.cellctl.operation;

import io.homecell.cellctl.Terminal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl failover}: off a dead datacenter. */
@Command(
    name = "failover",
    description = {
      "Moves all users off a datacenter that is lost. Its writes that were not replicated stay behind;",
      "they are listed when it comes back."
    },
    mixinStandardHelpOptions = true)
public final class FailoverCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private OperationStart start = new OperationStart();

  @Option(
      names = "--from",
      required = true,
      paramLabel = "DC",
      description = "The datacenter that is lost.")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "DC",
      description = "The datacenter to go to; may be left out if there is only one.")
  private Optional<String> to = Optional.empty();

  public FailoverCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", "failover");
    request.put("from", from);
    to.ifPresent(datacenter -> request.put("to", datacenter));
    return start.run(
        request,
        OperationStart.typed(
            terminal,
            "What "
                + from
                + " had committed and not sent stays behind. Type its name to fail over:",
            from));
  }
}
