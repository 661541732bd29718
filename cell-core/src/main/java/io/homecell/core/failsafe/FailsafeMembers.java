package io.homecell.core.failsafe;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Endpoint;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The datacenters that confirm to each other in failsafe mode, with the addresses of their
 * witnesses. Immutable.
 */
public final class FailsafeMembers {
  private final SortedMap<String, List<Endpoint>> witnesses;

  private FailsafeMembers(SortedMap<String, List<Endpoint>> witnesses) {
    this.witnesses = Collections.unmodifiableSortedMap(witnesses);
  }

  /** The members by a topology; empty if failsafe mode is off. */
  public static Optional<FailsafeMembers> of(Topology topology) {
    SortedMap<String, List<Endpoint>> witnesses = new TreeMap<>();
    topology
        .datacenters()
        .values()
        .forEach(datacenter -> witnesses.put(datacenter.name(), datacenter.failsafe()));
    boolean whole = witnesses.values().stream().noneMatch(List::isEmpty);
    // With nobody to ask, everybody would agree.
    return whole && witnesses.size() > 1
        ? Optional.of(new FailsafeMembers(witnesses))
        : Optional.empty();
  }

  /**
   * The same text for the same members, whatever the order of the file; empty if there are none.
   */
  public static String textOf(Optional<FailsafeMembers> members) {
    return members.map(FailsafeMembers::text).orElse("");
  }

  /** The same text for the same members, whatever the order of the file. */
  public String text() {
    List<String> lines = new ArrayList<>();
    witnesses.forEach(
        (datacenter, addresses) ->
            lines.add(
                datacenter
                    + "="
                    + String.join(
                        ",", addresses.stream().map(Endpoint::toString).sorted().toList())));
    return String.join(" ", lines);
  }

  /** The witnesses of every datacenter but one, by datacenter. */
  public Map<String, List<Endpoint>> othersThan(String datacenter) {
    SortedMap<String, List<Endpoint>> others = new TreeMap<>(witnesses);
    others.remove(datacenter);
    return others;
  }

  /** The witnesses of a datacenter. */
  public List<Endpoint> of(String datacenter) {
    return witnesses.getOrDefault(datacenter, List.of());
  }

  boolean contains(String datacenter) {
    return witnesses.containsKey(datacenter);
  }
}
