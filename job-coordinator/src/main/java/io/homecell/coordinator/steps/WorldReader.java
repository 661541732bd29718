package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellReport;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.CheckFacts;
import io.homecell.coordinator.operation.CheckFacts.CellFact;
import io.homecell.coordinator.operation.CheckFacts.DatacenterFact;
import io.homecell.coordinator.operation.CheckFacts.PipelineFact;
import io.homecell.coordinator.operation.CheckFacts.StrandedFact;
import io.homecell.coordinator.operation.CheckFacts.VerifiedFact;
import io.homecell.coordinator.operation.Checks;
import io.homecell.coordinator.operation.Direction;
import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.Planner;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.RefusalName;
import io.homecell.coordinator.operation.ReturnChecks;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.json.Json;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.curator.framework.CuratorFramework;

/** Gathers what planning and checking judge: reads everything, changes nothing. */
public final class WorldReader {
  /** How long a comparison of two busy databases may take to show that nothing is missing. */
  private static final Duration COMPARE_WITHIN = Duration.ofSeconds(2);

  private static final long COMPARE_POLL_MILLIS = 20;

  private final Topology topology;
  private final RouteStore routes;
  private final DatacenterStates states;
  private final AppliedEpochs applied;
  private final Pipelines pipelines;
  private final CellReader reader;
  private final LossReader loss;
  private final SurroundingsReader surroundings;
  private final ReturnReader returns;
  private final Clock clock;

  /**
   * @param surroundings reads what is about the moment and not about the move
   */
  public WorldReader(
      Topology topology,
      CuratorFramework client,
      CellReader reader,
      SurroundingsReader surroundings,
      Clock clock) {
    this.surroundings = surroundings;
    this.topology = topology;
    this.routes = new RouteStore(client);
    this.states = new DatacenterStates(client);
    this.applied = new AppliedEpochs(client);
    this.pipelines = new Pipelines(client);
    this.reader = reader;
    this.loss = new LossReader(topology, client, reader, clock);
    this.returns = new ReturnReader(topology, client, reader);
    this.clock = clock;
  }

  /** What the planner judges. */
  public Planner.World world(OperationRequest request) {
    Set<String> lost = new HashSet<>();
    Map<String, Integer> versions = new HashMap<>();
    for (String name : topology.datacenters().keySet()) {
      DatacenterState state = states.read(name);
      versions.put(name, state.version());
      if (state.isLost()) {
        lost.add(name);
      }
    }
    Map<String, Map<Integer, Long>> targetEpochs = new HashMap<>();
    if (request.kind() == Kind.FAILOVER) {
      reader
          .reports(topology.cells().keySet())
          .forEach((cell, report) -> targetEpochs.put(cell, epochs(report)));
    }
    return new Planner.World(topology, table(), lost, versions, targetEpochs);
  }

  private static Map<Integer, Long> epochs(CellReport report) {
    Map<Integer, Long> epochs = new HashMap<>();
    report.rows().values().forEach((FenceRow row) -> epochs.put(row.slot(), row.epoch()));
    return epochs;
  }

  /** What is known to be missing at the targets of some moves. */
  public List<Loss> loss(List<Move> moves) {
    return loss.read(moves);
  }

  /** What speaks against an operation that is under way itself. */
  public Checks.Judgement judge(Operation operation) {
    return judge(
        operation.kind(),
        operation.movesToCheck(),
        operation.waves().isPresent(),
        operation.force(),
        Optional.empty());
  }

  /**
   * Every reason against some moves, and what is worth a word.
   *
   * @param inWaves whether routers have to tell what they see
   * @param otherOperation the id of an operation that is under way
   */
  public Checks.Judgement judge(
      Kind kind,
      List<Move> moves,
      boolean inWaves,
      Set<String> force,
      Optional<String> otherOperation) {
    Checks.Judgement judged = Checks.judge(kind, moves, facts(kind, moves, otherOperation), force);
    List<Refusal> refusals = new ArrayList<>(judged.refusals());
    if (inWaves) {
      refusals.addAll(unseen());
    }
    if (kind == Kind.FAILBACK) {
      refusals.addAll(ReturnChecks.refusals(returns.read(moves)));
    }
    return new Checks.Judgement(refusals, judged.warnings());
  }

