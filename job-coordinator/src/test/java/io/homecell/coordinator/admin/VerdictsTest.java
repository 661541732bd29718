package io.homecell.coordinator.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.CopyView;
import io.homecell.coordinator.admin.StatusView.DatacenterView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.admin.StatusView.Sight;
import io.homecell.coordinator.admin.Verdict.Severity;
import io.homecell.coordinator.cells.Ensemble;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Requests;
import io.homecell.coordinator.operation.Surroundings.ClockStep;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each verdict by name: one thing wrong in a deployment that is fine otherwise. */
class VerdictsTest {
  private static final Instant NOW = Instant.parse("2026-11-22T03:00:00Z");

  private final List<DatacenterView> datacenters =
      new ArrayList<>(List.of(datacenter("north", "ACTIVE", 1), datacenter("south", "ACTIVE", 1)));
  private final List<CellView> cells =
      new ArrayList<>(
          List.of(
              cell("north-1", 512, true, 7_000, true, 0),
              cell("south-1", 512, true, 7_000, true, 0)));
  private final List<PipelineStatus> pipelines =
      new ArrayList<>(
          List.of(
              pipeline("north-1", "south-1", "STREAMING", 5, NOW),
              pipeline("south-1", "north-1", "STREAMING", 5, NOW)));
  private final List<ProcessView> processes =
      new ArrayList<>(
          List.of(
              process("account", "north-1", 7),
              process("trade", "north-1", 7),
              process("account", "south-1", 7),
              process("trade", "south-1", 7)));
  private final List<CopyView> copies = new ArrayList<>();
  private List<String> epochsWentBack = List.of();
  private Ensemble ensemble = new Ensemble(List.of("a:1", "b:1", "c:1"), List.of());
  private Optional<String> coordinationProblem = Optional.empty();
  private Optional<Operation> operation = Optional.empty();
  private int moving;
  private int away;
  private Optional<String> waitsFor = Optional.empty();

  @Test
  void nothingIsWrong() {
    assertThat(names()).containsExactly("OK");
    assertThat(of("north", "south", "north-1", "south-1")).containsOnly("HEALTHY").hasSize(4);
  }

  @Test
  void slotsAway() {
    away = 10;
    assertThat(names()).containsExactly("SLOTS_AWAY", "OK");
  }

  @Test
  void noRouteTable() {
    waitsFor = Optional.of("north-1 does not answer");
    assertThat(names()).containsExactly("NO_ROUTE_TABLE");
  }

  @Test
  void operations() {
    moving = 5;
    assertThat(names()).containsExactly("MOVING_WITHOUT_OPERATION");
    operation = Optional.of(operation());
    assertThat(names()).containsExactly("OPERATION_UNDER_WAY", "OK");
  }

  @Test
  void noRouter() {
    datacenters.set(0, datacenter("north", "ACTIVE", 0));
    assertThat(names()).containsExactly("NO_ROUTER");
    assertThat(of("north")).containsExactly("NO_ROUTER");
  }

  @Test
  void anOwnerOutOfSightWhoseLeaseMayBeRenewed() {
    cells.set(0, away("north-1", 512, Optional.of(3_000L), Optional.empty()));
    assertThat(names()).containsExactly("UNREACHABLE_LEASE_RUNNING", "DEGRADED");
    assertThat(of("north-1")).containsExactly("UNREACHABLE_LEASE_RUNNING");
    assertThat(of("north")).containsExactly("DEGRADED");
    assertThat(verdict("north-1").detail())
        .contains("since 3 s: refused", "may be renewed")
        .doesNotContain("at most");
    assertThat(verdict("north-1").wayOut()).contains("cellctl failover --from north");
  }

  @Test
  void anOwnerOutOfSightWhoseLeaseEnds() {
    cells.set(0, away("north-1", 512, Optional.of(3_000L), Optional.of(5_400L)));
    assertThat(of("north-1")).containsExactly("UNREACHABLE_LEASE_RUNNING");
    assertThat(verdict("north-1").detail()).contains("runs for at most 6 s");
    cells.set(0, away("north-1", 512, Optional.of(30_000L), Optional.of(0L)));
    assertThat(of("north-1")).containsExactly("UNREACHABLE_FENCED");
    assertThat(verdict("north-1").severity()).isEqualTo(Severity.CRITICAL);
  }

