package io.homecell.coordinator.operation;

import io.homecell.coordinator.operation.CheckFacts.CellFact;
import io.homecell.coordinator.operation.CheckFacts.DatacenterFact;
import io.homecell.coordinator.operation.CheckFacts.PipelineFact;
import io.homecell.coordinator.operation.CheckFacts.StrandedFact;
import io.homecell.coordinator.operation.CheckFacts.VerifiedFact;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.SlotRoute;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Every reason not to begin an operation, each with its figure and the way out. Pure. */
public final class Checks {
  /** More lag than this would hold users for longer than they should notice. */
  static final long LAG_MILLIS_MAX = 2_000;

  /** A status older than this says nothing about now. */
  static final long STATUS_AGE_MILLIS_MAX = 10_000;

  /**
   * What speaks against some moves.
   *
   * @param warnings what does not, and belongs into the record: refusals that were overridden, too
   */
  public record Judgement(List<Refusal> refusals, List<String> warnings) {
    public Judgement {
      refusals = List.copyOf(refusals);
      warnings = List.copyOf(warnings);
    }
  }

  private static final int LISTED_MAX = 5;

  private final Kind kind;
  private final List<Move> moves;
  private final CheckFacts facts;
  private final Set<Refusal> refusals = new LinkedHashSet<>();

  private Checks(Kind kind, List<Move> moves, CheckFacts facts) {
    this.kind = kind;
    this.moves = moves;
    this.facts = facts;
  }

  /**
   * The reasons not to do these moves now.
   *
   * @param force names of refusals that the operator overrides; only {@linkplain
   *     RefusalName#isOverridable() overridable} ones count
   */
  public static Judgement judge(Kind kind, List<Move> moves, CheckFacts facts, Set<String> force) {
    Checks checks = new Checks(kind, moves, facts);
    checks.run();
    Judgement precautions = Precautions.judge(kind, moves, facts);
    checks.refusals.addAll(precautions.refusals());
    List<Refusal> standing = new ArrayList<>();
    List<String> warnings = new ArrayList<>(precautions.warnings());
    for (Refusal refusal : checks.refusals) {
      if (refusal.name().isOverridable() && force.contains(refusal.name().name())) {
        warnings.add("forced " + refusal.name() + ": " + refusal.detail());
      } else {
        standing.add(refusal);
      }
    }
    return new Judgement(standing, warnings);
  }

  private void run() {
    facts
        .otherOperation()
        .ifPresent(
            id ->
                refuse(
                    RefusalName.OPERATION_RUNNING,
                    "operation " + id + " is under way",
                    "wait for it (`cellctl operation show " + id + "`) or abort it"));
    routers();
    for (Move move : moves) {
      targetReachable(move);
      switch (kind) {
        case SWITCHOVER -> {
          planned(move, false);
          verified(move);
        }
        case FAILOVER -> unplanned(move);
        case FAILBACK -> {
          planned(move, isLost(move.targetDatacenter()));
          verified(move);
        }
      }
    }
    if (kind == Kind.FAILBACK) {
      moves.forEach(this::returned);
      stranded();
    }
  }

  private void refuse(RefusalName name, String detail, String wayOut) {
    refusals.add(new Refusal(name, detail, wayOut));
  }

  private boolean isLost(String datacenter) {
    return datacenter(datacenter).lost();
  }

  private DatacenterFact datacenter(String name) {
    return facts.datacenters().getOrDefault(name, new DatacenterFact(false, 0));
  }

  private CellFact cell(String name) {
    return facts.cells().getOrDefault(name, new CellFact(Optional.of("not asked"), -1, Map.of()));
  }

  private void routers() {
    Set<String> involved = new LinkedHashSet<>();
    for (Move move : moves) {
      if (kind != Kind.FAILOVER) {
        involved.add(move.sourceDatacenter());
      }
      involved.add(move.targetDatacenter());
    }
    for (String name : involved) {
      if (datacenter(name).routers() == 0) {
        refuse(
            RefusalName.NO_ROUTER,
            "no router of datacenter " + name + " is registered",
            "start one; an unknown router could not be told to hold");
      }
    }
  }

