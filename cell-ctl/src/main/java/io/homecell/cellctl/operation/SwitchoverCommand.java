package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Terminal;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.cellctl.view.RouteCommand;
import io.homecell.core.slot.SlotRange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
      paramLabel = "DC",
      description = "The datacenter to leave; with --user it may be left out.")
  private Optional<String> from = Optional.empty();

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

    @Option(
        names = "--user",
        paramLabel = "ID",
        description = {
          "Only the slot that this user is in. Other users of the slot move along: the plan",
          "says what the slot holds."
        })
    private Optional<String> user = Optional.empty();
  }

  public SwitchoverCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("kind", "switchover");
    String source = part.user.map(user -> sourceOf(user, request)).orElseGet(this::namedSource);
    if (source.equals(to)) {
      throw CommandFailure.usage("--to: '" + to + "' (expected: another datacenter than --from)");
    }
    request.put("from", source);
    request.put("to", to);
    part.slots.ifPresent(slots -> request.put("slots", checkedSlots(slots)));
    part.percent.ifPresent(percent -> request.put("percent", checkedPercent(percent)));
    waves.addTo(request);
    return start.run(
        request,
        OperationStart.yesOrNo(terminal, "Switch over from " + source + " to " + to + "?"));
  }

  private String namedSource() {
    return from.orElseThrow(
        () -> CommandFailure.usage("--from: missing (expected: the datacenter to leave)"));
  }

  /** Where the user's slot is now; adds the slot to the request and tells what it holds. */
  private String sourceOf(String user, Map<String, Object> request) {
    Target target = start.target();
    int slot = RouteCommand.slotOf(target.topology(), user);
    JsonNode content = ControlPlane.require(target).get("/admin/slots/" + slot);
    String datacenter = content.path("datacenter").asText();
    if (from.isPresent() && !from.get().equals(datacenter)) {
      throw CommandFailure.usage(
          "--from: '" + from.get() + "' (user " + user + " is in " + datacenter + ")");
    }
    List<String> tables = new ArrayList<>();
    content
        .path("tables")
        .forEach(
            table ->
                tables.add(
                    table.path("table").asText()
                        + " "
                        + (table.path("rows").isNumber()
                            ? table.path("rows").asText()
                            : "not counted in time")));
    (target.isJson() ? target.err() : target.out())
        .println(
            "user "
                + user
                + " is in slot "
                + slot
                + ", which moves as a whole, with all its users; rows: "
                + String.join(", ", tables));
    request.put("slots", String.valueOf(slot));
    return datacenter;
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
