package io.homecell.coordinator.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.admin.StatusView.CellView;
import io.homecell.coordinator.admin.StatusView.CopyView;
import io.homecell.coordinator.admin.StatusView.DatacenterView;
import io.homecell.coordinator.admin.StatusView.ProcessView;
import io.homecell.coordinator.cells.PipelineStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private int moving;
  private int away;
  private Optional<String> waitsFor = Optional.empty();

  @Test
  void nothingIsWrong() {
    assertThat(names()).containsExactly("OK");
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
  void movingWithoutOperation() {
    moving = 5;
    assertThat(names()).containsExactly("MOVING_WITHOUT_OPERATION");
  }

  @Test
  void noRouter() {
    datacenters.set(0, datacenter("north", "ACTIVE", 0));
    assertThat(names()).containsExactly("NO_ROUTER");
  }

  @Test
  void deadOwner() {
    cells.set(0, cell("north-1", 512, false, 0, true, 0));
    assertThat(names()).containsExactly("OWNER_UNREACHABLE");
    assertThat(verdicts().get(0).wayOut()).contains("cellctl failover --from north");
  }

  @Test
  void deadStandby() {
    cells.set(0, cell("north-1", 0, false, 0, true, 0));
    assertThat(names()).containsExactly("STANDBY_UNREACHABLE");
  }

  @Test
  void ownerWithoutLease() {
    cells.set(0, cell("north-1", 512, true, 0, true, 0));
    assertThat(names()).containsExactly("OWNER_FENCED");
  }

  @Test
  void fenceNotAsRoutes() {
    cells.set(0, cell("north-1", 512, true, 7_000, false, 0));
    assertThat(names()).containsExactly("FENCE_NOT_AS_ROUTES");
  }

  @Test
  void lostDatacenterStepByStep() {
    datacenters.set(0, datacenter("north", "LOST", 0));
    cells.set(0, cell("north-1", 0, false, 0, true, 0));
    assertThat(names()).containsExactly("DATACENTER_LOST");
    cells.set(0, cell("north-1", 0, true, 0, true, 0));
    cells.set(1, cell("south-1", 1_024, true, 7_000, true, 3));
    assertThat(names()).containsExactly("RETURNED_WITH_STRANDED");
    cells.set(1, cell("south-1", 1_024, true, 7_000, true, 0));
    assertThat(names()).containsExactly("RETURNED_FENCED");
  }

  @Test
  void pipelines() {
    pipelines.set(0, pipeline("north-1", "south-1", "STREAMING", 2_001, NOW));
    assertThat(names()).containsExactly("REPLICATION_LAGGING");
    pipelines.set(0, pipeline("north-1", "south-1", "BROKEN", 0, NOW));
    assertThat(names()).containsExactly("PIPELINE_NOT_STREAMING");
    pipelines.set(
        0,
        pipeline(
            "north-1",
            "south-1",
            "STREAMING",
            2_001,
            NOW,
            "NO_KEY: a table",
            "TARGET_STALLED: south-1 answers and does nothing; its disk is full: free space; soon"));
    assertThat(names()).containsExactly("TARGET_STALLED", "REPLICATION_LAGGING");
    assertThat(verdicts().get(0).detail()).isEqualTo("south-1 answers and does nothing");
    assertThat(verdicts().get(0).wayOut()).isEqualTo("its disk is full: free space; soon");
    pipelines.set(0, pipeline("north-1", "south-1", "STREAMING", 0, NOW.minusSeconds(11)));
    assertThat(names()).containsExactly("PIPELINE_SILENT");
    pipelines.remove(0);
    assertThat(names()).containsExactly("PIPELINE_MISSING");
  }

  @Test
  void pipelinesThatCarryCopiesToAnotherGroup() {
    cells.add(cell("west-1", "g2", 0, true, 7_000, true, 0));
    assertThat(names()).containsExactly("OK"); // nothing of g1 goes to g2
    copies.add(new CopyView("north-1", "west-1", List.of("catalog", "prices")));
    assertThat(names()).containsExactly("PIPELINE_MISSING");
    assertThat(verdicts().get(0).subject()).isEqualTo("north-1 -> west-1 (copies)");
    assertThat(verdicts().get(0).wayOut()).isEqualTo("start dc-sync in west");
    pipelines.add(pipeline("north-1", "west-1", "STREAMING", 5, NOW));
    assertThat(names()).containsExactly("OK");
    pipelines.set(2, pipeline("north-1", "west-1", "STREAMING", 2_001, NOW));
    assertThat(names()).containsExactly("REPLICATION_LAGGING");
    assertThat(verdicts().get(0).wayOut())
        .isEqualTo(
            "until it has caught up west-1 reads old rows of catalog, prices; `cellctl sync"
                + " status` says why");
    pipelines.set(2, pipeline("north-1", "west-1", "BROKEN", 0, NOW));
    assertThat(names()).containsExactly("PIPELINE_NOT_STREAMING");
    pipelines.set(2, pipeline("north-1", "west-1", "STREAMING", 0, NOW.minusSeconds(11)));
    assertThat(names()).containsExactly("PIPELINE_SILENT");
    // a center that is away is one thing that is wrong, not two
    cells.set(0, cell("north-1", 512, false, 0, true, 0));
    pipelines.remove(2);
    assertThat(names()).containsExactly("OWNER_UNREACHABLE");
  }

  @Test
  void processes() {
    processes.set(0, process("account", "north-1", 6));
    assertThat(names()).containsExactly("ROUTES_BEHIND");
    processes.remove(0);
    assertThat(names()).containsExactly("NO_INSTANCE");
  }

  @Test
  void theWorstComesFirst() {
    away = 3;
    datacenters.set(0, datacenter("north", "ACTIVE", 0));
    cells.set(0, cell("north-1", 512, true, 0, true, 0));
    assertThat(names()).containsExactly("OWNER_FENCED", "NO_ROUTER", "SLOTS_AWAY");
  }

  private List<String> names() {
    return verdicts().stream().map(Verdict::name).toList();
  }

  private List<Verdict> verdicts() {
    StatusView view =
        new StatusView(
            NOW,
            Optional.of("http://127.0.0.1:1"),
            7,
            moving,
            away,
            datacenters,
            cells,
            copies,
            pipelines,
            processes,
            Optional.empty(),
            List.of());
    return Verdicts.of(view, waitsFor);
  }

  private static DatacenterView datacenter(String name, String state, int routers) {
    return new DatacenterView(name, "site", state, 0, 512, routers);
  }

  private static CellView cell(
      String name, int owned, boolean reachable, long lease, boolean asRoutes, long stranded) {
    return cell(name, "g1", owned, reachable, lease, asRoutes, stranded);
  }

  private static CellView cell(
      String name,
      String group,
      int owned,
      boolean reachable,
      long lease,
      boolean asRoutes,
      long stranded) {
    return new CellView(
        name,
        name.substring(0, name.indexOf('-')),
        group,
        "127.0.0.1:1",
        512,
        owned,
        reachable,
        reachable ? Optional.empty() : Optional.of("refused"),
        lease,
        owned,
        asRoutes,
        "",
        stranded);
  }

  private static PipelineStatus pipeline(
      String source, String target, String state, long lag, Instant at, String... warnings) {
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
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of(List.of(warnings)));
  }

  private static ProcessView process(String role, String cell, long epoch) {
    return new ProcessView(role, cell + "." + role, cell.substring(0, 5), Optional.of(cell), epoch);
  }
}