  private void targetReachable(Move move) {
    CellFact target = cell(move.target());
    target
        .unreachable()
        .ifPresent(
            why ->
                refuse(
                    RefusalName.TARGET_UNREACHABLE,
                    "the database of " + move.target() + " can't be reached: " + why,
                    "start it, or move to another datacenter"));
  }

  private void planned(Move move, boolean returning) {
    if (!returning && isLost(move.targetDatacenter())) {
      refuse(
          RefusalName.TARGET_LOST,
          "datacenter " + move.targetDatacenter() + " is declared lost",
          "bring it back with `cellctl failback`");
    }
    CellFact source = cell(move.source());
    source
        .unreachable()
        .ifPresent(
            why ->
                refuse(
                    RefusalName.SOURCE_UNREACHABLE,
                    "the database of " + move.source() + " can't be reached: " + why,
                    "if it is dead: `cellctl failover --from " + move.sourceDatacenter() + "`"));
    if (source.isReachable()) {
      fenceAsRoutes(move, source);
    }
    CellFact target = cell(move.target());
    if (!returning && target.isReachable() && target.leaseMillis() <= 0) {
      refuse(
          RefusalName.TARGET_FENCED,
          move.target() + " has no lease (over for " + -target.leaseMillis() + " ms)",
          "start its services: their lease keeper renews it");
    }
    pipeline(new Direction(move.source(), move.target()));
  }

  private void fenceAsRoutes(Move move, CellFact source) {
    List<String> differing = new ArrayList<>();
    move.epochsBefore()
        .forEach(
            (slot, epoch) -> {
              FenceRow row = source.rows().get(slot);
              if (!FenceRow.open(slot, move.source(), epoch).equals(row)) {
                differing.add(row == null ? "slot " + slot + " has no row" : row.toString());
              }
            });
    if (!differing.isEmpty()) {
      refuse(
          RefusalName.FENCE_NOT_AS_ROUTES,
          differing.size()
              + " fence rows of "
              + move.source()
              + " are not as the route table says, first: "
              + differing.get(0),
          "wait for the coordinator to open them again, see `cellctl status`");
    }
  }

  private void pipeline(Direction direction) {
    PipelineFact pipeline = facts.pipelines().get(direction);
    if (pipeline == null) {
      refuse(
          RefusalName.PIPELINE_MISSING,
          "pipeline " + direction + " reports no status",
          "start dc-sync in the target's datacenter");
    } else if (pipeline.ageMillis() > STATUS_AGE_MILLIS_MAX) {
      refuse(
          RefusalName.PIPELINE_SILENT,
          "pipeline "
              + direction
              + " was last heard of "
              + pipeline.ageMillis()
              + " ms ago (limit "
              + STATUS_AGE_MILLIS_MAX
              + ")",
          "look at dc-sync in the target's datacenter");
    } else if (!pipeline.isStreaming()) {
      refuse(
          RefusalName.PIPELINE_NOT_STREAMING,
          "pipeline " + direction + " is " + pipeline.state() + " " + pipeline.detail(),
          "wait until it has caught up, see `cellctl sync status`");
    } else if (pipeline.lagMillis() > LAG_MILLIS_MAX) {
      refuse(
          RefusalName.PIPELINE_LAG,
          "pipeline "
              + direction
              + " is "
              + pipeline.lagMillis()
              + " ms behind (limit "
              + LAG_MILLIS_MAX
              + ")",
          "wait until it has caught up, or lower the load");
    }
  }

  /** Where copies are known to differ, the new owner would go on from rows that are wrong. */
  private void verified(Move move) {
    Stream.of(
            new Direction(move.source(), move.target()),
            new Direction(move.target(), move.source()))
        .flatMap(one -> Optional.ofNullable(facts.pipelines().get(one)).stream())
        .flatMap(pipeline -> pipeline.verified().stream())
        .max(Comparator.comparing(VerifiedFact::at))
        .filter(last -> last.differences() > 0)
        .ifPresent(
            last ->
                refuse(
                    RefusalName.VERIFY_DIFFERS,
                    last.differences()
                        + " rows of "
                        + move.source()
                        + " and "
                        + move.target()
                        + " differ, by the verification of "
                        + last.at(),
                    "mend the rows that `cellctl sync verify` names, and run it again"));
  }

