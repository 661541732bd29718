package io.homecell.coordinator.admin;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.CopyView;
import io.homecell.coordinator.admin.StatusView.DatacenterView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.admin.Verdict.Severity;
import io.homecell.coordinator.cells.Ensemble;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Surroundings.EnsembleFact;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** What is wrong with a deployment and what to do. Pure. */
final class Verdicts {
  private static final String STALLED = VerdictName.TARGET_STALLED + ": ";
  static final long LAG_MILLIS_MAX = 2_000;
  static final Duration STATUS_AGE_MAX = Duration.ofSeconds(10);

  private final StatusView status;
  private final List<Verdict> verdicts = new ArrayList<>();

  private Verdicts(StatusView status) {
    this.status = status;
  }

  /**
   * Judges.
   *
   * @param waitsFor what the leader waits for before there is a route table
   */
  static List<Verdict> of(StatusView status, Optional<String> waitsFor) {
    Verdicts judge = new Verdicts(status);
    waitsFor.ifPresent(
        what ->
            judge.add(
                Severity.CRITICAL,
                VerdictName.NO_ROUTE_TABLE,
                "routes",
                what,
                "start what is missing"));
    judge.coordination();
    judge.operation();
    status.datacenters().forEach(judge::datacenter);
    status.cells().forEach(cell -> judge.verdicts.addAll(CellVerdicts.of(status, cell)));
    judge.pipelines();
    status.copies().forEach(judge::copies);
    judge.processes();
    status.cells().forEach(judge::wholeCell);
    status.datacenters().forEach(judge::wholeDatacenter);
    if (status.slotsAway() > 0) {
      judge.add(
          Severity.INFO,
          VerdictName.SLOTS_AWAY,
          "routes",
          status.slotsAway() + " slots are not at their home",
          "`cellctl failback` when their home is well");
    }
    if (judge.verdicts.stream().noneMatch(Verdict::isWrong)) {
      judge.add(Severity.OK, VerdictName.OK, "deployment", "nothing is wrong", "");
    }
    judge.verdicts.sort(Comparator.comparing(Verdict::severity));
    return List.copyOf(judge.verdicts);
  }

  private void add(
      Severity severity, VerdictName name, String subject, String detail, String wayOut) {
    verdicts.add(new Verdict(severity, name, subject, detail, wayOut));
  }

  private void coordination() {
    if (status.coordinationProblem().isPresent()) {
      add(
          Severity.CRITICAL,
          VerdictName.COORDINATION_LOST,
          "coordination",
          status.coordinationProblem().get()
              + "; what is shown of routes and datacenters is what was known last",
          "bring ZooKeeper back: nothing can be switched, and writes end with the leases");
      return;
    }
    if (!status.epochsWentBack().isEmpty()) {
      add(
          Severity.CRITICAL,
          VerdictName.EPOCH_WENT_BACK,
          "coordination",
          "ZooKeeper was restored from an old copy: " + String.join("; ", status.epochsWentBack()),
          "nothing is operated until `cellctl routes raise`; look at `--dry-run` first");
    }
    status.coordination().ifPresent(this::ensemble);
  }

  private void ensemble(Ensemble ensemble) {
    EnsembleFact fact = new EnsembleFact(ensemble.servers().size(), ensemble.silent());
    if (!fact.isWithoutSpare()) {
      return;
    }
    String answering =
        fact.servers() - fact.silent().size() + " of " + fact.servers() + " servers answer";
    if (fact.silent().isEmpty()) {
      add(
          Severity.INFO,
          VerdictName.COORDINATION_WITHOUT_SPARE,
          "coordination",
          "ZooKeeper has no spare: " + answering,
          "in production three or five, over three sites");
    } else {
      add(
          Severity.WARNING,
          VerdictName.QUORUM_AT_RISK,
          "coordination",
          "ZooKeeper: " + answering,
          "bring back " + String.join(", ", fact.silent()) + ": the next failure stops writes");
    }
  }

  private void operation() {
    Optional<Operation> operation = status.operation();
    if (operation.isPresent()) {
      Operation running = operation.get();
      add(
          Severity.INFO,
          VerdictName.OPERATION_UNDER_WAY,
          running.id(),
          running.state() + " at " + running.step(),
          "`cellctl operation show " + running.id() + "`");
    } else if (status.routesMoving() > 0) {
      add(
          Severity.CRITICAL,
          VerdictName.MOVING_WITHOUT_OPERATION,
          "routes",
          status.routesMoving() + " slots are held and no operation moves them",
          "see `cellctl operation list` for the one that stopped; compare fence rows with routes");
    }
  }

