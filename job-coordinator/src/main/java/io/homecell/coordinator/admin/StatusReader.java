package io.homecell.coordinator.admin;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.CopyView;
import io.homecell.coordinator.admin.StatusView.DatacenterView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.admin.StatusView.Sight;
import io.homecell.coordinator.cells.CellLoad;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellReport;
import io.homecell.coordinator.cells.CellWatch;
import io.homecell.coordinator.cells.Ensemble;
import io.homecell.coordinator.cells.LoadReader;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.cells.Sightings;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import io.homecell.coordinator.steps.SurroundingsReader;
import io.homecell.coordinator.switchover.Leadership;
import io.homecell.coordinator.switchover.Operations;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.apache.curator.framework.CuratorFramework;
import org.jspecify.annotations.Nullable;

/** Gathers the status of the deployment; changes nothing. */
final class StatusReader {
  private final Topology topology;
  private final CellReader reader;
  private final LoadReader loads;
  private final CellWatch watch;
  private final Executor threads;
  private final RouteStore routes;
  private final DatacenterStates states;
  private final AppliedEpochs applied;
  private final Pipelines pipelines;
  private final Operations operations;
  private final Leadership leadership;
  private final Clock clock;

  StatusReader(
      Topology topology,
      CuratorFramework client,
      CellReader reader,
      LoadReader loads,
      CellWatch watch,
      Executor threads,
      Operations operations,
      Leadership leadership,
      Clock clock) {
    this.loads = loads;
    this.watch = watch;
    this.threads = threads;
    this.topology = topology;
    this.reader = reader;
    this.routes = new RouteStore(client);
    this.states = new DatacenterStates(client);
    this.applied = new AppliedEpochs(client);
    this.pipelines = new Pipelines(client);
    this.operations = operations;
    this.leadership = leadership;
    this.clock = clock;
  }

  StatusView read() {
    Optional<RouteTable> table = table();
    Map<String, CellReport> reports = reader.reports(topology.cells().keySet());
    List<ProcessView> processes =
        applied.list().stream()
            .map(
                one ->
                    new ProcessView(
                        one.role(), one.instance(), one.datacenter(), one.cell(), one.epoch()))
            .sorted(
                Comparator.comparing(ProcessView::datacenter)
                    .thenComparing(ProcessView::role)
                    .thenComparing(ProcessView::instance))
            .toList();
    StatusView view =
        new StatusView(
            clock.instant(),
            Optional.empty(),
            topology.coordination().lease().toMillis(),
            SurroundingsReader.services(topology),
            Optional.of(Ensemble.ask(topology.coordination().zookeeper(), threads)),
            leadership.epochsWentBack(),
            leadership.leaderUrl(),
            table.map(RouteTable::epoch).orElse(0L),
            table.map(known -> count(known, SlotRoute::isMoving)).orElse(0),
            table.map(this::away).orElse(0),
            datacenters(table, processes, name -> states.read(name)),
            cells(reports, table, processes),
            copies(topology),
            pipelines.list(),
            processes,
            operations.underWay(),
            List.of());
    return view.judged(Verdicts.of(view, leadership.waitsFor()));
  }

  /** One for each center cell and each cell of another group, as dc-sync carries them. */
  static List<CopyView> copies(Topology topology) {
    List<CopyView> all = new ArrayList<>();
    for (Topology.Cell center :
        topology.copies().stream().map(topology::centerOf).distinct().toList()) {
      List<String> services =
          topology.copies().stream()
              .filter(copy -> topology.centerOf(copy).equals(center))
              .map(Service::name)
              .sorted()
              .toList();
      topology.cells().values().stream()
          .filter(cell -> !cell.group().equals(center.group()))
          .forEach(cell -> all.add(new CopyView(center.name(), cell.name(), services)));
    }
    return all;
  }

  /**
   * What can be said without the coordination service: the databases' own words, and what was known
   * last of routes and datacenters. Any coordinator can say it.
   */
  StatusView readWithout(String problem) {
    Optional<RouteTable> table = watch.lastTable();
    Map<String, CellReport> reports = reader.reports(topology.cells().keySet());
    StatusView view =
        new StatusView(
            clock.instant(),
            Optional.of(problem),
            topology.coordination().lease().toMillis(),
            SurroundingsReader.services(topology),
            Optional.empty(),
            List.of(),
            Optional.empty(),
            table.map(RouteTable::epoch).orElse(0L),
            0,
            table.map(this::away).orElse(0),
            datacenters(table, List.of(), this::lastState),
            cells(reports, table, List.of()),
            List.of(),
            List.of(),
            List.of(),
            Optional.empty(),
            List.of());
    return view.judged(Verdicts.of(view, Optional.empty()));
  }

