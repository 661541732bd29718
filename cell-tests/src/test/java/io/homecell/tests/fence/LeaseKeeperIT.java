package io.homecell.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.lease.LeaseKeeper;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.search.Search;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The lease keeper against a real MySQL and a real ZooKeeper. */
@Timeout(120)
class LeaseKeeperIT {
  /**
   * Shorter than a deployment may have it, for the test's sake; a machine that stands still for
   * some seconds must not end it.
   */
  private static final Duration LEASE = Duration.ofSeconds(4);

  private static final String MICROS = "SELECT TIMESTAMPDIFF(MICROSECOND, '2026-01-01', %s)";

  private static TestingServer zookeeper;
  private static FenceFixture cell;

  private final MeterRegistry metrics = new SimpleMeterRegistry();
  private CuratorFramework client;
  private DatacenterStates states;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    zookeeper = new TestingServer(true);
    cell =
        FenceFixture.start(
            folder,
            TestTopology.create(folder, zookeeper.getConnectString(), Duration.ofSeconds(8)));
  }

  @AfterAll
  static void stop() throws Exception {
    cell.close();
    zookeeper.close();
  }

  @BeforeEach
  void connect() throws Exception {
    cell.reset();
    cell.leaseEndsIn(Duration.ofSeconds(-60));
    client = Coordination.connect(topology().coordination());
    states = new DatacenterStates(client);
    DatacenterState state = states.read("north");
    if (state.isLost()) {
      states.markActive("north", state.version());
    }
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static Topology topology() {
    return withCells(cell.test.topology().cells());
  }

  private static Topology withCells(Map<String, Topology.Cell> cells) {
    Topology whole = cell.test.topology();
    return new Topology(
        whole.slots(),
        new Topology.Coordination(
            zookeeper.getConnectString(), whole.coordination().sessionTimeout(), LEASE),
        whole.datacenters(),
        cells,
        whole.services(),
        whole.edge(),
        whole.jobs());
  }

  private LeaseKeeper keeper() {
    return LeaseKeeper.start(
        client, topology(), "north-1", cell.test.credentials().get(Role.KEEPER), metrics);
  }

  private double count(String outcome) {
    return Search.in(metrics).name("hc.lease.renewals").tag("outcome", outcome).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private static long remainingMillis() throws SQLException {
    return cell.number(
        "SELECT TIMESTAMPDIFF(MICROSECOND, SYSDATE(6), expires_at) DIV 1000 FROM homecell.hc_lease");
  }

  private static void awaitLeaseRuns() throws Exception {
    FenceFixture.await("the lease runs", () -> remainingMillis() > 0);
  }

  private static void awaitLeaseOver() throws Exception {
    FenceFixture.await("the lease is over", cell::leaseIsOver);
  }

  private static String executed() throws SQLException {
    try (Connection root = cell.mysql.rootConnection();
        Statement statement = root.createStatement();
        var row = statement.executeQuery("SELECT @@GLOBAL.gtid_executed")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void renewsWhileTheDatacenterIsActiveAndNeverBeyondTheLease() throws Exception {
    try (LeaseKeeper one = keeper();
        LeaseKeeper two = keeper()) {
      awaitLeaseRuns();
      for (int i = 0; i < 50; i++) {
        assertThat(remainingMillis()).isBetween(1L, LEASE.toMillis());
        Thread.onSpinWait();
      }
      double renewed = count("extended");
      FenceFixture.await("renewals", () -> count("extended") >= renewed + 10);
      assertThat(remainingMillis()).isPositive();
      assertThat(one.remaining()).isBetween(Duration.ofMillis(1), LEASE);
      assertThat(two.remaining()).isBetween(Duration.ofMillis(1), LEASE);
      cell.write(7, 1);
    }
    String before = executed();
    double renewed = count("extended");
    try (LeaseKeeper again = keeper()) {
      FenceFixture.await("renewals", () -> count("extended") >= renewed + 3);
      assertThat(again.remaining()).isLessThanOrEqualTo(LEASE);
    }
    // Nothing of the lease is in the binlog.
    assertThat(executed()).isEqualTo(before);
  }

  @Test
  void stopsWhenTheDatacenterIsLostAndGoesOnWhenItIsBack() throws Exception {
    try (LeaseKeeper keeper = keeper()) {
      awaitLeaseRuns();
      DatacenterState state = states.read("north");
      DatacenterState lost = states.declareLost("north", state.version());
      long declared = cell.number(MICROS.formatted("SYSDATE(6)"));
      awaitLeaseOver();
      long over = cell.number(MICROS.formatted("expires_at") + " FROM homecell.hc_lease");
      // The promise a failover rests on, by the database's clock: whenever it was looked at.
      assertThat(Duration.of(over - declared, ChronoUnit.MICROS)).isLessThanOrEqualTo(LEASE);
      double held = count("datacenter_lost");
      FenceFixture.await("more renewals held", () -> count("datacenter_lost") >= held + 8);
      assertThat(cell.leaseIsOver()).isTrue();
      assertThat(keeper.remaining()).isZero();
      states.markActive("north", lost.version());
      awaitLeaseRuns();
    }
  }

  @Test
  void stopsWhenZooKeeperIsAway() throws Exception {
    try (LeaseKeeper keeper = keeper()) {
      awaitLeaseRuns();
      zookeeper.stop();
      awaitLeaseOver();
      assertThat(keeper.remaining()).isZero();
      double held = count("no_proof");
      FenceFixture.await("more renewals held", () -> count("no_proof") >= held + 2);
      assertThat(cell.leaseIsOver()).isTrue();
      zookeeper.restart();
      awaitLeaseRuns();
    }
  }

  @Test
  void closesTheCellWhenTheClockHasGoneBack() throws Exception {
    try (LeaseKeeper keeper = keeper()) {
      awaitLeaseRuns();
      // What a step back by ten seconds leaves: a lease that ends later than any lease could.
      cell.leaseEndsIn(LEASE.plusSeconds(10));
      awaitLeaseOver();
      FenceFixture.await("the closing is counted", () -> count("clock_stepped_back") == 1);
      FenceFixture.await("settling", () -> count("clock_settling") >= 1);
      awaitLeaseRuns();
      assertThat(remainingMillis()).isLessThanOrEqualTo(LEASE.toMillis());
      assertThat(keeper.remaining()).isPositive();
    }
  }

  @Test
  void doesNotRenewTheLeaseOfAnotherCell() throws Exception {
    Map<String, Topology.Cell> cells = new LinkedHashMap<>(topology().cells());
    Topology.Cell south = cells.get("south-1");
    cells.put(
        "south-1", new Topology.Cell("south-1", "south", "g1", south.slots(), cell.cell().mysql()));
    Topology crossed = withCells(cells);
    try (LeaseKeeper keeper =
        LeaseKeeper.start(
            client, crossed, "south-1", cell.test.credentials().get(Role.KEEPER), metrics)) {
      FenceFixture.await("failures", () -> count("database_unavailable") >= 2);
      assertThat(cell.leaseIsOver()).isTrue();
      assertThat(keeper.remaining()).isZero();
    }
  }

  @Test
  void comesBackAfterItsConnectionWasKilled() throws Exception {
    try (LeaseKeeper keeper = keeper()) {
      awaitLeaseRuns();
      String user = cell.test.credentials().get(Role.KEEPER).user();
      long id =
          cell.number(
              "SELECT MAX(id) FROM information_schema.processlist WHERE user = '" + user + "'");
      cell.execute("KILL " + id);
      FenceFixture.await("the failure", () -> count("database_unavailable") >= 1);
      double renewed = count("extended");
      FenceFixture.await("renewals", () -> count("extended") > renewed);
      assertThat(keeper.remaining()).isPositive();
    }
  }
}