  @Test
  void aDatacenterThatGivesNoSign() {
    cells.set(0, away("north-1", 512, Optional.empty(), Optional.of(0L)));
    datacenters.set(0, datacenter("north", "ACTIVE", 0));
    processes.removeIf(one -> one.datacenter().equals("north"));
    assertThat(of("north")).containsExactly("DATACENTER_UNREACHABLE");
    assertThat(of("north-1")).containsExactly("UNREACHABLE_FENCED");
  }

  @Test
  void deadStandby() {
    cells.set(0, away("north-1", 0, Optional.empty(), Optional.empty()));
    assertThat(of("north-1")).containsExactly("STANDBY_UNREACHABLE");
  }

  @Test
  void leases() {
    cells.set(0, cell("north-1", 512, true, 0, true, 0));
    assertThat(of("north-1")).containsExactly("OWNER_FENCED");
    cells.set(0, cell("north-1", 512, true, 3_999, true, 0));
    assertThat(of("north-1")).containsExactly("LEASE_NOT_RENEWED");
    cells.set(0, cell("north-1", 512, true, 4_000, true, 0));
    assertThat(of("north-1")).containsExactly("HEALTHY");
  }

  @Test
  void servicesAtWorkWithoutASession() {
    processes.removeIf(one -> one.datacenter().equals("north"));
    cells.set(0, working("north-1", 3_000, 20));
    assertThat(of("north-1")).containsExactly("COORDINATION_LOST");
    assertThat(verdict("north-1").detail()).contains("writes go on for 3000 ms");
    assertThat(verdict("north-1").severity()).isEqualTo(Severity.WARNING);
    cells.set(0, working("north-1", 0, 20));
    assertThat(verdict("north-1").severity()).isEqualTo(Severity.CRITICAL);
    // nobody works there: the services are dead
    cells.set(0, working("north-1", 7_000, 0));
    assertThat(of("north-1")).containsExactly("NO_INSTANCE", "NO_INSTANCE");
  }

  @Test
  void theCoordinationServiceIsAway() {
    coordinationProblem = Optional.of("ZooKeeper at zk:2181 does not answer");
    processes.clear();
    pipelines.clear();
    cells.set(0, cell("north-1", 512, true, 3_000, true, 0));
    assertThat(of("coordination", "north-1", "south-1")).containsOnly("COORDINATION_LOST");
    assertThat(of("north")).containsExactly("DEGRADED");
    assertThat(names()).doesNotContain("PIPELINE_MISSING", "NO_INSTANCE", "OK");
  }

  @Test
  void quorum() {
    ensemble = new Ensemble(List.of("a:1", "b:1", "c:1"), List.of("b:1"));
    assertThat(names()).containsExactly("QUORUM_AT_RISK");
    assertThat(verdict("coordination").wayOut()).contains("b:1");
    ensemble = new Ensemble(List.of("a:1"), List.of());
    assertThat(names()).containsExactly("COORDINATION_WITHOUT_SPARE", "OK");
  }

  @Test
  void zookeeperWasRestored() {
    epochsWentBack = List.of("the route table is at 3, north-1 has seen 9");
    assertThat(of("coordination")).contains("EPOCH_WENT_BACK");
    assertThat(verdict("coordination").detail()).contains("north-1 has seen 9");
  }

  @Test
  void clockStepped() {
    cells.set(0, stepped("north-1", NOW.minusSeconds(59)));
    assertThat(of("north-1")).containsExactly("CLOCK_STEPPED");
    cells.set(0, stepped("north-1", NOW.minusSeconds(60)));
    assertThat(of("north-1")).containsExactly("HEALTHY");
  }

  @Test
  void fenceNotAsRoutes() {
    cells.set(0, cell("north-1", 512, true, 7_000, false, 0));
    assertThat(of("north-1")).containsExactly("FENCE_NOT_AS_ROUTES");
  }

  @Test
  void lostDatacenterStepByStep() {
    datacenters.set(0, datacenter("north", "LOST", 0));
    cells.set(0, away("north-1", 512, Optional.of(1L), Optional.of(4_000L)));
    assertThat(of("north-1")).containsExactly("UNREACHABLE_LEASE_RUNNING");
    assertThat(verdict("north-1").wayOut()).contains("failover is under way");
    cells.set(0, away("north-1", 0, Optional.of(1L), Optional.of(0L)));
    assertThat(of("north")).containsExactly("DATACENTER_LOST");
    assertThat(of("north-1")).containsExactly("UNREACHABLE_FENCED");
    assertThat(verdict("north-1").severity()).isEqualTo(Severity.INFO);
    cells.set(0, cell("north-1", 0, true, 0, true, 0));
    cells.set(1, cell("south-1", 1_024, true, 7_000, true, 3));
    assertThat(of("north")).containsExactly("RETURNED_WITH_STRANDED");
    cells.set(1, cell("south-1", 1_024, true, 7_000, true, 0));
    assertThat(of("north")).containsExactly("RETURNED_FENCED");
  }

