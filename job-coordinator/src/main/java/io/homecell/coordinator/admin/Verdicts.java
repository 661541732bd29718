package io.homecell.coordinator.admin;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.CopyView;
import io.homecell.coordinator.admin.StatusView.DatacenterView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.admin.Verdict.Severity;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.operation.Operation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What is wrong with a deployment and what to do. Pure. */
final class Verdicts {
  private static final String TARGET_STALLED = "TARGET_STALLED";
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
                Severity.CRITICAL, "NO_ROUTE_TABLE", "routes", what, "start what is missing"));
    judge.operation();
    status.datacenters().forEach(judge::datacenter);
    status.cells().forEach(judge::cell);
    judge.pipelines();
    status.copies().forEach(judge::copies);
    judge.processes();
    if (status.slotsAway() > 0) {
      judge.add(
          Severity.INFO,
          "SLOTS_AWAY",
          "routes",
          status.slotsAway() + " slots are not at their home",
          "`cellctl failback` when their home is well");
    }
    boolean well = judge.verdicts.stream().allMatch(one -> one.severity() == Severity.INFO);
    if (well) {
      judge.add(Severity.OK, "OK", "deployment", "nothing is wrong", "");
    }
    judge.verdicts.sort(Comparator.comparing(Verdict::severity));
    return List.copyOf(judge.verdicts);
  }

  private void add(Severity severity, String name, String subject, String detail, String wayOut) {
    verdicts.add(new Verdict(severity, name, subject, detail, wayOut));
  }

  private void operation() {
    Optional<Operation> operation = status.operation();
    if (operation.isPresent()) {
      Operation running = operation.get();
      add(
          Severity.INFO,
          "OPERATION_UNDER_WAY",
          running.id(),
          running.state() + " at " + running.step(),
          "`cellctl operation show " + running.id() + "`");
    } else if (status.routesMoving() > 0) {
      add(
          Severity.CRITICAL,
          "MOVING_WITHOUT_OPERATION",
          "routes",
          status.routesMoving() + " slots are held and no operation moves them",
          "see `cellctl operation list` for the one that stopped; compare fence rows with routes");
    }
  }

  private void datacenter(DatacenterView datacenter) {
    if (datacenter.isLost()) {
      lost(datacenter);
    } else if (datacenter.routers() == 0) {
      add(
          Severity.WARNING,
          "NO_ROUTER",
          datacenter.name(),
          "no router is registered",
          "start one, or look why its session was lost");
    }
  }

  private void lost(DatacenterView datacenter) {
    List<CellView> cells =
        status.cells().stream()
            .filter(cell -> cell.datacenter().equals(datacenter.name()))
            .toList();
    long away = cells.stream().filter(cell -> !cell.reachable()).count();
    List<String> names = cells.stream().map(CellView::name).toList();
    long stranded = status.cells().stream().mapToLong(CellView::stranded).sum();
    if (away > 0) {
      add(
          Severity.WARNING,
          "DATACENTER_LOST",
          datacenter.name(),
          away + " of its databases do not answer",
          "bring it back: it starts fenced and catches up by itself");
    } else if (stranded > 0) {
      add(
          Severity.WARNING,
          "RETURNED_WITH_STRANDED",
          datacenter.name(),
          stranded + " stranded transactions are open",
          "settle them (`cellctl sync stranded list`), then `cellctl failback`");
    } else {
      add(
          Severity.WARNING,
          "RETURNED_FENCED",
          datacenter.name(),
          "databases of " + names + " answer, it is fenced",
          "`cellctl failback` when it has caught up");
    }
  }

  private void cell(CellView cell) {
    if (!cell.reachable()) {
      boolean lost = isLost(cell.datacenter());
      if (cell.slotsOwned() > 0) {
        add(
            Severity.CRITICAL,
            "OWNER_UNREACHABLE",
            cell.name(),
            "its database does not answer: " + cell.problem().orElse(""),
            "if it stays away: `cellctl failover --from " + cell.datacenter() + "`");
      } else if (!lost) {
        add(
            Severity.WARNING,
            "STANDBY_UNREACHABLE",
            cell.name(),
            "its database does not answer: " + cell.problem().orElse(""),
            "start it: there is no warm copy of its group there");
      }
      return;
    }
    if (cell.slotsOwned() > 0 && cell.leaseMillis() <= 0) {
      add(
          Severity.CRITICAL,
          "OWNER_FENCED",
          cell.name(),
          "it owns " + cell.slotsOwned() + " slots and has no lease",
          "start its services, and see that they reach the coordination service");
    }
    if (!cell.fenceAsRoutes() && status.operation().isEmpty()) {
      add(
          Severity.CRITICAL,
          "FENCE_NOT_AS_ROUTES",
          cell.name(),
          "its fence rows are not as the route table says",
          "rows that are behind are opened by the leader; anything else needs a person");
    }
  }

  private boolean isLost(String datacenter) {
    return status.datacenters().stream()
        .anyMatch(one -> one.name().equals(datacenter) && one.isLost());
  }

  private void pipelines() {
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
            "PIPELINE_MISSING",
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
          "PIPELINE_SILENT",
          subject,
          "last heard of " + age.toMillis() + " ms ago",
          "look at dc-sync in " + target.datacenter());
    } else if (!pipeline.state().equals("STREAMING")) {
      if (expected) {
        add(
            Severity.WARNING,
            "PIPELINE_NOT_STREAMING",
            subject,
            pipeline.state() + " " + pipeline.detail().orElse(""),
            "wait if it catches up, else look at dc-sync in " + target.datacenter());
      }
    } else if (pipeline.lagMillis() > LAG_MILLIS_MAX) {
      add(
          Severity.WARNING,
          "REPLICATION_LAGGING",
          subject,
          pipeline.lagMillis() + " ms behind (limit " + LAG_MILLIS_MAX + ")",
          whileLagging);
    }
  }

  /** Its warning says what is found, and behind that what to do. */
  private void stalled(String subject, PipelineStatus pipeline) {
    pipeline.warnings().orElse(List.of()).stream()
        .filter(warning -> warning.startsWith(TARGET_STALLED + ": "))
        .findFirst()
        .map(warning -> warning.substring(TARGET_STALLED.length() + 2).split("; ", 2))
        .ifPresent(
            parts ->
                add(
                    Severity.WARNING,
                    TARGET_STALLED,
                    subject,
                    parts[0],
                    parts.length > 1 ? parts[1] : "`cellctl sync status`"));
  }

  private void processes() {
    for (ProcessView process : status.processes()) {
      if (process.epoch() < status.routeEpoch() && status.operation().isEmpty()) {
        add(
            Severity.WARNING,
            "ROUTES_BEHIND",
            process.role() + " " + process.instance(),
            "has applied table " + process.epoch() + ", newest is " + status.routeEpoch(),
            "look at its connection to the coordination service");
      }
    }
    for (CellView cell : status.cells()) {
      for (String role : List.of("account", "trade")) {
        boolean runs =
            status.processes().stream()
                .anyMatch(
                    one ->
                        one.role().equals(role)
                            && one.cell().map(cell.name()::equals).orElse(false));
        if (!runs && cell.slotsOwned() > 0) {
          add(
              Severity.CRITICAL,
              "NO_INSTANCE",
              cell.name(),
              "no " + role + " instance is registered",
              "start one");
        }
      }
    }
  }
}