  private void unplanned(Move move) {
    if (isLost(move.targetDatacenter())) {
      refuse(
          RefusalName.TARGET_LOST,
          "datacenter " + move.targetDatacenter() + " is declared lost",
          "move to another datacenter, or bring it back first");
    }
    facts
        .pipelines()
        .forEach(
            (direction, pipeline) -> {
              if (direction.target().equals(move.target()) && pipeline.isLoading()) {
                refuse(
                    RefusalName.TARGET_LOADING,
                    move.target() + " is being loaded: " + pipeline.detail(),
                    "it lacks rows: wait, or move to another datacenter");
              }
            });
    CellFact target = cell(move.target());
    if (target.isReachable() && target.leaseMillis() <= 0) {
      refuse(
          RefusalName.TARGET_FENCED,
          move.target() + " has no lease (over for " + -target.leaseMillis() + " ms)",
          "start its services: their lease keeper renews it");
    }
    if (cell(move.source()).isReachable()) {
      refuse(
          RefusalName.SOURCE_REACHABLE,
          "the database of " + move.source() + " answers: a failover would leave writes behind",
          "use `cellctl switchover --from "
              + move.sourceDatacenter()
              + " --to "
              + move.targetDatacenter()
              + "`; to fail over all the same, force SOURCE_REACHABLE with a reason");
    }
  }

  /** A cell that was failed over may own again only when nothing of either side is missing. */
  private void returned(Move move) {
    CellFact home = cell(move.target());
    if (home.isReachable()) {
      fenceRowsArrived(move, home);
    }
    missing(
        new Direction(move.source(), move.target()),
        RefusalName.NOT_CAUGHT_UP,
        "wait until " + move.target() + " has caught up");
    if (isLost(move.targetDatacenter())) {
      Direction own = new Direction(move.target(), move.source());
      pipeline(own);
      missing(
          own,
          RefusalName.RETURN_NOT_READ,
          "wait until what it had committed has been read and listed");
    }
  }

  private void missing(Direction direction, RefusalName name, String wayOut) {
    String missing = facts.missing().get(direction);
    if (missing == null) {
      refuse(name, direction + " could not be compared", wayOut);
    } else if (!missing.isEmpty()) {
      refuse(
          name,
          direction.target() + " lacks transactions of " + direction.source() + ": " + missing,
          wayOut);
    }
  }

  /** Active again, it may write whatever its own rows let it: they must all name the owners. */
  private void fenceRowsArrived(Move move, CellFact home) {
    String cellName = move.target();
    Set<Integer> moving = move.slots();
    List<String> stale = new ArrayList<>();
    home.rows()
        .forEach(
            (slot, row) -> {
              SlotRoute route = facts.routes().of(slot);
              boolean claims = row.isOpenFor(cellName) && !route.owner().equals(cellName);
              boolean behind = moving.contains(slot) && row.epoch() < route.epoch();
              if (claims || behind) {
                stale.add(row + ", routes say " + route.owner() + " epoch " + route.epoch());
              }
            });
    if (!stale.isEmpty()) {
      refuse(
          RefusalName.FENCE_ROWS_NOT_ARRIVED,
          stale.size() + " fence rows of " + cellName + " are stale, first: " + stale.get(0),
          "wait until replication has brought them, see `cellctl sync status`");
    }
  }

  private void stranded() {
    Set<String> homes = new LinkedHashSet<>();
    moves.forEach(move -> homes.add(move.target()));
    List<StrandedFact> open =
        facts.stranded().stream().filter(fact -> homes.contains(fact.sourceCell())).toList();
    if (!open.isEmpty()) {
      String listed =
          String.join(
              ", ",
              open.stream()
                  .limit(LISTED_MAX)
                  .map(fact -> fact.gtid() + " of " + fact.sourceCell() + " slots " + fact.slots())
                  .toList());
      refuse(
          RefusalName.STRANDED_OPEN,
          open.size()
              + " stranded transactions are open: "
              + listed
              + (open.size() > LISTED_MAX ? ", ..." : ""),
          "settle them first: `cellctl sync stranded list`, then `replay` or `discard`");
    }
  }
}
