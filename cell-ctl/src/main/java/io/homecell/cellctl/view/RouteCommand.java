package io.homecell.cellctl.view;

import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cellctl route}: where one id lives now. */
@Command(
    name = "route",
    description = "Says where an id lives: its slot, owner, home.",
    mixinStandardHelpOptions = true)
public final class RouteCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Parameters(
      paramLabel = "ID",
      description = "A user, order, payment or merchant id; one made elsewhere is hashed.")
  private String id = "";

  @Override
  public Integer call() {
    Topology topology = target.topology();
    RouteTable table = RoutesCommand.read(topology);
    int slot = slotOf(topology, id);
    SlotRoute route = table.of(slot);
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("id", id);
    answer.put("slot", slot);
    answer.put("owner", route.owner());
    answer.put("datacenter", topology.cell(route.owner()).datacenter());
    answer.put("state", route.movingTo().map(to -> "MOVING to " + to).orElse("OPEN"));
    answer.put("home", topology.homeOf(slot).name());
    answer.put("ownershipEpoch", route.epoch());
    answer.put("tableEpoch", table.epoch());
    answer.put(
        "router",
        "http://" + topology.datacenter(topology.cell(route.owner()).datacenter()).router());
    if (target.isJson()) {
      target.printJson(answer);
    } else {
      answer.forEach((key, value) -> target.out().printf("%-15s %s%n", key, value));
    }
    return 0;
  }

  /** The slot of an id; one that is no number was made elsewhere and is hashed. */
  public static int slotOf(Topology topology, String id) {
    try {
      long number = Long.parseLong(id);
      if (number >= 0) {
        return topology.slots().of(number);
      }
    } catch (NumberFormatException madeElsewhere) {
      return topology.slots().ofForeign(id);
    }
    throw CommandFailure.usage("id: " + id + " (expected: not negative)");
  }
}
