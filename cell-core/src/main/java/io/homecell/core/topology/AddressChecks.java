package io.homecell.core.topology;

import io.homecell.core.topology.Formats.ConnectString;
import io.homecell.core.topology.Topology.Endpoint;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Addresses: well formed, and none given to two things. One ZooKeeper may serve the coordination
 * and any number of registries, since each registry has a path of its own.
 */
final class AddressChecks {
  private final Cursor root;
  private final Problems problems;
  private final Map<Endpoint, String> users = new HashMap<>();
  private final Map<ConnectString, String> registries = new HashMap<>();

  AddressChecks(Cursor root, Problems problems) {
    this.root = root;
    this.problems = problems;
  }

  void run() {
    List<Cursor> datacenters = root.get("datacenters").map(Cursor::entries).orElse(List.of());
    List<Cursor> cells = root.get("cells").map(Cursor::entries).orElse(List.of());
    root.get("coordination")
        .flatMap(coordination -> coordination.get("zookeeper"))
        .ifPresent(this::zookeeper);
    for (Cursor datacenter : datacenters) {
      datacenter.get("registry").ifPresent(value -> registry(datacenter.name(), value));
    }
    for (Cursor datacenter : datacenters) {
      datacenter.get("router").ifPresent(this::alone);
      datacenter.get("peer").ifPresent(this::alone);
      datacenter.get("failsafe").map(Cursor::items).orElse(List.of()).forEach(this::alone);
    }
    for (Cursor cell : cells) {
      cell.get("mysql").ifPresent(this::alone);
    }
  }

  private Optional<ConnectString> zookeeper(Cursor value) {
    Optional<ConnectString> connect = format(value, Formats::connectString);
    connect.ifPresent(
        string -> string.servers().forEach(server -> users.putIfAbsent(server, value.path())));
    return connect;
  }

  private void registry(String datacenter, Cursor value) {
    zookeeper(value)
        .ifPresent(
            connect -> {
              String other = registries.putIfAbsent(connect, datacenter);
              if (other != null) {
                problems.wrong(
                    value,
                    "the registry of "
                        + other
                        + " too (expected: a path of its own, such as "
                        + connect.servers().get(0)
                        + "/"
                        + datacenter
                        + ")");
              }
            });
  }

  private void alone(Cursor value) {
    format(value, Formats::endpoint)
        .ifPresent(
            endpoint -> {
              String other = users.putIfAbsent(endpoint, value.path());
              if (other != null) {
                problems.wrong(
                    value,
                    endpoint
                        + " is used by "
                        + other
                        + " already (expected: an address of its own)");
              }
            });
  }

  private <T> Optional<T> format(Cursor value, java.util.function.Function<String, T> reader) {
    return TopologyChecks.format(value.text(), reader, message -> problems.wrong(value, message));
  }
}
