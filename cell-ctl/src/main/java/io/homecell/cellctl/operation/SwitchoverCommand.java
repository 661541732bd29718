package io.homecell.cellctl.operation;

import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Terminal;
import io.homecell.core.slot.SlotRange;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl switchover}: a planned move, nothing lost. */
@Command(
    name = "switchover",
    description = "Moves users from one datacenter to another; nothing is lost.",
    mixinStandardHelpOptions = true)
public final class SwitchoverCommand implements Callable<Integer> {
  private static final int PERCENT_MAX = 100;

  private final Terminal terminal;

  @Mixin private OperationStart start = new OperationStart();

  @Mixin private WaveOptions waves = new WaveOptions();

  @Option(
      names = "--from",
      required = true,
      paramLabel = "DC",
      description = "The datacenter to leave.")
  private String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DC",
      description = "The datacenter to go to.")
  private String to = "";

  @ArgGroup(exclusive = true, multiplicity = "0..1")
  private Part part = new Part();

  /** How much moves; everything if not said. */
  static final class Part {
    @Option(
        names = "--slots",
        paramLabel = "A-B",
        description = "Only these slots, such as 0-99 or 7.")
    private Optional<String> slots = Optional.empty();

    @Option(
        names = "--percent",
        paramLabel = "N",
        description = "Only so many of each cell's slots, 1 to 100.")
    private Optional<Integer> percent = Optional.empty();
  }

  public SwitchoverCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (from.equals(to)) {
      throw CommandFailure.usage("--to: '" + to + "' (expected: another datacenter than --from)");
    }
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", "switchover");
    request.put("from", from);
    request.put("to", to);
    part.slots.ifPresent(slots -> request.put("slots", checkedSlots(slots)));
    part.percent.ifPresent(percent -> request.put("percent", checkedPercent(percent)));
    waves.addTo(request);
    return start.run(
        request, OperationStart.yesOrNo(terminal, "Switch over from " + from + " to " + to + "?"));
  }

  private static String checkedSlots(String slots) {
    try {
      return SlotRange.parse(slots).toString();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--" + e.getMessage());
    }
  }

  private static int checkedPercent(int percent) {
    if (percent < 1 || percent > PERCENT_MAX) {
      throw CommandFailure.usage("--percent: " + percent + " (expected: 1 to 100)");
    }
    return percent;
  }
}