  private DatacenterState lastState(String datacenter) {
    boolean lost =
        topology.cellsIn(datacenter).stream()
            .anyMatch(cell -> watch.sightings().isLost(cell.name()));
    return new DatacenterState(
        lost ? DatacenterState.State.LOST : DatacenterState.State.ACTIVE,
        0,
        DatacenterState.ABSENT);
  }

  private List<CellView> cells(
      Map<String, CellReport> reports, Optional<RouteTable> table, List<ProcessView> processes) {
    List<String> alone =
        topology.cells().keySet().stream()
            .filter(
                name ->
                    processes.stream().noneMatch(one -> one.cell().map(name::equals).orElse(false)))
            .filter(name -> reports.containsKey(name) && reports.get(name).isReachable())
            .toList();
    Map<String, CellLoad> carried = loads.loads(alone);
    return topology.cells().values().stream()
        .map(
            cell ->
                cell(
                    cell,
                    reports.get(cell.name()),
                    table,
                    sight(
                        cell.name(),
                        Optional.ofNullable(carried.get(cell.name()))
                            .flatMap(CellLoad::applicationConnections))))
        .toList();
  }

  private Sight sight(String cell, Optional<Integer> applicationConnections) {
    long now = System.nanoTime();
    Sightings seen = watch.sightings();
    return new Sight(
        seen.answeredAgo(cell, now).map(Duration::toMillis),
        seen.leaseAtMost(cell, now).map(Duration::toMillis),
        seen.clockStep(cell).map(step -> new ClockStep(step.at(), step.by().toMillis())),
        applicationConnections);
  }

  Optional<RouteTable> table() {
    return routes.read().map(RouteStore.Versioned::table);
  }

  List<PipelineStatus> pipelines() {
    return pipelines.list();
  }

  /** Every stranded transaction that a reachable cell keeps. */
  List<CellReport.Stranded> stranded() {
    return reader.reports(topology.cells().keySet()).values().stream()
        .flatMap(report -> report.stranded().stream())
        .toList();
  }

  private int count(RouteTable table, Predicate<SlotRoute> which) {
    return (int)
        IntStream.range(0, topology.slots().count())
            .filter(slot -> which.test(table.of(slot)))
            .count();
  }

  private int away(RouteTable table) {
    return (int)
        IntStream.range(0, topology.slots().count())
            .filter(slot -> !table.of(slot).owner().equals(topology.homeOf(slot).name()))
            .count();
  }

  private List<DatacenterView> datacenters(
      Optional<RouteTable> table,
      List<ProcessView> processes,
      Function<String, DatacenterState> stateOf) {
    return topology.datacenters().values().stream()
        .map(
            datacenter -> {
              DatacenterState state = stateOf.apply(datacenter.name());
              int owned =
                  topology.cellsIn(datacenter.name()).stream()
                      .mapToInt(cell -> owned(cell, table))
                      .sum();
              long routers =
                  processes.stream()
                      .filter(one -> one.role().equals("router"))
                      .filter(one -> one.datacenter().equals(datacenter.name()))
                      .count();
              return new DatacenterView(
                  datacenter.name(),
                  datacenter.site(),
                  state.state().name(),
                  state.epoch(),
                  owned,
                  (int) routers);
            })
        .toList();
  }

  private static int owned(Topology.Cell cell, Optional<RouteTable> table) {
    return table.map(known -> (int) known.ownedBy(cell.name()).count()).orElse(0);
  }

  private static CellView cell(
      Topology.Cell cell, @Nullable CellReport found, Optional<RouteTable> table, Sight sight) {
    CellReport report = found != null ? found : CellReport.unreachable(cell.name(), "not asked");
    boolean asRoutes =
        !report.isReachable()
            || table.map(known -> isAsRoutes(cell.name(), report, known)).orElse(true);
    return new CellView(
        cell.name(),
        cell.datacenter(),
        cell.group(),
        cell.mysql().toString(),
        cell.slots().stream().mapToInt(range -> range.size()).sum(),
        owned(cell, table),
        report.isReachable(),
        report.unreachable(),
        Math.max(0, report.leaseMillis()),
        report.openSlots(),
        asRoutes,
        report.isReachable()
            ? report.openSlots() + " open" + (asRoutes ? "" : ", not as the routes")
            : "not known",
        report.openStranded(),
        sight);
  }

  /** A cell's own slots must be open at the table's epoch; it must claim no others. */
  private static boolean isAsRoutes(String cell, CellReport report, RouteTable table) {
    for (FenceRow row : report.rows().values()) {
      SlotRoute route = table.of(row.slot());
      boolean owns = route.owner().equals(cell);
      if (owns != row.isOpenFor(cell) || (owns && row.epoch() != route.epoch())) {
        return false;
      }
    }
    return true;
  }
}
