package io.homecell.coordinator.admin;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.admin.Verdict.Severity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with one cell, worst first; nothing if nothing is. Pure. */
final class CellVerdicts {
  /** A step longer ago says nothing about the leases of now. */
  private static final long STEP_MATTERS_MILLIS = Duration.ofMinutes(1).toMillis();

  private final StatusView status;
  private final CellView cell;
  private final List<Verdict> verdicts = new ArrayList<>();

  private CellVerdicts(StatusView status, CellView cell) {
    this.status = status;
    this.cell = cell;
  }

  static List<Verdict> of(StatusView status, CellView cell) {
    CellVerdicts judge = new CellVerdicts(status, cell);
    if (cell.reachable()) {
      judge.reachable();
    } else {
      judge.unreachable();
    }
    return judge.verdicts;
  }

  private void add(Severity severity, VerdictName name, String detail, String wayOut) {
    verdicts.add(new Verdict(severity, name, cell.name(), detail, wayOut));
  }

  private boolean isLost() {
    return status.datacenters().stream()
        .anyMatch(one -> one.name().equals(cell.datacenter()) && one.isLost());
  }

  private void unreachable() {
    if (cell.slotsOwned() == 0) {
      if (isLost()) {
        add(
            Severity.INFO,
            VerdictName.UNREACHABLE_FENCED,
            "its datacenter is declared lost and its database does not answer; it owns nothing",
            "bring it back: it starts fenced and catches up by itself");
      } else {
        add(
            Severity.WARNING,
            VerdictName.STANDBY_UNREACHABLE,
            "its database does not answer: " + problem(),
            "start it: there is no warm copy of its group there");
      }
      return;
    }
    boolean over = cell.sight().leaseAtMostMillis().map(left -> left == 0).orElse(false);
    if (over) {
      add(
          Severity.CRITICAL,
          VerdictName.UNREACHABLE_FENCED,
          seen() + "; its lease is over, nobody can write its " + slots(),
          failover());
    } else {
      add(
          Severity.CRITICAL,
          VerdictName.UNREACHABLE_LEASE_RUNNING,
          seen() + "; " + lease(),
          failover());
    }
  }

  private String problem() {
    return cell.problem().orElse("no reason is known");
  }

  private String slots() {
    return cell.slotsOwned() + " slots";
  }

  private String seen() {
    return "its database does not answer"
        + cell.sight()
            .answeredAgoMillis()
            .map(millis -> " since " + millis / 1_000 + " s")
            .orElse(" and never did")
        + ": "
        + problem();
  }

  private String lease() {
    return cell.sight()
        .leaseAtMostMillis()
        .map(millis -> "its lease runs for at most " + (millis + 999) / 1_000 + " s")
        .orElse("its lease may be renewed: its processes may reach the coordination service");
  }

  private String failover() {
    return isLost()
        ? "a failover is under way or stopped: `cellctl operation list`"
        : "if it stays away: `cellctl failover --from " + cell.datacenter() + "`";
  }

  private void reachable() {
    if (isWithoutCoordination()) {
      coordinationLost();
    } else if (cell.slotsOwned() > 0 && cell.leaseMillis() <= 0) {
      add(
          Severity.CRITICAL,
          VerdictName.OWNER_FENCED,
          "it owns " + slots() + " and has no lease",
          "start its services, and see that they reach the coordination service");
    } else if (cell.slotsOwned() > 0 && cell.leaseMillis() < status.leaseLengthMillis() / 2) {
      add(
          Severity.WARNING,
          VerdictName.LEASE_NOT_RENEWED,
          "its lease of "
              + status.leaseLengthMillis()
              + " ms was not renewed lately and ends in "
              + cell.leaseMillis()
              + " ms",
          "see in its services' logs why their lease keeper does not renew it");
    }
    cell.sight()
        .clockStep()
        .filter(step -> Duration.between(step.at(), status.at()).toMillis() < STEP_MATTERS_MILLIS)
        .ifPresent(
            step ->
                add(
                    Severity.WARNING,
                    VerdictName.CLOCK_STEPPED,
                    "the clock of its database was off by " + step.millis() + " ms at " + step.at(),
                    "stop whatever sets it by steps: leases rest on it"));
    if (!cell.fenceAsRoutes() && status.operation().isEmpty()) {
      add(
          Severity.CRITICAL,
          VerdictName.FENCE_NOT_AS_ROUTES,
          "its fence rows are not as the route table says",
          "rows that are behind are opened by the leader; anything else needs a person");
    }
    if (status.coordinationProblem().isEmpty()) {
      instances();
    }
  }

  /** Its services are at work in its database, and none has a session. */
  private boolean isWithoutCoordination() {
    return status.coordinationProblem().isPresent()
        || (processes().isEmpty() && cell.sight().applicationConnections().orElse(0) > 0);
  }

  private void coordinationLost() {
    boolean owner = cell.slotsOwned() > 0;
    String writes =
        cell.leaseMillis() > 0
            ? "writes go on for " + cell.leaseMillis() + " ms unless its lease is renewed"
            : "its lease is over, writes are refused";
    add(
        owner && cell.leaseMillis() <= 0 ? Severity.CRITICAL : Severity.WARNING,
        VerdictName.COORDINATION_LOST,
        (status.coordinationProblem().isPresent()
                ? "the coordination service does not answer"
                : "its services work and have no session with the coordination service")
            + "; reads go on, "
            + writes,
        "bring the coordination service or the way to it back; nothing is lost meanwhile");
  }

  private List<ProcessView> processes() {
    return status.processes().stream()
        .filter(one -> one.cell().map(cell.name()::equals).orElse(false))
        .toList();
  }

  private void instances() {
    for (String service : status.services()) {
      boolean runs = processes().stream().anyMatch(one -> one.role().equals(service));
      if (!runs && cell.slotsOwned() > 0 && !isWithoutCoordination()) {
        add(
            Severity.CRITICAL,
            VerdictName.NO_INSTANCE,
            "no " + service + " instance is registered",
            "start one");
      }
    }
  }
}
