package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Table;
import io.homecell.core.topology.Topology;
import java.io.PrintWriter;

/** The coordinator's part of {@code cellctl status} as tables. */
final class ControlTables {
  private ControlTables() {}

  static void print(JsonNode control, Topology topology, PrintWriter out) {
    printIfAny(datacenters(Lists.of(control.path("datacenters"), ""), topology), out);
    printIfAny(cells(Lists.of(control.path("cells"), "")), out);
    JsonNode pipelines =
        control.has("pipelines") ? control.path("pipelines") : control.path("sync");
    printIfAny(SyncCommand.pipelines(pipelines), out);
    JsonNode operation = control.path("operation");
    if (operation.isObject() && operation.has("id")) {
      out.println();
      out.println(
          "under way: operation "
              + operation.path("id").asText()
              + ", "
              + operation.path("kind").asText()
              + " at "
              + operation.path("step").asText(operation.path("state").asText()));
    }
  }

  private static void printIfAny(Table table, PrintWriter out) {
    if (!table.isEmpty()) {
      out.println();
      out.println(table);
    }
  }

  private static Table datacenters(JsonNode datacenters, Topology topology) {
    Table table = new Table("DATACENTER", "SITE", "STATE", "ROUTER");
    for (JsonNode datacenter : datacenters) {
      String name = datacenter.path("name").asText();
      boolean known = topology.datacenters().containsKey(name);
      table.row(
          name,
          known ? topology.datacenter(name).site() : "",
          datacenter.path("state").asText(),
          known ? "http://" + topology.datacenter(name).router() : "");
    }
    return table;
  }

  private static Table cells(JsonNode cells) {
    Table table = new Table("CELL", "DATACENTER", "OWNS", "HOME OF", "LEASE", "FENCE");
    for (JsonNode cell : cells) {
      table.row(
          cell.path("name").asText(),
          cell.path("datacenter").asText(),
          first(cell, "owned", "slotsOwned", "owns"),
          first(cell, "home", "slotsHome", "homeOf"),
          lease(cell),
          first(cell, "fence", "state"));
    }
    return table;
  }

  private static String lease(JsonNode cell) {
    String millis = first(cell, "leaseMillis", "leaseRemainingMillis", "lease");
    return millis.isBlank() ? "" : millis + " ms";
  }

  private static String first(JsonNode node, String... names) {
    for (String name : names) {
      JsonNode value = node.path(name);
      if (!value.isMissingNode() && !value.isNull()) {
        return value.isValueNode() ? value.asText() : value.toString();
      }
    }
    return "";
  }
}
