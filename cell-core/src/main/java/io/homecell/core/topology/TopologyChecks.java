package io.homecell.core.topology;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * What the schema can't say: how the parts of the file refer to each other. Every check skips what
 * is not there or of a wrong type, so that one mistake hides no other.
 */
final class TopologyChecks {
  private static final Duration SESSION_MIN = Duration.ofMillis(500);
  private static final Duration SESSION_MAX = Duration.ofSeconds(60);
  private static final Duration THROTTLE_LAG_MIN = Duration.ofSeconds(1);
  private static final Duration THROTTLE_LAG_MAX = Duration.ofHours(1);
  private static final Duration LEASE_MAX = Duration.ofMinutes(10);
  private static final Duration MOVE_INTERVAL_MAX = Duration.ofHours(24);

  private static final Set<String> SERVERS_SCHEMAS = Set.of("homecell", "mysql", "sys");

  private final Cursor root;
  private final Problems problems;

  TopologyChecks(Cursor root, Problems problems) {
    this.root = root;
    this.problems = problems;
  }

  void run() {
    for (String section : List.of("datacenters", "cells", "services", "jobs")) {
      entries(section).forEach(entry -> formatOfKey(entry, Formats::name));
    }
    coordination();
    throttleLag();
    failsafe();
    peers();
    new AddressChecks(root, problems).run();
    entries("cells").forEach(cell -> reference(cell, "datacenter", "datacenters", "datacenter"));
    entries("cells")
        .forEach(cell -> cell.get("group").ifPresent(group -> format(group, Formats::name)));
    oneCellOfAGroupInADatacenter();
    new SlotChecks(root, problems).run();
    entries("services").forEach(this::service);
    root.get("edge").ifPresent(edge -> new EdgeChecks(root, this, problems).run(edge));
    entries("jobs").forEach(job -> new JobChecks(this, problems).run(job));
  }

  private List<Cursor> entries(String section) {
    return root.get(section).map(Cursor::entries).orElse(List.of());
  }

  private void coordination() {
    Optional<Cursor> coordination = root.get("coordination");
    Optional<Cursor> session = coordination.flatMap(c -> c.get("session-timeout"));
    Optional<Cursor> lease = coordination.flatMap(c -> c.get("lease"));
    coordination
        .flatMap(c -> c.get("move-interval"))
        .ifPresent(
            interval ->
                duration(interval)
                    .filter(time -> time.compareTo(MOVE_INTERVAL_MAX) > 0)
                    .ifPresent(
                        time ->
                            problems.wrong(
                                interval, outside(time, Duration.ZERO, MOVE_INTERVAL_MAX))));
    Optional<Duration> sessionTimeout = session.flatMap(this::duration);
    Optional<Duration> leaseTime = lease.flatMap(this::duration);
    sessionTimeout
        .filter(time -> time.compareTo(SESSION_MIN) < 0 || time.compareTo(SESSION_MAX) > 0)
        .ifPresent(time -> problems.wrong(session.get(), outside(time, SESSION_MIN, SESSION_MAX)));
    if (leaseTime.isPresent() && leaseTime.get().compareTo(LEASE_MAX) > 0) {
      problems.wrong(
          lease.get(),
          Formats.write(leaseTime.get())
              + " (expected: at most "
              + Formats.write(LEASE_MAX)
              + ": a failover waits that long)");
    } else if (leaseTime.isPresent()
        && sessionTimeout.isPresent()
        && leaseTime.get().compareTo(sessionTimeout.get()) <= 0) {
      problems.wrong(
          lease.get(),
          Formats.write(leaseTime.get())
              + " (expected: longer than session-timeout, "
              + Formats.write(sessionTimeout.get())
              + ", else a cell is fenced whenever ZooKeeper elects a leader)");
    }
  }

  /** A beat is written twice a second: nothing is known to be less late than that. */
  private void throttleLag() {
    Optional<Cursor> limit = root.get("replication").flatMap(r -> r.get("throttle-lag"));
    limit
        .flatMap(this::duration)
        .filter(
            time -> time.compareTo(THROTTLE_LAG_MIN) < 0 || time.compareTo(THROTTLE_LAG_MAX) > 0)
        .ifPresent(
            time -> problems.wrong(limit.get(), outside(time, THROTTLE_LAG_MIN, THROTTLE_LAG_MAX)));
  }

  /** A datacenter that is not asked could declare another one lost without its keepers knowing. */
  private void failsafe() {
    inEveryDatacenterOrNone(
        "failsafe", "there is no other datacenter to ask (expected: two datacenters or more)");
  }

  /** A router that took plain hops beside encrypted ones would make the latter worthless. */
  private void peers() {
    inEveryDatacenterOrNone(
        "peer",
        "there is no other router to take anything from (expected: two datacenters or more)");
  }

