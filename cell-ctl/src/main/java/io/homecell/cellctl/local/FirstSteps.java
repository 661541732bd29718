package io.homecell.cellctl.local;

import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/** What {@code up} ends with: where everything is, and three lines to try. */
final class FirstSteps {
  private FirstSteps() {}

  static List<String> lines(Topology topology) {
    List<String> lines = new ArrayList<>();
    List<Topology.Datacenter> datacenters = List.copyOf(topology.datacenters().values());
    datacenters.forEach(
        datacenter ->
            lines.add(
                datacenter.name() + " (" + datacenter.site() + "): http://" + datacenter.router()));
    String near = "http://" + datacenters.get(0).router();
    String far = "http://" + datacenters.get(datacenters.size() - 1).router();
    String json = " -H 'Content-Type: application/json'";
    lines.add("");
    lines.add("Try: register a user, deposit through the other datacenter, read the account.");
    lines.add(
        "  U=$(curl -s "
            + near
            + "/accounts -H 'Idempotency-Key: first'"
            + json
            + " -d '{\"name\":\"Ada\"}' | sed 's/.*\"userId\":\"\\([0-9]*\\)\".*/\\1/'); echo $U");
    lines.add(
        "  curl -s "
            + far
            + "/accounts/$U/deposits -H \"X-User-Id: $U\" -H 'Idempotency-Key: second'"
            + json
            + " -d '{\"amount\":\"100.00\"}'");
    lines.add("  curl -s " + near + "/accounts/$U -H \"X-User-Id: $U\"");
    lines.add("");
    lines.add("See what runs: ./cellctl status     Stop everything: ./cellctl down");
    return lines;
  }
}
