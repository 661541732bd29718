package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.CheckFacts.VerifiedFact;
import io.homecell.coordinator.operation.Surroundings.CellPlace;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import io.homecell.coordinator.operation.Surroundings.EnsembleFact;
import io.homecell.coordinator.operation.Surroundings.LoadFact;
import io.homecell.coordinator.operation.Surroundings.PastMove;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The reasons that are about the moment, not about the move: possible, but unwise now. A failover
 * is asked for when users are down already, so what would only make it riskier does not refuse it.
 * Pure.
 */
final class Precautions {
  /**
   * Copies are compared unasked each ten minutes, at a low rate; a large cell takes longer. Counted
   * from the beginning of the pipeline that runs now, so a deployment that has just been started is
   * not refused before the first comparison could end.
   */
  static final Duration VERIFIED_WITHIN = Duration.ofHours(1);

  /** A keeper ends the lease at a step, and renews it when the clock has run evenly again. */
  static final Duration CLOCK_SETTLED_AFTER = Duration.ofMinutes(1);

  /** The last tenth of a server's connections is left to its people. */
  static final double CONNECTIONS_SHARE_MAX = 0.9;

  /** More statements at a time than any machine has cores to run. */
  static final int RUNNING_MAX = 128;

  private final Kind kind;
  private final List<Move> moves;
  private final CheckFacts facts;
  private final Surroundings around;
  private final Set<Refusal> refusals = new LinkedHashSet<>();
  private final List<String> warnings = new ArrayList<>();

  private Precautions(Kind kind, List<Move> moves, CheckFacts facts) {
    this.kind = kind;
    this.moves = moves;
    this.facts = facts;
    this.around = facts.around();
  }

  /** What speaks against some moves at this moment. */
  static Checks.Judgement judge(Kind kind, List<Move> moves, CheckFacts facts) {
    Precautions precautions = new Precautions(kind, moves, facts);
    precautions.run();
    return new Checks.Judgement(List.copyOf(precautions.refusals), precautions.warnings);
  }

  private void run() {
    quorum();
    recentlyMoved();
    for (Move move : moves) {
      clock(move.source());
      clock(move.target());
      instances(move);
      if (kind == Kind.SWITCHOVER) {
        drained(move);
      }
      if (kind != Kind.FAILOVER) {
        verified(move);
        capacity(move);
      }
    }
  }

  private void refuse(RefusalName name, String detail, String wayOut) {
    refusals.add(new Refusal(name, detail, wayOut));
  }

  private void quorum() {
    EnsembleFact ensemble = around.coordination();
    if (!ensemble.isWithoutSpare()) {
      return;
    }
    String detail =
        ensemble.servers()
            - ensemble.silent().size()
            + " of "
            + ensemble.servers()
            + " servers of the coordination service answer: the next failure stops every operation";
    if (ensemble.silent().isEmpty()) {
      // One or two servers: decided when the deployment was made, it would refuse for ever.
      warnings.add("the coordination service has no spare: " + detail);
    } else if (kind == Kind.FAILOVER) {
      warnings.add(detail + "; not answering: " + ensemble.silent());
    } else {
      refuse(
          RefusalName.QUORUM_AT_RISK,
          detail,
          "bring back " + String.join(", ", ensemble.silent()) + " first");
    }
  }

  /**
   * Slots that have just moved stay for a while: what made them move is rarely over. A failback is
   * never refused, nor is the failover of a datacenter that was not failed over just now.
   */
  private void recentlyMoved() {
    if (kind == Kind.FAILBACK) {
      return;
    }
    Set<Integer> slots = new LinkedHashSet<>();
    moves.forEach(move -> slots.addAll(move.slots()));
    String from = String.join(",", moves.stream().map(Move::sourceDatacenter).distinct().toList());
    around.moves().stream()
        .filter(past -> kind == Kind.SWITCHOVER || isFailoverOf(past, from))
        .filter(past -> !Collections.disjoint(past.slots(), slots))
        .max(Comparator.comparing(PastMove::endedAt))
        .ifPresent(this::refuseIfRecent);
  }

  private static boolean isFailoverOf(PastMove past, String datacenter) {
    return past.kind() == Kind.FAILOVER && past.from().equals(datacenter);
  }

  private void refuseIfRecent(PastMove past) {
    Duration ago = Duration.between(past.endedAt(), around.now());
    Duration left = around.moveInterval().minus(ago);
    if (left.compareTo(Duration.ZERO) > 0) {
      refuse(
          RefusalName.RECENTLY_MOVED,
          "slots of it were moved by "
              + past.operation()
              + " "
              + ago.toSeconds()
              + " s ago (limit "
              + around.moveInterval().toSeconds()
              + " s)",
          "find out why they have to move again, and wait for another "
              + (left.toSeconds() + 1)
              + " s");
    }
  }

  private void clock(String cell) {
    ClockStep step = around.clockSteps().get(cell);
    if (step == null) {
      return;
    }
    Duration ago = Duration.between(step.at(), around.now());
    if (ago.compareTo(CLOCK_SETTLED_AFTER) < 0) {
      refuse(
          RefusalName.CLOCK_STEPPED,
          "the clock of "
              + cell
              + "'s database was off by "
              + step.millis()
              + " ms at "
              + step.at(),
          "stop whatever sets it by steps; leases are sure again in "
              + (CLOCK_SETTLED_AFTER.minus(ago).toSeconds() + 1)
              + " s");
    }
  }