  private void datacenter(DatacenterView datacenter) {
    List<CellView> cells = cellsOf(datacenter);
    boolean silent =
        !cells.isEmpty()
            && cells.stream().noneMatch(CellView::reachable)
            && status.processes().stream()
                .noneMatch(one -> one.datacenter().equals(datacenter.name()));
    if (datacenter.isLost()) {
      lost(datacenter);
    } else if (status.coordinationProblem().isPresent()) {
      return; // who has a session is not known
    } else if (silent) {
      add(
          Severity.CRITICAL,
          VerdictName.DATACENTER_UNREACHABLE,
          datacenter.name(),
          "no database of it answers and no process of it has a session",
          "if it stays away: `cellctl failover --from " + datacenter.name() + "`");
    } else if (datacenter.routers() == 0) {
      add(
          Severity.WARNING,
          VerdictName.NO_ROUTER,
          datacenter.name(),
          "no router is registered",
          "start one, or look why its session was lost");
    }
  }

  private List<CellView> cellsOf(DatacenterView datacenter) {
    return status.cells().stream()
        .filter(cell -> cell.datacenter().equals(datacenter.name()))
        .toList();
  }

  private void lost(DatacenterView datacenter) {
    List<CellView> cells = cellsOf(datacenter);
    long away = cells.stream().filter(cell -> !cell.reachable()).count();
    List<String> names = cells.stream().map(CellView::name).toList();
    long stranded = status.cells().stream().mapToLong(CellView::stranded).sum();
    if (away > 0) {
      add(
          Severity.WARNING,
          VerdictName.DATACENTER_LOST,
          datacenter.name(),
          away + " of its databases do not answer",
          "bring it back: it starts fenced and catches up by itself");
    } else if (stranded > 0) {
      add(
          Severity.WARNING,
          VerdictName.RETURNED_WITH_STRANDED,
          datacenter.name(),
          stranded + " stranded transactions are open",
          "settle them (`cellctl sync stranded list`), then `cellctl failback`");
    } else {
      add(
          Severity.WARNING,
          VerdictName.RETURNED_FENCED,
          datacenter.name(),
          "databases of " + names + " answer, it is fenced",
          "`cellctl failback` when it has caught up");
    }
  }

  /** Every cell has a verdict of its own: the worst that was found, or one that sums up. */
  private void wholeCell(CellView cell) {
    if (verdicts.stream().noneMatch(one -> one.subject().equals(cell.name()))) {
      List<String> instances = subjects(one -> one.cell().map(cell.name()::equals).orElse(false));
      List<String> wrong =
          wrongs(
              one ->
                  one.subject().endsWith(" -> " + cell.name())
                      || one.subject().contains(" -> " + cell.name() + " (")
                      || instances.contains(one.subject()));
      whole(cell.name(), wrong);
    }
  }

  /** Every datacenter, too; it is no better than its cells. */
  private void wholeDatacenter(DatacenterView datacenter) {
    if (verdicts.stream().noneMatch(one -> one.subject().equals(datacenter.name()))) {
      List<String> parts =
          new ArrayList<>(subjects(one -> one.datacenter().equals(datacenter.name())));
      cellsOf(datacenter).forEach(cell -> parts.add(cell.name()));
      whole(datacenter.name(), wrongs(one -> parts.contains(one.subject())));
    }
  }

  /** The subjects under which processes are judged. */
  private List<String> subjects(Predicate<ProcessView> which) {
    return status.processes().stream().filter(which).map(Verdicts::subject).toList();
  }

  private static String subject(ProcessView process) {
    return process.role() + " " + process.instance();
  }

  private List<String> wrongs(Predicate<Verdict> about) {
    return verdicts.stream()
        .filter(Verdict::isWrong)
        .filter(about)
        .map(one -> one.subject() + " " + one.name())
        .toList();
  }

  private void whole(String subject, List<String> wrong) {
    if (wrong.isEmpty()) {
      add(Severity.OK, VerdictName.HEALTHY, subject, "nothing is wrong with it", "");
    } else {
      add(
          Severity.WARNING,
          VerdictName.DEGRADED,
          subject,
          String.join(", ", wrong),
          "do what those verdicts say");
    }
  }

