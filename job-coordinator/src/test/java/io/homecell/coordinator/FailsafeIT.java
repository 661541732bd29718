package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.failsafe.Witness;
import io.homecell.core.failsafe.WitnessClient;
import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.process.Secrets;
import io.homecell.core.route.RouteWatch;
import io.homecell.local.FreePorts;
import io.homecell.local.TestTopology;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Failsafe mode on real parts: writes go on without ZooKeeper, and never at two places. */
@Timeout(150)
class FailsafeIT {
  private static final String MICROS = "SELECT TIMESTAMPDIFF(MICROSECOND, '2026-01-01', %s)";

  @TempDir Path folder;
  private TwoCells cells;
  private RouteWatch routes;
  private MysqlFencedDatabase north;
  private long nextId;

  @BeforeEach
  void start() throws Exception {
    cells =
        new TwoCells(
            folder,
            zookeeper -> TestTopology.createWithFailsafe(folder, zookeeper, TwoCells.LEASE));
    routes = cells.routes(cells.client, "writer");
    north = cells.fenced("north-1", routes);
  }

  @AfterEach
  void stop() throws Exception {
    north.close();
    routes.close();
    cells.close();
  }

  private void write() {
    long id = ++nextId;
    north.write(
        List.of(0),
        tx -> tx.update("INSERT INTO probe (id, slot, cell) VALUES (?, 0, 'north-1')", id));
  }

  private long leaseMillis(String cell) throws SQLException {
    return number(
        cell,
        "SELECT TIMESTAMPDIFF(MICROSECOND, SYSDATE(6), expires_at) DIV 1000 FROM homecell.hc_lease");
  }

  private long number(String cell, String query) throws SQLException {
    try (Connection root = cells.servers.get(cell).rootConnection();
        Statement statement = root.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    }
  }

  private WitnessClient witnesses() {
    return new WitnessClient(
        FailsafeMembers.of(cells.topology).orElseThrow(),
        Secrets.read(cells.test.secrets()).edgeHop());
  }

  /** Until each datacenter's witness confirms to the other. */
  private void awaitWitnesses() throws Exception {
    WitnessClient client = witnesses();
    for (String datacenter : List.of("north", "south")) {
      Witness.Question question =
          new Witness.Question(datacenter, client.members().text(), 0, routes.current().epoch());
      TwoCells.eventually(
          Duration.ofSeconds(20),
          "the other datacenter confirms to " + datacenter,
          () ->
              client.confirm(question, Duration.ofSeconds(1)).isEmpty()
                  ? Optional.of(true)
                  : Optional.empty());
    }
  }

  private void awaitLease(String cell, boolean runs, Duration within) throws Exception {
    TwoCells.eventually(
        within,
        cell + (runs ? " has" : " has not") + " a lease",
        () -> leaseMillis(cell) > 0 == runs ? Optional.of(true) : Optional.empty());
  }

  /** The lease runs all the time, and longer than it could without being extended. */
  private void assertLeaseGoesOn(String cell) throws Exception {
    long end = System.nanoTime() + TwoCells.LEASE.plusSeconds(6).toNanos();
    while (System.nanoTime() < end) {
      assertThat(leaseMillis(cell))
          .as("lease of %s", cell)
          .isBetween(1L, TwoCells.LEASE.toMillis());
      Thread.sleep(100);
    }
  }

  @Test
  void writesGoOnWithoutZooKeeperUntilAPeerIsCut() throws Exception {
    try (TwoCells.Running first = cells.new Running("north.coordinator");
        TwoCells.Running second = cells.new Running("south.coordinator")) {
      awaitWitnesses();
      awaitLease("north-1", true, Duration.ofSeconds(20));
      cells.zookeeper.stop();
      assertLeaseGoesOn("north-1");
      write();
      second.close();
      long cut = number("north-1", MICROS.formatted("SYSDATE(6)"));
      awaitLease("north-1", false, TwoCells.LEASE.plusSeconds(5));
      long over = number("north-1", MICROS.formatted("expires_at") + " FROM homecell.hc_lease");
      assertThat(Duration.of(over - cut, ChronoUnit.MICROS))
          .as("by the database's clock, so whenever it was looked at")
          .isLessThanOrEqualTo(TwoCells.LEASE);
      assertThatThrownBy(this::write).isInstanceOf(CellFencedException.class);
      // Its own datacenter's witness is still there, and confirms to the other one.
      assertThat(leaseMillis("south-1")).isPositive();
      cells.zookeeper.restart();
      awaitLease("north-1", true, Duration.ofSeconds(30));
      write();
    }
  }