  private void instances(Move move) {
    List<String> missing = new ArrayList<>();
    for (String service : around.services()) {
      if (instancesOf(move.target(), service) == 0) {
        missing.add(service);
      }
    }
    if (!missing.isEmpty()) {
      refuse(
          RefusalName.INSTANCES_MISSING,
          move.target() + " has no instance of " + String.join(", ", missing),
          "start them: its users would be refused until then");
    }
  }

  private int instancesOf(String cell, String service) {
    return around.instances().getOrDefault(cell, Map.of()).getOrDefault(service, 0);
  }

  private void drained(Move move) {
    CellPlace target = around.cells().get(move.target());
    CellPlace source = around.cells().get(move.source());
    if (target == null || source == null) {
      return;
    }
    if (isDrained(move.target(), target) && !target.homeSlots().containsAll(move.slots())) {
      refuse(
          RefusalName.TARGET_DRAINED,
          "all " + target.homeSlots().size() + " home slots of " + move.target() + " are elsewhere",
          "somebody has emptied it: ask why, then `cellctl failback --datacenter "
              + move.targetDatacenter()
              + "`");
    }
    boolean leavesSource =
        facts.routes().ownedBy(move.source()).allMatch(slot -> move.slots().contains(slot));
    if (!leavesSource) {
      return;
    }
    around
        .cells()
        .forEach(
            (name, place) -> {
              boolean third = !name.equals(move.source()) && !name.equals(move.target());
              if (third && place.group().equals(target.group()) && isOut(name, place)) {
                refuse(
                    RefusalName.GROUP_ON_ONE_LEG,
                    name
                        + " is drained or lost already, so "
                        + move.target()
                        + " alone would serve group "
                        + target.group(),
                    "bring " + place.datacenter() + " back first: `cellctl failback`");
              }
            });
  }

  private boolean isOut(String cell, CellPlace place) {
    CheckFacts.DatacenterFact datacenter = facts.datacenters().get(place.datacenter());
    return isDrained(cell, place) || (datacenter != null && datacenter.lost());
  }

  private boolean isDrained(String cell, CellPlace place) {
    return !place.homeSlots().isEmpty() && facts.routes().ownedBy(cell).findAny().isEmpty();
  }

  private void verified(Move move) {
    Stream<Direction> both =
        Stream.of(
            new Direction(move.source(), move.target()),
            new Direction(move.target(), move.source()));
    List<Direction> directions = both.toList();
    Optional<Instant> last =
        directions.stream()
            .flatMap(one -> Optional.ofNullable(facts.pipelines().get(one)).stream())
            .flatMap(pipeline -> pipeline.verified().stream())
            .map(VerifiedFact::at)
            .max(Comparator.naturalOrder());
    Optional<Instant> begun = Optional.ofNullable(around.replicatingSince().get(directions.get(0)));
    if (begun.isEmpty()) {
      return; // another refusal says that the pipeline is missing
    }
    Instant since = last.filter(at -> at.isAfter(begun.get())).orElse(begun.get());
    Duration unverified = Duration.between(since, around.now());
    if (unverified.compareTo(VERIFIED_WITHIN) > 0) {
      refuse(
          RefusalName.UNVERIFIED,
          move.source()
              + " and "
              + move.target()
              + " were not compared for "
              + unverified.toMinutes()
              + " min (limit "
              + VERIFIED_WITHIN.toMinutes()
              + "), "
              + last.map(at -> "last at " + at).orElse("never before"),
          "`cellctl sync verify`, and see why dc-sync does not do it unasked");
    }
  }

  /** Whether the target could carry both: its own users and those who come. */
  private void capacity(Move move) {
    double share = shareOf(move);
    fewerInstances(move, share);
    LoadFact target = around.loads().get(move.target());
    LoadFact source = around.loads().get(move.source());
    if (target == null || source == null) {
      return;
    }
    double coming = share * source.applicationConnections().orElse(source.connections());
    double room = target.connectionsMax() * CONNECTIONS_SHARE_MAX - target.connections();
    if (coming > room) {
      tooSmall(
          move,
          Math.round(coming)
              + " connections may come to the "
              + target.connections()
              + " of "
              + target.connectionsMax()
              + " there (limit "
              + Math.round(CONNECTIONS_SHARE_MAX * 100)
              + " %)",
          "raise max_connections at " + move.target() + ", or move fewer slots");
    }
    double running = target.running() + share * source.running();
    if (running > RUNNING_MAX) {
      tooSmall(
          move,
          Math.round(running)
              + " statements would run at a time, "
              + target.running()
              + " do now (limit "
              + RUNNING_MAX
              + ")",
          "find what keeps it busy, or move fewer slots");
    }
  }

  private void fewerInstances(Move move, double share) {
    List<String> fewer = new ArrayList<>();
    for (String service : around.services()) {
      int there = instancesOf(move.target(), service);
      int wanted = (int) Math.ceil(share * instancesOf(move.source(), service));
      if (there > 0 && there < wanted) {
        fewer.add(there + " of " + service + " (expected: " + wanted + ")");
      }
    }
    if (!fewer.isEmpty()) {
      tooSmall(
          move,
          "it runs " + String.join(", ", fewer) + ", as the users who come have now",
          "start more, or move fewer slots");
    }
  }

  private void tooSmall(Move move, String detail, String wayOut) {
    refuse(RefusalName.TARGET_CAPACITY, move.target() + ": " + detail, wayOut);
  }

  private double shareOf(Move move) {
    long owned = facts.routes().ownedBy(move.source()).count();
    return owned == 0 ? 1 : Math.min(1, (double) move.size() / owned);
  }
}
