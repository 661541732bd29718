package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.Ensemble;
import io.homecell.coordinator.cells.LoadReader;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.cells.Sightings;
import io.homecell.coordinator.operation.Direction;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.Surroundings;
import io.homecell.coordinator.operation.Surroundings.CellPlace;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import io.homecell.coordinator.operation.Surroundings.EnsembleFact;
import io.homecell.coordinator.operation.Surroundings.LoadFact;
import io.homecell.coordinator.operation.Surroundings.PastMove;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** Gathers what makes a move wise or unwise at this moment; changes nothing. */
public final class SurroundingsReader {
  private final Topology topology;
  private final Pipelines pipelines;
  private final LoadReader loads;
  private final Sightings sightings;
  private final Function<Instant, List<PastMove>> pastMoves;
  private final Executor threads;
  private final Clock clock;

  /**
   * @param pastMoves operations that have moved slots lately, at a moment
   */
  public SurroundingsReader(
      Topology topology,
      Pipelines pipelines,
      LoadReader loads,
      Sightings sightings,
      Function<Instant, List<PastMove>> pastMoves,
      Executor threads,
      Clock clock) {
    this.topology = topology;
    this.pipelines = pipelines;
    this.loads = loads;
    this.sightings = sightings;
    this.pastMoves = pastMoves;
    this.threads = threads;
    this.clock = clock;
  }

  Surroundings read(List<Move> moves, List<Applied> processes) {
    Instant now = clock.instant();
    Set<String> involved = new LinkedHashSet<>();
    Map<Direction, Instant> since = new HashMap<>();
    for (Move move : moves) {
      involved.addAll(List.of(move.source(), move.target()));
      Direction direction = new Direction(move.source(), move.target());
      pipelines.begun(direction).ifPresent(begun -> since.put(direction, begun));
    }
    return new Surroundings(
        now,
        topology.coordination().moveInterval(),
        since,
        places(),
        loads(involved),
        instances(processes),
        services(topology),
        pastMoves.apply(now),
        steps(involved),
        ensemble());
  }

  private Map<String, CellPlace> places() {
    Map<String, CellPlace> places = new TreeMap<>();
    for (Topology.Cell cell : topology.cells().values()) {
      Set<Integer> home = new TreeSet<>();
      cell.slots().forEach(range -> range.stream().forEach(home::add));
      places.put(cell.name(), new CellPlace(cell.datacenter(), cell.group(), home));
    }
    return places;
  }

  private Map<String, LoadFact> loads(Set<String> cells) {
    Map<String, LoadFact> facts = new TreeMap<>();
    loads
        .loads(cells)
        .forEach(
            (cell, load) ->
                facts.put(
                    cell,
                    new LoadFact(
                        load.connections(),
                        load.connectionsMax(),
                        load.applicationConnections(),
                        load.running())));
    return facts;
  }

  private static Map<String, Map<String, Integer>> instances(List<Applied> processes) {
    Map<String, Map<String, Integer>> instances = new TreeMap<>();
    for (Applied one : processes) {
      one.cell()
          .ifPresent(
              cell ->
                  instances
                      .computeIfAbsent(cell, name -> new TreeMap<>())
                      .merge(one.role(), 1, Integer::sum));
    }
    return instances;
  }

  /** The services that run in every cell; an instance's role is its service's name. */
  public static Set<String> services(Topology topology) {
    Set<String> names = new TreeSet<>();
    topology
        .services()
        .forEach(
            (name, service) -> {
              if (service instanceof Service.Unit) {
                names.add(name);
              }
            });
    return names;
  }

  private Map<String, ClockStep> steps(Set<String> cells) {
    Map<String, ClockStep> steps = new TreeMap<>();
    for (String cell : cells) {
      sightings
          .clockStep(cell)
          .ifPresent(step -> steps.put(cell, new ClockStep(step.at(), step.by().toMillis())));
    }
    return steps;
  }

  private EnsembleFact ensemble() {
    Ensemble ensemble = Ensemble.ask(topology.coordination().zookeeper(), threads);
    return new EnsembleFact(ensemble.servers().size(), ensemble.silent());
  }
}
