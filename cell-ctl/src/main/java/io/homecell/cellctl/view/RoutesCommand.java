package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.CoordinationAway;
import io.homecell.cellctl.control.ZookeeperView;
import io.homecell.core.json.Json;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteTableJson;
import io.homecell.core.topology.Topology;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cellctl routes}: the whole route table. */
@Command(
    name = "routes",
    description = "Shows the route table: which cell owns which slots.",
    subcommands = RaiseCommand.class,
    mixinStandardHelpOptions = true)
public final class RoutesCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Override
  public Integer call() {
    Topology topology = target.topology();
    RouteTable table = read(topology);
    if (target.isJson()) {
      target.printJson(Json.read(RouteTableJson.write(table), JsonNode.class));
      return 0;
    }
    Table rows = new Table("SLOTS", "OWNER", "DATACENTER", "STATE", "EPOCH", "HOME");
    for (RouteTable.Run run : table.runs()) {
      String owner = run.route().owner();
      String home = topology.homeOf(run.slots().first()).name();
      rows.row(
          run.slots(),
          owner,
          topology.cell(owner).datacenter(),
          run.route().movingTo().map(to -> "MOVING to " + to).orElse("OPEN"),
          run.route().epoch(),
          home.equals(owner) ? "yes" : "away from " + home);
    }
    target.out().println("route table epoch " + table.epoch());
    target.out().println(rows);
    return 0;
  }

  /** The route table, or the end of the command. */
  static RouteTable read(Topology topology) {
    try (ZookeeperView zookeeper = ZookeeperView.connect(topology.coordination())) {
      return zookeeper
          .routes()
          .orElseThrow(
              () ->
                  CommandFailure.failed(
                      "there is no route table yet: the deployment was never started"));
    } catch (CoordinationAway e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()));
    }
  }
}
