package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.Table;
import io.homecell.core.topology.Topology;
import java.io.PrintWriter;

/** The coordinator's part of {@code cellctl status} as tables. */
final class ControlTables {
  private ControlTables() {}

  static void print(JsonNode control, Topology topology, PrintWriter out) {
    out.println();
    out.println(
        "route table epoch "
            + control.path("routeEpoch").asText("-")
            + ", led by "
            + control.path("leader").asText("-"));
    printIfAny(datacenters(control.path("datacenters"), topology), out);
    printIfAny(cells(control.path("cells")), out);
    String pipelines = PipelineText.of(control.path("pipelines"));
    if (!pipelines.isEmpty()) {
      out.println();
      out.println(pipelines);
    }
  }

  private static void printIfAny(Table table, PrintWriter out) {
    if (!table.isEmpty()) {
      out.println();
      out.println(table);
    }
  }

  private static Table datacenters(JsonNode datacenters, Topology topology) {
    Table table = new Table("DATACENTER", "SITE", "STATE", "SLOTS", "ROUTERS", "EDGE");
    for (JsonNode datacenter : datacenters) {
      String name = datacenter.path("name").asText();
      boolean known = topology.datacenters().containsKey(name);
      table.row(
          name,
          datacenter.path("site").asText(""),
          datacenter.path("state").asText(""),
          datacenter.path("slotsOwned").asText(""),
          datacenter.path("routers").asText(""),
          known ? "http://" + topology.datacenter(name).router() : "");
    }
    return table;
  }

  private static Table cells(JsonNode cells) {
    Table table =
        new Table(
            "CELL", "DATACENTER", "OWNS", "HOME OF", "LEASE", "FENCE OPEN", "STRANDED", "MYSQL");
    for (JsonNode cell : cells) {
      boolean reachable = cell.path("reachable").asBoolean(true);
      table.row(
          cell.path("name").asText(),
          cell.path("datacenter").asText(""),
          cell.path("slotsOwned").asText(""),
          cell.path("slotsHome").asText(""),
          reachable ? cell.path("leaseMillis").asText("") + " ms" : "",
          reachable ? cell.path("fenceOpen").asText("") : "",
          reachable ? cell.path("stranded").asText("") : "",
          reachable ? cell.path("mysql").asText("") : "unreachable");
    }
    return table;
  }
}
