package io.homecell.core.topology;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology.Capture;
import io.homecell.core.topology.Topology.Cell;
import io.homecell.core.topology.Topology.Coordination;
import io.homecell.core.topology.Topology.Datacenter;
import io.homecell.core.topology.Topology.Edge;
import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.core.topology.Topology.Job;
import io.homecell.core.topology.Topology.Priority;
import io.homecell.core.topology.Topology.Quota;
import io.homecell.core.topology.Topology.Replication;
import io.homecell.core.topology.Topology.RouteIdentity;
import io.homecell.core.topology.Topology.Stranded;
import io.homecell.core.topology.Topology.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.function.Function;

/**
 * From a document without problems to records. Strict: something unexpected here is a gap in the
 * checks, never the user's mistake.
 */
final class TopologyMapper {
  private TopologyMapper() {}

  static Topology map(Cursor root) {
    return new Topology(
        new Slots(must(root, "slots").integer().orElseThrow()),
        coordination(must(root, "coordination")),
        byName(root, "datacenters", TopologyMapper::datacenter),
        byName(root, "cells", TopologyMapper::cell),
        byName(root, "services", TopologyMapper::service),
        root.get("edge").map(TopologyMapper::edge).orElse(new Edge(List.of(), List.of())),
        byName(root, "jobs", TopologyMapper::job),
        replication(root));
  }

  private static Coordination coordination(Cursor value) {
    return new Coordination(
        text(value, "zookeeper"),
        Formats.duration(text(value, "session-timeout")),
        Formats.duration(text(value, "lease")),
        value.text("move-interval").map(Formats::duration).orElse(Coordination.MOVE_INTERVAL));
  }

  private static Datacenter datacenter(Cursor value) {
    return new Datacenter(
        value.name(),
        text(value, "site"),
        Formats.endpoint(text(value, "router")),
        text(value, "registry"),
        value.get("failsafe").map(Cursor::items).orElse(List.of()).stream()
            .map(address -> Formats.endpoint(address.text().orElseThrow()))
            .toList(),
        value.text("peer").map(Formats::endpoint));
  }

  private static Cell cell(Cursor value) {
    Cursor slots = must(value, "slots");
    List<Cursor> ranges =
        slots.value() instanceof YamlValue.Sequence ? slots.items() : List.of(slots);
    return new Cell(
        value.name(),
        text(value, "datacenter"),
        text(value, "group"),
        ranges.stream().map(TopologyMapper::slotRange).toList(),
        Formats.endpoint(text(value, "mysql")));
  }

  private static SlotRange slotRange(Cursor value) {
    return Formats.slotRange(value.textOrInteger().orElseThrow());
  }

  private static Service service(Cursor value) {
    String type = text(value, "type");
    Service.Upstream upstream =
        value.text("upstream").map(Service.Upstream::of).orElse(Service.Upstream.USUAL);
    return switch (type) {
      case "unit" -> new Service.Unit(value.name(), upstream);
      case "copy" -> new Service.Copy(value.name(), text(value, "center"), upstream);
      case "center" ->
          new Service.Center(
              value.name(), text(value, "datacenter"), value.text("on-failover"), upstream);
      default -> throw new IllegalStateException(value.path() + ": type " + type);
    };
  }

  private static Edge edge(Cursor value) {
    return new Edge(
        sources(value).orElse(List.of()),
        value.get("routes").map(Cursor::items).orElse(List.of()).stream()
            .map(TopologyMapper::route)
            .toList(),
        value.get("trusted").map(Cursor::items).orElse(List.of()).stream()
            .map(range -> AddressRange.parse(range.text().orElseThrow()))
            .toList());
  }

  private static Optional<List<IdentitySource>> sources(Cursor value) {
    return value
        .get("identity")
        .map(
            list ->
                list.items().stream()
                    .map(source -> Formats.identitySource(source.text().orElseThrow()))
                    .toList());
  }

  private static EdgeRoute route(Cursor value) {
    Optional<String> slotOf = value.text("slot-of");
    Target target =
        slotOf.isEmpty()
            ? new Target.Nearest()
            : slotOf.get().equals("identity")
                ? new Target.SlotOfIdentity()
                : new Target.SlotOfVariable(slotOf.get());
    return new EdgeRoute(
        text(value, "path"),
        value.text("method"),
        target,
        text(value, "service"),
        quota(value),
        new RouteIdentity(
            sources(value), value.text("without-key").filter("nearest"::equals).isPresent()),
        value.text("lag-max").map(Formats::duration));
  }

  private static Quota quota(Cursor route) {
    Optional<Cursor> rate = route.get("rate");
    return new Quota(
        route
            .text("priority")
            .map(name -> Priority.valueOf(name.toUpperCase(Locale.ROOT)))
            .orElse(Quota.USUAL.priority()),
        rate.flatMap(value -> value.text("per-user")).map(Formats::rate),
        rate.flatMap(value -> value.text("per-route")).map(Formats::rate));
  }

  private static Job job(Cursor value) {
    Job.Scope scope =
        value.get("scope").isPresent()
            ? new Job.Scope.EachCell()
            : new Job.Scope.InDatacenter(
                text(value, "datacenter"),
                value.text("on-failover").filter("follow"::equals).isPresent());
    return new Job(value.name(), text(value, "cron"), scope);
  }

  private static Replication replication(Cursor root) {
    return new Replication(
        root.get("replication")
            .flatMap(value -> value.text("capture"))
            .map(name -> Capture.valueOf(name.toUpperCase(Locale.ROOT)))
            .orElse(Replication.USUAL.capture()),
        root.get("replication")
            .flatMap(value -> value.text("throttle-lag"))
            .map(Formats::duration)
            .orElse(Replication.USUAL.throttleLag()),
        root.get("replication")
            .flatMap(value -> value.text("stranded"))
            .map(name -> Stranded.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_')))
            .orElse(Replication.USUAL.stranded()));
  }

  private static <T> Map<String, T> byName(
      Cursor root, String section, Function<Cursor, T> mapper) {
    Map<String, T> byName = new LinkedHashMap<>();
    root.get(section)
        .ifPresent(
            found ->
                found.entries().forEach(entry -> byName.put(entry.name(), mapper.apply(entry))));
    return byName;
  }

  private static Cursor must(Cursor parent, String key) {
    return parent
        .get(key)
        .orElseThrow(() -> new NoSuchElementException(parent.pathOf(key) + " passed unchecked"));
  }

  private static String text(Cursor parent, String key) {
    return must(parent, key)
        .text()
        .orElseThrow(() -> new NoSuchElementException(parent.pathOf(key) + " passed unchecked"));
  }
}