  @Test
  void aFailoverWaitsUntilTheKeeperThatReachesItsPeersHasNoLease() throws Exception {
    // The database of north is up for its own datacenter, and away for the coordinators.
    Path elsewhere = folder.resolve("cut.yaml");
    Files.writeString(
        elsewhere,
        Files.readString(cells.test.file())
            .replace(
                cells.topology.cell("north-1").mysql().toString(),
                "127.0.0.1:" + FreePorts.takeOne()));
    try (TwoCells.Running leader = cells.new Running("south.coordinator", elsewhere);
        TwoCells.Running other = cells.new Running("north.coordinator", elsewhere)) {
      leader.awaitLeader();
      awaitWitnesses();
      awaitLease("north-1", true, Duration.ofSeconds(20));
      // North hears nothing of it in its own rows either.
      cells.sql("north-1", "STOP REPLICA");
      cells.cutFromZookeeper("north");
      assertLeaseGoesOn("north-1");
      write();
      String id = leader.begin("{\"kind\":\"failover\",\"from\":\"north\",\"reason\":\"test\"}");
      Optional<Long> leftAtOpen = Optional.empty();
      while (leftAtOpen.isEmpty()) {
        long open =
            number(
                "south-1",
                "SELECT COUNT(*) FROM homecell.hc_slot WHERE owner = 'south-1' AND slot = 0");
        long left = leaseMillis("north-1");
        if (open > 0) {
          leftAtOpen = Optional.of(left);
        }
        String state = leader.get("/admin/operations/" + id).body().path("state").asText();
        assertThat(state).isIn("RUNNING", "DONE");
        Thread.sleep(20);
      }
      assertThat(leftAtOpen.get()).as("what north's lease had left when south opened").isNegative();
      JsonNode ended = leader.ended(id, Duration.ofSeconds(60));
      assertThat(ended.path("state").asText()).as(ended.toString()).isEqualTo("DONE");
      assertThatThrownBy(this::write).isInstanceOf(CellFencedException.class);
      awaitNoLeaseFor("north-1", Duration.ofSeconds(4));
    }
  }

  private void awaitNoLeaseFor(String cell, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() < end) {
      assertThat(leaseMillis(cell)).isNegative();
      Thread.sleep(50);
    }
  }

  @Test
  void aKeeperThatStoodStillDoesNotOutliveALoss() throws Exception {
    try (TwoCells.Running first = cells.new Running("north.coordinator");
        TwoCells.Running second = cells.new Running("south.coordinator")) {
      awaitWitnesses();
      Process keeper = keeperOfNorth();
      try {
        awaitLease("north-1", true, Duration.ofSeconds(30));
        cells.zookeeper.stop();
        assertLeaseGoesOn("north-1");
        signal(keeper, "STOP");
        awaitLease("north-1", false, TwoCells.LEASE.plusSeconds(1));
        Witness.Loss loss = new Witness.Loss("north", witnesses().members().text(), 1);
        assertThat(witnesses().lose(loss, Duration.ofSeconds(2)).witness()).isPresent();
        signal(keeper, "CONT");
        awaitNoLeaseFor("north-1", TwoCells.LEASE);
        assertThat(keeper.isAlive()).isTrue();
      } finally {
        keeper.destroyForcibly();
      }
    }
  }

  private Process keeperOfNorth() throws Exception {
    // The one of this process goes: only the other one keeps the lease.
    cells.stopProcesses("north");
    awaitLease("north-1", false, TwoCells.LEASE.plusSeconds(5));
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            KeeperProcess.class.getName(),
            cells.test.file().toString(),
            cells.test.secrets().toString(),
            "north-1")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("keeper.log").toFile())
        .start();
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }
}