  @Test
  void pipelines() {
    pipelines.set(0, pipeline("north-1", "south-1", "STREAMING", 2_001, NOW));
    assertThat(names()).containsExactly("REPLICATION_LAGGING", "DEGRADED", "DEGRADED");
    assertThat(of("south", "south-1")).containsOnly("DEGRADED");
    assertThat(of("north", "north-1")).containsOnly("HEALTHY");
    pipelines.set(0, pipeline("north-1", "south-1", "BROKEN", 0, NOW));
    assertThat(names()).startsWith("PIPELINE_NOT_STREAMING");
    pipelines.set(
        0,
        stalled(
            "TARGET_STALLED: south-1 answers and does nothing; its disk is full: free space; soon"));
    assertThat(names()).startsWith("TARGET_STALLED", "REPLICATION_LAGGING");
    assertThat(verdicts().get(0).detail()).isEqualTo("south-1 answers and does nothing");
    assertThat(verdicts().get(0).wayOut()).isEqualTo("its disk is full: free space; soon");
    pipelines.set(0, pipeline("north-1", "south-1", "STREAMING", 0, NOW.minusSeconds(11)));
    assertThat(names()).startsWith("PIPELINE_SILENT");
    pipelines.set(0, differing("north-1", "south-1"));
    assertThat(names()).startsWith("VERIFY_DIFFERS");
    pipelines.remove(0);
    assertThat(names()).startsWith("PIPELINE_MISSING");
  }

  @Test
  void pipelinesThatCarryCopiesToAnotherGroup() {
    cells.add(ofAnotherGroup());
    assertThat(names()).containsExactly("OK"); // nothing of g1 goes to g2
    copies.add(new CopyView("north-1", "west-1", List.of("catalog", "prices")));
    assertThat(names()).startsWith("PIPELINE_MISSING");
    assertThat(verdicts().get(0).subject()).isEqualTo("north-1 -> west-1 (copies)");
    assertThat(verdicts().get(0).wayOut()).isEqualTo("start dc-sync in west");
    assertThat(of("west-1")).containsExactly("DEGRADED");
    pipelines.add(pipeline("north-1", "west-1", "STREAMING", 5, NOW));
    assertThat(names()).containsExactly("OK");
    pipelines.set(2, pipeline("north-1", "west-1", "STREAMING", 2_001, NOW));
    assertThat(names()).startsWith("REPLICATION_LAGGING");
    assertThat(verdicts().get(0).wayOut())
        .isEqualTo(
            "until it has caught up west-1 reads old rows of catalog, prices; `cellctl sync"
                + " status` says why");
    pipelines.set(2, pipeline("north-1", "west-1", "BROKEN", 0, NOW));
    assertThat(names()).startsWith("PIPELINE_NOT_STREAMING");
    pipelines.set(2, pipeline("north-1", "west-1", "STREAMING", 0, NOW.minusSeconds(11)));
    assertThat(names()).startsWith("PIPELINE_SILENT");
    // a center that is away is one thing that is wrong, not two
    cells.set(0, away("north-1", 512, Optional.empty(), Optional.empty()));
    pipelines.remove(2);
    assertThat(names()).containsExactly("UNREACHABLE_LEASE_RUNNING", "DEGRADED");
  }

  @Test
  void processes() {
    processes.set(0, process("account", "north-1", 6));
    assertThat(names()).startsWith("ROUTES_BEHIND");
    assertThat(of("north", "north-1")).containsOnly("DEGRADED");
    processes.remove(0);
    assertThat(of("north-1")).containsExactly("NO_INSTANCE");
  }

  @Test
  void theWorstComesFirst() {
    away = 3;
    datacenters.set(0, datacenter("north", "ACTIVE", 0));
    cells.set(0, cell("north-1", 512, true, 0, true, 0));
    assertThat(names()).containsExactly("OWNER_FENCED", "NO_ROUTER", "SLOTS_AWAY");
  }

  /** All but those of whom nothing is wrong. */
  private List<String> names() {
    return verdicts().stream()
        .map(one -> one.name().name())
        .filter(name -> !name.equals("HEALTHY"))
        .toList();
  }

  private List<String> of(String... subjects) {
    return verdicts().stream()
        .filter(one -> List.of(subjects).contains(one.subject()))
        .map(one -> one.name().name())
        .toList();
  }

