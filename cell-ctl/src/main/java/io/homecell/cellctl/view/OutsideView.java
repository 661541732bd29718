package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.control.CoordinationAway;
import io.homecell.cellctl.control.ZookeeperView;
import io.homecell.cellctl.view.Verdict.Severity;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.json.Json;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What can be told of a deployment while no coordinator answers: what ZooKeeper holds, if that
 * answers, and which databases take connections from here. Changes nothing.
 *
 * @param control in the shape of a coordinator's answer, as far as it is known
 * @param anySign whether anything of the deployment answered at all
 */
record OutsideView(JsonNode control, List<Verdict> verdicts, boolean anySign) {
  private static final int CONNECT_MILLIS = 1_000;

  /** What ZooKeeper holds. */
  private record Held(Optional<RouteTable> table, Set<String> lost, List<Applied> processes) {}

  static OutsideView look(Topology topology) {
    Optional<Held> held = held(topology);
    Set<String> answering = new TreeSet<>();
    for (Topology.Cell cell : topology.cells().values()) {
      if (takesConnections(cell.mysql())) {
        answering.add(cell.name());
      }
    }
    List<Verdict> verdicts = new ArrayList<>();
    for (Topology.Cell cell : topology.cells().values()) {
      verdicts.add(judge(cell, topology, held, answering.contains(cell.name())));
    }
    for (String datacenter : topology.datacenters().keySet()) {
      verdicts.add(judge(datacenter, topology, held, List.copyOf(verdicts)));
    }
    return new OutsideView(
        control(topology, held, answering), verdicts, held.isPresent() || !answering.isEmpty());
  }

  private static Optional<Held> held(Topology topology) {
    try (ZookeeperView zookeeper = ZookeeperView.connect(topology.coordination())) {
      return Optional.of(
          new Held(
              zookeeper.routes(),
              zookeeper.lost(topology.datacenters().keySet()),
              zookeeper.processes()));
    } catch (CoordinationAway | CoordinationException away) {
      return Optional.empty();
    }
  }

  private static boolean takesConnections(Topology.Endpoint endpoint) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), CONNECT_MILLIS);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  private static Verdict judge(
      Topology.Cell cell, Topology topology, Optional<Held> held, boolean answers) {
    String lease = topology.coordination().lease().toSeconds() + " s";
    if (!answers) {
      return new Verdict(
          Severity.CRITICAL,
          OwnVerdict.UNREACHABLE_LEASE_RUNNING,
          cell.name(),
          "its database takes no connection from here; "
              + (held.isPresent() && sessions(cell, held.get()) > 0
                  ? "its lease may be renewed, its processes have sessions"
                  : "its lease runs for at most " + lease + " after its last renewal"),
          "bring a coordinator back first: nothing can be failed over without one");
    }
    if (held.isEmpty()) {
      return new Verdict(
          Severity.WARNING,
          OwnVerdict.COORDINATION_LOST,
          cell.name(),
          "its database takes connections; reads go on, writes end at most "
              + lease
              + " after ZooKeeper was lost unless its lease is renewed",
          "bring ZooKeeper back; nothing is lost meanwhile");
    }
    long sessions = sessions(cell, held.get());
    return sessions > 0
        ? new Verdict(
            Severity.OK,
            OwnVerdict.HEALTHY,
            cell.name(),
            "its database takes connections, " + sessions + " processes have sessions",
            "")
        : new Verdict(
            Severity.WARNING,
            OwnVerdict.DEGRADED,
            cell.name(),
            "its database takes connections, none of its processes has a session",
            "start its services");
  }

  private static long sessions(Topology.Cell cell, Held held) {
    return held.processes().stream()
        .filter(one -> one.cell().map(cell.name()::equals).orElse(false))
        .count();
  }

  private static Verdict judge(
      String datacenter, Topology topology, Optional<Held> held, List<Verdict> verdicts) {
    if (held.map(known -> known.lost().contains(datacenter)).orElse(false)) {
      return new Verdict(
          Severity.WARNING,
          OwnVerdict.DATACENTER_LOST,
          datacenter,
          "it is declared lost",
          "bring a coordinator back, it says how far its return is");
    }
    List<String> wrong =
        verdicts.stream()
            .filter(Verdict::isWrong)
            .filter(one -> topology.cells().containsKey(one.subject()))
            .filter(one -> topology.cell(one.subject()).datacenter().equals(datacenter))
            .map(one -> one.subject() + " " + one.name())
            .toList();
    return wrong.isEmpty()
        ? new Verdict(
            Severity.OK, OwnVerdict.HEALTHY, datacenter, "nothing is wrong as seen from here", "")
        : new Verdict(
            Severity.WARNING,
            OwnVerdict.DEGRADED,
            datacenter,
            String.join(", ", wrong),
            "do what those verdicts say");
  }

  private static JsonNode control(Topology topology, Optional<Held> held, Set<String> answering) {
    Optional<RouteTable> table = held.flatMap(Held::table);
    List<Map<String, Object>> datacenters = new ArrayList<>();
    for (Topology.Datacenter datacenter : topology.datacenters().values()) {
      Map<String, Object> one = new TreeMap<>();
      one.put("name", datacenter.name());
      one.put("site", datacenter.site());
      held.ifPresent(
          known -> {
            one.put("state", known.lost().contains(datacenter.name()) ? "LOST" : "ACTIVE");
            one.put("routers", routers(datacenter.name(), known));
          });
      datacenters.add(one);
    }
    List<Map<String, Object>> cells = new ArrayList<>();
    for (Topology.Cell cell : topology.cells().values()) {
      Map<String, Object> one = new TreeMap<>();
      one.put("name", cell.name());
      one.put("datacenter", cell.datacenter());
      one.put("slotsHome", cell.slots().stream().mapToInt(range -> range.size()).sum());
      table.ifPresent(known -> one.put("slotsOwned", known.ownedBy(cell.name()).count()));
      one.put("reachable", answering.contains(cell.name()));
      one.put("mysql", cell.mysql().toString());
      cells.add(one);
    }
    Map<String, Object> control = new TreeMap<>();
    table.ifPresent(known -> control.put("routeEpoch", known.epoch()));
    control.put("datacenters", datacenters);
    control.put("cells", cells);
    return Json.read(Json.write(control), JsonNode.class);
  }

  private static long routers(String datacenter, Held held) {
    return held.processes().stream()
        .filter(one -> one.role().equals("router") && one.datacenter().equals(datacenter))
        .count();
  }
}