  /** Better known before anything moves than by the first wave's check. */
  private List<Refusal> unseen() {
    return applied.list().stream()
        .filter(one -> one.role().equals("router") && one.admin().isEmpty())
        .map(
            one ->
                new Refusal(
                    RefusalName.ROUTER_NOT_OBSERVABLE,
                    "router " + one.instance() + " does not tell its admin port",
                    "replace it by one of this version, or move without --waves"))
        .toList();
  }

  private CheckFacts facts(Kind kind, List<Move> moves, Optional<String> otherOperation) {
    Set<String> involved = new LinkedHashSet<>();
    moves.forEach(move -> involved.addAll(List.of(move.source(), move.target())));
    if (kind == Kind.FAILBACK) {
      // A stranded transaction is kept by whichever cell of the group met it.
      involved.addAll(topology.cells().keySet());
    }
    Map<String, CellReport> reports = reader.reports(involved);
    Map<String, CellFact> cells = new TreeMap<>();
    reports.forEach(
        (name, report) ->
            cells.put(
                name, new CellFact(report.unreachable(), report.leaseMillis(), report.rows())));
    return new CheckFacts(
        otherOperation,
        table(),
        datacenters(),
        cells,
        pipelineFacts(),
        kind == Kind.FAILBACK ? missing(moves) : Map.of(),
        reports.values().stream()
            .flatMap(report -> report.stranded().stream())
            .filter(CellReport.Stranded::isOpen)
            .map(WorldReader::strandedFact)
            .toList(),
        surroundings.read(moves, applied.list()));
  }

  private Map<String, DatacenterFact> datacenters() {
    List<Applied> processes = applied.list();
    Map<String, DatacenterFact> facts = new TreeMap<>();
    for (String name : topology.datacenters().keySet()) {
      long routers =
          processes.stream()
              .filter(one -> one.role().equals("router") && one.datacenter().equals(name))
              .count();
      facts.put(name, new DatacenterFact(states.read(name).isLost(), (int) routers));
    }
    return facts;
  }

  private Map<Direction, PipelineFact> pipelineFacts() {
    Map<Direction, PipelineFact> facts = new HashMap<>();
    for (PipelineStatus status : pipelines.list()) {
      long age = Duration.between(status.at(), clock.instant()).toMillis();
      facts.put(
          status.direction(),
          new PipelineFact(
              status.state(),
              status.lagMillis(),
              status.detail().orElse(""),
              Math.max(0, age),
              status
                  .verified()
                  .map(verified -> new VerifiedFact(verified.at(), verified.differences()))));
    }
    return facts;
  }

  private static StrandedFact strandedFact(CellReport.Stranded stranded) {
    return new StrandedFact(
        stranded.gtid(), stranded.sourceCell(), stranded.keptIn(), slotsOf(stranded.slots()));
  }

  private static Set<Integer> slotsOf(String json) {
    try {
      return new TreeSet<>(Arrays.asList(Json.read(json, Integer[].class)));
    } catch (IllegalArgumentException notAList) {
      return Set.of();
    }
  }

  private Map<Direction, String> missing(List<Move> moves) {
    Map<Direction, String> missing = new HashMap<>();
    for (Move move : moves) {
      compare(new Direction(move.source(), move.target()), missing);
      compare(new Direction(move.target(), move.source()), missing);
    }
    return missing;
  }

  /** Heartbeats are under way at any moment: what the source had at first must arrive soon. */
  private void compare(Direction direction, Map<Direction, String> missing) {
    long began = System.nanoTime();
    try {
      String executed = reader.gtidExecuted(direction.source());
      String lacking = reader.missing(direction.target(), executed);
      while (!lacking.isEmpty() && !Stop.left(began, COMPARE_WITHIN).isZero()) {
        Thread.sleep(COMPARE_POLL_MILLIS);
        lacking = reader.missing(direction.target(), executed);
      }
      missing.put(direction, lacking);
    } catch (SQLException notAsked) {
      // absent: the check says that they could not be compared
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private RouteTable table() {
    return routes
        .read()
        .map(RouteStore.Versioned::table)
        .orElseThrow(() -> new CoordinationException("there is no route table yet"));
  }
}