  private Verdict verdict(String subject) {
    return verdicts().stream()
        .filter(one -> one.subject().equals(subject))
        .findFirst()
        .orElseThrow();
  }

  private List<Verdict> verdicts() {
    StatusView view =
        new StatusView(
            NOW,
            coordinationProblem,
            8_000,
            Set.of("account", "trade"),
            Optional.of(ensemble),
            epochsWentBack,
            Optional.of("http://127.0.0.1:1"),
            7,
            moving,
            away,
            datacenters,
            cells,
            copies,
            pipelines,
            processes,
            operation,
            List.of());
    List<Verdict> verdicts = Verdicts.of(view, waitsFor);
    assertThat(verdicts)
        .allMatch(one -> !one.detail().isBlank())
        .allMatch(one -> one.severity() == Severity.OK || !one.wayOut().isBlank());
    return verdicts;
  }

  private static Operation operation() {
    return Operation.planned(
        "op-7",
        Requests.northToSouth(Kind.SWITCHOVER),
        new Plan("north", "south", List.of(), 7, 0, List.of(), Optional.empty()),
        NOW);
  }

  private static DatacenterView datacenter(String name, String state, int routers) {
    return new DatacenterView(name, "site", state, 0, 512, routers);
  }

  private static CellView cell(
      String name, int owned, boolean reachable, long lease, boolean asRoutes, long stranded) {
    return cell(name, owned, reachable, lease, asRoutes, stranded, sight(0));
  }

  private static Sight sight(int applicationConnections) {
    return new Sight(
        Optional.of(100L), Optional.empty(), Optional.empty(), Optional.of(applicationConnections));
  }

  private static CellView away(
      String name, int owned, Optional<Long> answeredAgo, Optional<Long> leaseAtMost) {
    Sight sight = new Sight(answeredAgo, leaseAtMost, Optional.empty(), Optional.empty());
    return cell(name, owned, false, 0, true, 0, sight);
  }

  private static CellView working(String name, long lease, int applicationConnections) {
    return cell(name, 512, true, lease, true, 0, sight(applicationConnections));
  }

  private static CellView stepped(String name, Instant at) {
    Sight sight =
        new Sight(
            Optional.of(100L),
            Optional.empty(),
            Optional.of(new ClockStep(at, -2_000)),
            Optional.empty());
    return cell(name, 512, true, 7_000, true, 0, sight);
  }

  private static CellView cell(
      String name,
      int owned,
      boolean reachable,
      long lease,
      boolean asRoutes,
      long stranded,
      Sight sight) {
    return new CellView(
        name,
        name.substring(0, 5),
        "g1",
        "127.0.0.1:1",
        512,
        owned,
        reachable,
        reachable ? Optional.empty() : Optional.of("refused"),
        lease,
        owned,
        asRoutes,
        "",
        stranded,
        sight);
  }

  private static CellView ofAnotherGroup() {
    return new CellView(
        "west-1",
        "west",
        "g2",
        "127.0.0.1:1",
        512,
        0,
        true,
        Optional.empty(),
        7_000,
        0,
        true,
        "",
        0,
        sight(0));
  }

  private static PipelineStatus stalled(String warning) {
    return pipeline(
        "north-1",
        "south-1",
        "STREAMING",
        2_001,
        NOW,
        Optional.empty(),
        "NO_KEY: a table",
        warning);
  }

  private static PipelineStatus differing(String source, String target) {
    return pipeline(
        source,
        target,
        "STREAMING",
        0,
        NOW,
        Optional.of(new PipelineStatus.Verified(NOW.minusSeconds(60), 2, false)));
  }

  private static PipelineStatus pipeline(
      String source, String target, String state, long lag, Instant at) {
    return pipeline(source, target, state, lag, at, Optional.empty());
  }

  private static PipelineStatus pipeline(
      String source,
      String target,
      String state,
      long lag,
      Instant at,
      Optional<PipelineStatus.Verified> verified,
      String... warnings) {
    return new PipelineStatus(
        source,
        target,
        state,
        Optional.empty(),
        lag,
        0,
        0,
        0,
        0,
        Optional.empty(),
        at,
        Optional.empty(),
        verified,
        Optional.empty(),
        Optional.empty(),
        Optional.of(List.of(warnings)),
        Optional.empty());
  }

  private static ProcessView process(String role, String cell, long epoch) {
    return new ProcessView(role, cell + "." + role, cell.substring(0, 5), Optional.of(cell), epoch);
  }
}