  private void pipelines() {
    if (status.coordinationProblem().isPresent()) {
      return; // what they say of themselves can't be read
    }
    for (CellView source : status.cells()) {
      for (CellView target : status.cells()) {
        if (source.group().equals(target.group()) && !source.name().equals(target.name())) {
          String subject = source.name() + " -> " + target.name();
          pipeline(subject, source, target, "a switchover is refused until it has caught up");
        }
      }
    }
  }

  /** Nobody's writes depend on them, and no switch does: only what is read is old. */
  private void copies(CopyView copies) {
    Optional<CellView> source = cell(copies.source());
    Optional<CellView> target = cell(copies.target());
    if (source.isPresent() && target.isPresent()) {
      pipeline(
          copies.source() + " -> " + copies.target() + " (copies)",
          source.get(),
          target.get(),
          "until it has caught up "
              + copies.target()
              + " reads old rows of "
              + String.join(", ", copies.services())
              + "; `cellctl sync status` says why");
    }
  }

  private Optional<CellView> cell(String name) {
    return status.cells().stream().filter(one -> one.name().equals(name)).findFirst();
  }

  /**
   * One pipeline.
   *
   * @param whileLagging what a lag means, and what to do about it
   */
  private void pipeline(String subject, CellView source, CellView target, String whileLagging) {
    Optional<PipelineStatus> found =
        status.pipelines().stream()
            .filter(one -> one.source().equals(source.name()))
            .filter(one -> one.target().equals(target.name()))
            .findFirst();
    boolean expected = source.reachable() && target.reachable();
    if (found.isEmpty()) {
      if (expected) {
        add(
            Severity.WARNING,
            VerdictName.PIPELINE_MISSING,
            subject,
            "no dc-sync reports it",
            "start dc-sync in " + target.datacenter());
      }
      return;
    }
    PipelineStatus pipeline = found.get();
    stalled(subject, pipeline);
    Duration age = Duration.between(pipeline.at(), status.at());
    if (age.compareTo(STATUS_AGE_MAX) > 0) {
      add(
          Severity.WARNING,
          VerdictName.PIPELINE_SILENT,
          subject,
          "last heard of " + age.toMillis() + " ms ago",
          "look at dc-sync in " + target.datacenter());
    } else if (!pipeline.state().equals("STREAMING")) {
      if (expected) {
        add(
            Severity.WARNING,
            VerdictName.PIPELINE_NOT_STREAMING,
            subject,
            pipeline.state() + " " + pipeline.detail().orElse(""),
            "wait if it catches up, else look at dc-sync in " + target.datacenter());
      }
    } else if (pipeline.verified().map(last -> last.differences() > 0).orElse(false)) {
      add(
          Severity.WARNING,
          VerdictName.VERIFY_DIFFERS,
          subject,
          pipeline.verified().get().differences()
              + " rows differ, by the verification of "
              + pipeline.verified().get().at(),
          "`cellctl sync verify` names them, `cellctl sync repair` mends them");
    } else if (pipeline.lagMillis() > LAG_MILLIS_MAX) {
      add(
          Severity.WARNING,
          VerdictName.REPLICATION_LAGGING,
          subject,
          pipeline.lagMillis() + " ms behind (limit " + LAG_MILLIS_MAX + ")",
          whileLagging);
    }
  }

  /** Its warning says what is found, and behind that what to do. */
  private void stalled(String subject, PipelineStatus pipeline) {
    pipeline.warnings().orElse(List.of()).stream()
        .filter(warning -> warning.startsWith(STALLED))
        .findFirst()
        .map(warning -> warning.substring(STALLED.length()).split("; ", 2))
        .ifPresent(
            parts ->
                add(
                    Severity.WARNING,
                    VerdictName.TARGET_STALLED,
                    subject,
                    parts[0],
                    parts.length > 1 ? parts[1] : "`cellctl sync status`"));
  }

  private void processes() {
    for (ProcessView process : status.processes()) {
      if (process.epoch() < status.routeEpoch() && status.operation().isEmpty()) {
        add(
            Severity.WARNING,
            VerdictName.ROUTES_BEHIND,
            subject(process),
            "has applied table " + process.epoch() + ", newest is " + status.routeEpoch(),
            "look at its connection to the coordination service");
      }
    }
  }
}
