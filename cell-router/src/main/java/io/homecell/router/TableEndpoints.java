package io.homecell.router;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.http.Problem;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteTableJson;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology;
import io.homecell.router.proxy.RecentTraffic;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The route table, as this router has it, on the admin port: {@code /table}, and {@code
 * /routes/dry-run}, which says what another table would move. Neither changes anything.
 */
final class TableEndpoints {
  /** A run of slots. */
  record Run(String slots, String owner, long epoch, Optional<String> movingTo) {}

  /** The table. */
  record Table(
      long epoch,
      double ageSeconds,
      Map<String, Integer> slotsByOwner,
      int moving,
      List<Run> runs) {}

  /**
   * What would go from one cell to another.
   *
   * @param slots such as {@code 0-9,17}
   * @param users about so many were seen by this router of late
   * @param moreUsers whether there were more than can be counted
   * @param requests seen by this router of late
   */
  record Move(
      String from,
      String to,
      boolean otherDatacenter,
      String slots,
      int slotCount,
      long users,
      boolean moreUsers,
      long requests) {}

  /**
   * What a table would do.
   *
   * @param seenForSeconds how long users and requests were counted
   */
  record DryRun(long epoch, double ageSeconds, double seenForSeconds, List<Move> moves) {}

  private record Pair(String from, String to) {}

  private final Topology topology;
  private final Routes routes;
  private final RecentTraffic traffic;

  TableEndpoints(Topology topology, Routes routes, RecentTraffic traffic) {
    this.topology = topology;
    this.routes = routes;
    this.traffic = traffic;
  }

  /** {@code GET /table}. */
  Answer table(Request request) {
    RouteTable now = routes.current();
    List<Run> runs =
        now.runs().stream()
            .map(
                run ->
                    new Run(
                        run.slots().toString(),
                        run.route().owner(),
                        run.route().epoch(),
                        run.route().movingTo()))
            .toList();
    int moving =
        now.runs().stream()
            .filter(run -> run.route().isMoving())
            .mapToInt(run -> run.slots().size())
            .sum();
    return new Answer(
        200, new Table(now.epoch(), ageSeconds(), now.slotCountByOwner(), moving, runs));
  }

  private double ageSeconds() {
    return routes.age().toMillis() / 1000.0;
  }

  /** {@code GET /routes/dry-run?slots=A-B&to=CELL}, or POST with a table as ZooKeeper has it. */
  Answer dryRun(Request request) {
    RouteTable now = routes.current();
    Map<Pair, BitSet> moves;
    try {
      moves =
          request.method().equals("POST")
              ? byTable(now, RouteTableJson.read(request.body()))
              : bySlots(now, request.query());
    } catch (IllegalArgumentException e) {
      return new Answer(400, Problem.of(400, "bad-table", String.valueOf(e.getMessage())));
    }
    long nanos = System.nanoTime();
    List<Move> told = new ArrayList<>();
    moves.forEach((pair, slots) -> told.add(move(pair, slots, nanos)));
    return new Answer(
        200,
        new DryRun(now.epoch(), ageSeconds(), traffic.covers(nanos).toMillis() / 1000.0, told));
  }

  private Map<Pair, BitSet> byTable(RouteTable now, RouteTable next) {
    if (!next.slots().equals(now.slots())) {
      throw new IllegalArgumentException(
          "slots: " + next.slots().count() + " (expected: " + now.slots().count() + ")");
    }
    Map<Pair, BitSet> moves = moves();
    for (int slot = 0; slot < now.slots().count(); slot++) {
      SlotRoute route = next.of(slot);
      // A slot that is moving goes where it is moving to, unless the move is given up.
      add(moves, now, slot, route.movingTo().orElse(route.owner()));
    }
    return moves;
  }

  private Map<Pair, BitSet> bySlots(RouteTable now, Map<String, String> query) {
    String to = query.getOrDefault("to", "");
    Map<Pair, BitSet> moves = moves();
    for (String text : query.getOrDefault("slots", "").split(",", -1)) {
      SlotRange range = SlotRange.parse(text);
      if (!now.slots().contains(range.last())) {
        throw new IllegalArgumentException(
            "slots: " + range + " (expected: below " + now.slots().count() + ")");
      }
      range.stream().forEach(slot -> add(moves, now, slot, to));
    }
    return moves;
  }

  private static Map<Pair, BitSet> moves() {
    return new TreeMap<>(Comparator.comparing(Pair::from).thenComparing(Pair::to));
  }

  private void add(Map<Pair, BitSet> moves, RouteTable now, int slot, String to) {
    String from = now.of(slot).owner();
    Topology.Cell target = topology.cell(to);
    if (from.equals(to)) {
      return;
    }
    String group = topology.cell(from).group();
    if (!target.group().equals(group)) {
      throw new IllegalArgumentException(
          "slot "
              + slot
              + " to "
              + to
              + ": of group "
              + target.group()
              + " (expected: of group "
              + group
              + ", which has the slot's data)");
    }
    moves.computeIfAbsent(new Pair(from, to), ignored -> new BitSet()).set(slot);
  }

  private Move move(Pair pair, BitSet slots, long nowNanos) {
    RecentTraffic.Seen seen = traffic.of(slots::get, nowNanos);
    return new Move(
        pair.from,
        pair.to,
        !topology.cell(pair.from).datacenter().equals(topology.cell(pair.to).datacenter()),
        text(slots),
        slots.cardinality(),
        seen.users(),
        seen.more(),
        seen.requests());
  }

  private static String text(BitSet slots) {
    List<String> ranges = new ArrayList<>();
    for (int first = slots.nextSetBit(0); first >= 0; ) {
      int after = slots.nextClearBit(first);
      ranges.add(new SlotRange(first, after - 1).toString());
      first = slots.nextSetBit(after);
    }
    return String.join(",", ranges);
  }
}
