package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Instant;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StatusCommandTest {
  private static final String STATUS =
      """
      {"leader":"http://127.0.0.1:1","routeEpoch":7,"slotsAway":512,
       "datacenters":[{"name":"north","site":"beijing","state":"LOST","slotsOwned":0,"routers":0}],
       "cells":[{"name":"south-1","datacenter":"south","slotsHome":512,"slotsOwned":1024,
         "reachable":true,"leaseMillis":7312,"fenceOpen":1024,"stranded":3,"mysql":"127.0.0.1:3421"},
         {"name":"north-1","datacenter":"north","slotsHome":512,"slotsOwned":0,"reachable":false}],
       "pipelines":[{"source":"south-1","target":"north-1","state":"STOPPED","lagMillis":12,
         "applied":5,"skipped":1,"stranded":0,"conflicts":0}],
       "verdicts":[{"severity":"WARNING","name":"DATACENTER_LOST","subject":"north",
         "detail":"1 of its databases do not answer","wayOut":"bring it back",
         "page":"docs/failure-modes/datacenter-lost.md"},
        {"severity":"OK","name":"HEALTHY","subject":"south","detail":"nothing is wrong with it","wayOut":""},
        {"severity":"OK","name":"HEALTHY","subject":"south-1","detail":"nothing is wrong with it","wayOut":""}]}
      """;

  @TempDir private Path folder;

  @Test
  void nothingRunningIsToldWithWhatToDo() {
    CellctlRun.Result result = new CellctlRun(folder).run("status");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("NOT_RUNNING").contains("cellctl up");
    assertThat(new CellctlRun(folder).run("status", "--check").exitCode()).isEqualTo(1);
  }

  @Test
  void aDeadProcessIsNamedWithTheEndOfItsLogAlsoWithoutAnyCoordinator() throws IOException {
    CellctlRun.Result result =
        new CellctlRun(folder)
            .withProcess("north.router", "router", ended(), Instant.now(), 1)
            .run("status");
    assertThat(result.out())
        .contains("CONTROL_PLANE_AWAY")
        .contains("PROCESS_DEAD  north.router: pid ")
        .contains("last line of north.router")
        .containsPattern("north.router +north +- +\\d+ +- +1 +DEAD");
  }

  @Test
  void verdictsOfTheCoordinatorLeadThenComeItsTables() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator.on("GET /admin/status", 200, STATUS);
      CellctlRun.Result result = new CellctlRun(folder).withCoordinator(coordinator).run("status");
      assertThat(result.out())
          .startsWith("WARNING   DATACENTER_LOST  north: 1 of its databases do not answer")
          .contains("\n          bring it back (docs/failure-modes/datacenter-lost.md)\n")
          .contains("\nOK        HEALTHY  south, south-1\n")
          .contains("route table epoch 7")
          .containsPattern("north +beijing +LOST +0 +0 +http://127.0.0.1:\\d+")
          .containsPattern("south-1 +south +1024 +512 +7312 ms +1024 +3 +127.0.0.1:3421")
          .containsPattern("north-1 +north +0 +512 +- +- +- +unreachable")
          .containsPattern("south-1 -> north-1 +STOPPED +12 ms +- +- +- +0 +0 +- +-");
    }
  }

  @Test
  void withNothingButDatabasesItSaysWhatThoseAre() throws IOException {
    CellctlRun cellctl = new CellctlRun(folder);
    Topology.Endpoint south = cellctl.topology().topology().cell("south-1").mysql();
    try (ServerSocket listening = new ServerSocket()) {
      listening.bind(new InetSocketAddress(south.host(), south.port()));
      CellctlRun.Result result = cellctl.run("status");
      assertThat(result.out())
          .contains(
              "CRITICAL  UNREACHABLE_LEASE_RUNNING  north-1: its database takes no connection")
          .contains("WARNING   COORDINATION_LOST  south-1: its database takes connections")
          .contains("WARNING   DEGRADED  south: south-1 COORDINATION_LOST")
          .contains("(docs/failure-modes/coordination-lost.md)")
          .contains("CONTROL_PLANE_AWAY")
          .doesNotContain("NOT_RUNNING")
          .containsPattern("north-1 +north +- +512 +- +- +- +unreachable");
    }
  }

  @Test
  void withoutCoordinatorsItSaysWhatZookeeperHolds() throws Exception {
    CellctlRun cellctl = new CellctlRun(folder);
    Topology topology = cellctl.topology().topology();
    int port = Integer.parseInt(topology.coordination().zookeeper().split(":", 2)[1]);
    try (TestingServer zookeeper = new TestingServer(port);
        CuratorFramework client = Coordination.connect(topology.coordination())) {
      assertThat(zookeeper.getPort()).isEqualTo(port);
      new RouteStore(client).createIfAbsent(RouteTable.initial(topology));
      DatacenterStates states = new DatacenterStates(client);
      states.declareLost("north", states.read("north").version());
      CellctlRun.Result result = cellctl.run("status");
      assertThat(result.out())
          .contains("CONTROL_PLANE_AWAY")
          .contains("WARNING   DATACENTER_LOST  north: it is declared lost")
          .contains("route table epoch 1")
          .containsPattern("north +beijing +LOST");
    }
  }

  @Test
  void jsonListsEveryProcessSoThatATesterCanKillOne() throws IOException {
    long dead = ended();
    CellctlRun.Result result =
        new CellctlRun(folder)
            .withProcess("north.router", "router", dead, Instant.now(), 4711)
            .run("status", "-o", "json");
    assertThat(result.exitCode()).isZero();
    assertThat(result.json().path("ok").asBoolean()).isFalse();
    JsonNode process = result.json().path("processes").path(0);
    assertThat(process.path("role").asText()).isEqualTo("router");
    assertThat(process.path("datacenter").asText()).isEqualTo("north");
    assertThat(process.path("pid").asLong()).isEqualTo(dead);
    assertThat(process.path("adminPort").asInt()).isEqualTo(4711);
    assertThat(process.path("state").asText()).isEqualTo("DEAD");
  }

  @Test
  void aProcessThatIsNotReadySaysWhy() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on("GET /admin/status", 200, "{\"verdicts\":[]}")
          .on(
              "GET /health/ready",
              503,
              "{\"status\":\"DOWN\",\"problems\":{\"lease\":\"over for 3 s\"}}");
      CellctlRun.Result result = new CellctlRun(folder).withCoordinator(coordinator).run("status");
      assertThat(result.out())
          .contains("PROCESS_NOT_READY  north.coordinator: lease: over for 3 s");
    }
  }

  @Test
  void aProcessThatHasNotAnnouncedItselfOneThatIsSilentAndThoseThatNeverStarted()
      throws IOException {
    ProcessHandle self = ProcessHandle.current();
    Instant started = self.info().startInstant().orElseThrow();
    CellctlRun.Result result =
        new CellctlRun(folder)
            .withProcess("north.router", "router", self.pid(), started, 0)
            .withProcess("south.router", "router", self.pid(), started, 1)
            .run("status");
    assertThat(result.out())
        .contains("PROCESS_STARTING  north.router: has not announced itself")
        .contains("PROCESS_SILENT  south.router: its admin port does not answer")
        .contains("PROCESSES_MISSING  deployment: ")
        .contains("(docs/failure-modes/process.md)");
  }

  /** The pid of a process that has ended. */
  private static long ended() throws IOException {
    Process process = new ProcessBuilder("true").start();
    process.onExit().join();
    return process.pid();
  }
}
