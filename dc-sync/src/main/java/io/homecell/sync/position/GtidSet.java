package io.homecell.sync.position;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.TreeMap;

/**
 * A set of transactions, in MySQL's notation {@code uuid:1-5:7,uuid:3}.
 *
 * <p>Intervals of a server never touch or overlap, so two equal sets have equal text. Not safe for
 * use by more than one thread while {@link #add} is called.
 */
public final class GtidSet {
  /** For each server, first number to last number of each interval. */
  private final TreeMap<String, TreeMap<Long, Long>> servers = new TreeMap<>();

  /** An empty set. */
  public GtidSet() {}

  /**
   * Reads what {@code @@gtid_executed} shows.
   *
   * @throws IllegalArgumentException if the text is no such set
   */
  public static GtidSet parse(String text) {
    GtidSet set = new GtidSet();
    for (String part : text.replaceAll("\\s", "").split(",", -1)) {
      if (part.isEmpty()) {
        continue;
      }
      String[] pieces = part.split(":", -1);
      if (pieces.length < 2 || pieces[0].length() != 36) {
        throw malformed(text);
      }
      for (int i = 1; i < pieces.length; i++) {
        set.addInterval(pieces[0].toLowerCase(Locale.ROOT), pieces[i], text);
      }
    }
    return set;
  }

  private void addInterval(String uuid, String piece, String text) {
    String[] ends = piece.split("-", -1);
    try {
      long first = Long.parseLong(ends[0]);
      long last = ends.length == 1 ? first : Long.parseLong(ends[1]);
      if (ends.length > 2 || first < 1 || last < first) {
        throw malformed(text);
      }
      add(uuid, first, last);
    } catch (NumberFormatException e) {
      throw malformed(text);
    }
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "gtid set: '" + text + "' (expected: uuid:first-last:..., separated by commas)");
  }

  /** Adds one transaction; adding it again changes nothing. */
  public void add(Gtid gtid) {
    add(gtid.uuid(), gtid.number(), gtid.number());
  }

  private void add(String uuid, long first, long last) {
    TreeMap<Long, Long> intervals = servers.computeIfAbsent(uuid, key -> new TreeMap<>());
    long from = first;
    long to = last;
    Map.Entry<Long, Long> near = intervals.floorEntry(to + 1);
    while (near != null && near.getValue() >= from - 1) {
      from = Math.min(from, near.getKey());
      to = Math.max(to, near.getValue());
      intervals.remove(near.getKey());
      near = intervals.floorEntry(to + 1);
    }
    intervals.put(from, to);
  }

  /** Adds every transaction of another set. */
  public void addAll(GtidSet other) {
    other.servers.forEach(
        (uuid, intervals) -> intervals.forEach((first, last) -> add(uuid, first, last)));
  }

  public boolean contains(Gtid gtid) {
    TreeMap<Long, Long> intervals = servers.get(gtid.uuid());
    if (intervals == null) {
      return false;
    }
    Map.Entry<Long, Long> near = intervals.floorEntry(gtid.number());
    return near != null && near.getValue() >= gtid.number();
  }

  /** What is in both. */
  public GtidSet intersect(GtidSet other) {
    GtidSet both = new GtidSet();
    servers.forEach(
        (uuid, intervals) -> {
          TreeMap<Long, Long> others = other.servers.getOrDefault(uuid, new TreeMap<>());
          intervals.forEach(
              (first, last) ->
                  others
                      .headMap(last, true)
                      .forEach(
                          (otherFirst, otherLast) -> {
                            long from = Math.max(first, otherFirst);
                            long to = Math.min(last, otherLast);
                            if (from <= to) {
                              both.add(uuid, from, to);
                            }
                          }));
        });
    return both;
  }

  /** What is here and not in the other. */
  public GtidSet subtract(GtidSet other) {
    GtidSet rest = new GtidSet();
    servers.forEach(
        (uuid, intervals) -> {
          TreeMap<Long, Long> others = other.servers.getOrDefault(uuid, new TreeMap<>());
          intervals.forEach(
              (first, last) -> {
                long from = first;
                for (Map.Entry<Long, Long> hole : others.headMap(last, true).entrySet()) {
                  if (hole.getKey() > from) {
                    rest.add(uuid, from, hole.getKey() - 1);
                  }
                  from = Math.max(from, hole.getValue() + 1);
                }
                if (from <= last) {
                  rest.add(uuid, from, last);
                }
              });
        });
    return rest;
  }

  /** What some servers made. */
  public GtidSet madeBy(Set<String> uuids) {
    GtidSet theirs = new GtidSet();
    servers.forEach(
        (uuid, intervals) -> {
          if (uuids.contains(uuid)) {
            intervals.forEach((first, last) -> theirs.add(uuid, first, last));
          }
        });
    return theirs;
  }

  /** The same without the transactions of one server. */
  public GtidSet without(String uuid) {
    GtidSet rest = subtract(new GtidSet());
    rest.servers.remove(uuid.toLowerCase(Locale.ROOT));
    return rest;
  }

  public boolean isEmpty() {
    return servers.isEmpty();
  }

  /** How many transactions. */
  public long size() {
    long size = 0;
    for (TreeMap<Long, Long> intervals : servers.values()) {
      for (Map.Entry<Long, Long> interval : intervals.entrySet()) {
        size += interval.getValue() - interval.getKey() + 1;
      }
    }
    return size;
  }

  /** All numbers of a server that are missing below its highest one. */
  GtidSet absent(String uuid) {
    GtidSet whole = new GtidSet();
    TreeMap<Long, Long> intervals = servers.get(uuid);
    if (intervals != null) {
      whole.add(uuid, 1, intervals.lastEntry().getValue());
    }
    return whole.subtract(this);
  }

  /** The lowest number of a server that is missing below its highest one. */
  public Optional<Gtid> firstGap(String uuid) {
    TreeMap<Long, Long> intervals = servers.get(uuid);
    if (intervals == null) {
      return Optional.empty();
    }
    Map.Entry<Long, Long> first = intervals.firstEntry();
    if (first.getKey() > 1) {
      return Optional.of(new Gtid(uuid, 1));
    }
    return intervals.size() == 1
        ? Optional.empty()
        : Optional.of(new Gtid(uuid, first.getValue() + 1));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof GtidSet set && set.servers.equals(servers);
  }

  @Override
  public int hashCode() {
    return servers.hashCode();
  }

  @Override
  public String toString() {
    StringJoiner all = new StringJoiner(",");
    servers.forEach(
        (uuid, intervals) -> {
          StringJoiner one = new StringJoiner(":", uuid + ":", "");
          intervals.forEach(
              (first, last) -> one.add(first.equals(last) ? "" + first : first + "-" + last));
          all.add(one.toString());
        });
    return all.toString();
  }
}
