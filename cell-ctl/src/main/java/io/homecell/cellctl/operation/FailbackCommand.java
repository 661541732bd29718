package io.homecell.cellctl.operation;

import io.homecell.cellctl.Terminal;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl failback}: users back to their homes. */
@Command(
    name = "failback",
    description = "Moves users back to their homes; nothing is lost.",
    mixinStandardHelpOptions = true)
public final class FailbackCommand implements Callable<Integer> {
  private final Terminal terminal;

  @Mixin private OperationStart start = new OperationStart();

  @Mixin private WaveOptions waves = new WaveOptions();

  @Option(
      names = "--datacenter",
      paramLabel = "DC",
      description = "Only those whose home is here; all of them if left out.")
  private Optional<String> datacenter = Optional.empty();

  public FailbackCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", "failback");
    datacenter.ifPresent(home -> request.put("to", home));
    waves.addTo(request);
    return start.run(
        request,
        OperationStart.yesOrNo(
            terminal,
            "Move users back to their homes" + datacenter.map(dc -> " in " + dc).orElse("") + "?"));
  }
}