  private void inEveryDatacenterOrNone(String key, String whyNotAlone) {
    List<Cursor> datacenters = entries("datacenters");
    List<Cursor> with = datacenters.stream().filter(each -> each.get(key).isPresent()).toList();
    if (with.isEmpty()) {
      return;
    }
    if (datacenters.size() == 1) {
      problems.wrongKey(with.get(0).get(key).get(), whyNotAlone);
    }
    datacenters.stream()
        .filter(each -> each.get(key).isEmpty())
        .forEach(
            each ->
                problems.wrongKey(
                    each,
                    key
                        + " is missing, "
                        + with.get(0).name()
                        + " has it (expected: in every datacenter, or in none)"));
  }

  private Optional<Duration> duration(Cursor value) {
    return format(value, Formats::duration);
  }

  private static String outside(Duration time, Duration least, Duration most) {
    return Formats.write(time)
        + " (expected: "
        + Formats.write(least)
        + " to "
        + Formats.write(most)
        + ")";
  }

  private void oneCellOfAGroupInADatacenter() {
    Map<List<String>, Cursor> first = new HashMap<>();
    for (Cursor cell : entries("cells")) {
      Optional<String> datacenter = cell.text("datacenter");
      Optional<String> group = cell.text("group");
      if (datacenter.isPresent() && group.isPresent()) {
        Cursor other = first.putIfAbsent(List.of(datacenter.get(), group.get()), cell);
        if (other != null) {
          problems.wrong(
              cell.get("group").orElse(cell),
              "group "
                  + group.get()
                  + " has "
                  + other.name()
                  + " in "
                  + datacenter.get()
                  + " already (expected: one cell of a group in each datacenter)");
        }
      }
    }
  }

  private void service(Cursor service) {
    String type = service.text("type").orElse("");
    switch (type) {
      case "unit" ->
          List.of("center", "datacenter", "on-failover")
              .forEach(key -> notWith(service, key, "a unit service lives at every cell"));
      case "copy" -> {
        needs(service, "center", "the datacenter that writes");
        notWith(service, "datacenter", "a copy service names its writer with center");
        notWith(service, "on-failover", "only a center service has it");
        copy(service);
      }
      case "center" -> {
        needs(service, "datacenter", "the datacenter that serves");
        notWith(service, "center", "a center service names its place with datacenter");
        service
            .get("on-failover")
            .filter(to -> to.text().isPresent() && to.text().equals(service.text("datacenter")))
            .ifPresent(
                to ->
                    problems.wrong(
                        to,
                        "'"
                            + to.text().orElseThrow()
                            + "' is where the service is anyway (expected: another datacenter)"));
      }
      default -> {
        // the schema's part
      }
    }
    for (String key : List.of("center", "datacenter", "on-failover")) {
      if (!problems.concern(service.pathOf(key))) {
        reference(service, key, "datacenters", "datacenter");
      }
    }
  }

  private void copy(Cursor service) {
    if (SERVERS_SCHEMAS.contains(service.name())) {
      problems.wrongKey(
          service, "not allowed for a copy service (its schema has its name, and is not its own)");
    }
    Optional<String> center = service.text("center");
    boolean known = entries("datacenters").stream().anyMatch(one -> center.equals(name(one)));
    if (known
        && entries("cells").stream().noneMatch(one -> one.text("datacenter").equals(center))) {
      problems.wrong(
          service.get("center").orElse(service),
          "'"
              + center.orElseThrow()
              + "' has no cell (expected: a datacenter with one that writes)");
    }
  }

  private static Optional<String> name(Cursor entry) {
    return Optional.of(entry.name());
  }

  private void needs(Cursor parent, String key, String what) {
    if (parent.get(key).isEmpty()) {
      problems.add(parent.keyAt(), parent.pathOf(key), "missing (expected: " + what + ")");
    }
  }

  /** Reports a key that must not stand here. */
  void notWith(Cursor parent, String key, String why) {
    parent.get(key).ifPresent(value -> problems.wrongKey(value, "not allowed here (" + why + ")"));
  }

  /** Reports a name that the given section of the file does not have. */
  void reference(Cursor parent, String key, String section, String kind) {
    Optional<Set<String>> known =
        root.get(section).flatMap(Cursor::keys).map(LinkedHashSet<String>::new);
    parent
        .get(key)
        .ifPresent(
            value ->
                value
                    .text()
                    .filter(name -> known.isPresent() && !known.get().contains(name))
                    .ifPresent(
                        name ->
                            problems.wrong(
                                value,
                                "unknown "
                                    + kind
                                    + " '"
                                    + name
                                    + "' (known: "
                                    + String.join(", ", known.get())
                                    + ")")));
  }

  /** Reads a text; empty if it is none, or if it is reported as malformed. */
  <T> Optional<T> format(Cursor value, Function<String, T> reader) {
    return format(value.text(), reader, message -> problems.wrong(value, message));
  }

  private void formatOfKey(Cursor entry, Function<String, String> reader) {
    format(Optional.of(entry.name()), reader, message -> problems.wrongKey(entry, message));
  }

  static <T> Optional<T> format(
      Optional<String> text, Function<String, T> reader, Consumer<String> report) {
    try {
      return text.map(reader);
    } catch (IllegalArgumentException e) {
      report.accept(String.valueOf(e.getMessage()));
      return Optional.empty();
    }
  }
}
