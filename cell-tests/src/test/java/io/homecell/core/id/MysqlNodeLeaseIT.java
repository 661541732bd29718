package io.homecell.core.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Node numbers against a real MySQL, as the application's user, whose rights end at EXECUTE. */
@Timeout(120)
class MysqlNodeLeaseIT {
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final long TICK = IdLayout.tickAt(System.currentTimeMillis());

  private static MysqlDistribution distribution;
  private static Path folder;
  private static Topology topology;
  private static Credentials application;
  private static LocalMysql mysql;

  @BeforeAll
  static void start(@TempDir Path temporary) throws SQLException {
    folder = temporary;
    distribution = MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED)));
    TestTopology test = TestTopology.create(folder);
    topology = test.topology();
    application = test.credentials().get(Role.APPLICATION);
    startMysql();
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, topology, "north-1", SchemaFiles.onClassPath(), test.credentials());
    }
  }

  private static void startMysql() {
    mysql =
        LocalMysql.start(
            distribution, folder.resolve("mysql"), topology.cell("north-1").mysql(), 1);
  }

  @AfterAll
  static void stop() {
    mysql.stop();
  }

  @BeforeEach
  void forgetNodes() throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("SET sql_log_bin=0");
      statement.execute("DELETE FROM homecell.hc_node");
    }
  }

  private static NodeTable table(String holder) {
    return new NodeTable(topology.cell("north-1").mysql(), application, 0, holder);
  }

  @Test
  void aReservationIsDurableAndNeverReachesTheBinlog() throws SQLException {
    String executed = rootQuery("SELECT CONCAT(@@GLOBAL.gtid_executed)");
    try (NodeTable table = table("a")) {
      NodeGrant grant = table.claim(TICK, 1_000, LONG).orElseThrow();
      assertThat(grant.node()).isZero();
      assertThat(grant.fromTick()).isZero();
      assertThat(grant.untilTick()).isBetween(TICK + 1_000, TICK + 20_000);
      assertThat(table.extend(grant, TICK + 5_000, 2_000, LONG)).hasValue(TICK + 7_000);
    }
    assertThat(rootQuery("SELECT CONCAT(holder, reserved_until_tick) FROM homecell.hc_node"))
        .isEqualTo("a" + (TICK + 7_000));
    assertThat(rootQuery("SELECT CONCAT(@@GLOBAL.gtid_executed)")).isEqualTo(executed);
  }

  @Test
  void theCallersSessionKeepsItsBinlogAlsoWhenTheCallFails() throws SQLException {
    try (Connection connection = applicationConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CALL homecell.hc_node_claim(0, 31, 'a', 0, 10, 1000)");
      assertThat(binlogIsOn(statement)).isTrue();
      statement.execute("CALL homecell.hc_node_extend(0, 'a', 0, 10, 1000)");
      assertThat(binlogIsOn(statement)).isTrue();
      // Node 70,000 is out of the column's range.
      assertThatThrownBy(
              () -> statement.execute("CALL homecell.hc_node_claim(70000, 70001, 'a', 0, 9, 9)"))
          .isInstanceOf(SQLException.class);
      assertThat(binlogIsOn(statement)).isTrue();
      assertThat(rootQuery("SELECT IS_FREE_LOCK('homecell.hc_node')")).isEqualTo("1");

      statement.execute("START TRANSACTION");
      statement.executeQuery("SELECT COUNT(*) FROM homecell.hc_slot").close();
      assertThatThrownBy(
              () -> statement.execute("CALL homecell.hc_node_claim(0, 31, 'b', 0, 10, 1000)"))
          .hasMessageContaining("inside a transaction");
      assertThat(binlogIsOn(statement)).isTrue();
    }
  }

  @Test
  void theApplicationsUserHasNoOtherWayToTheTable() throws SQLException {
    try (Connection connection = applicationConnection();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute("DELETE FROM homecell.hc_node"))
          .hasMessageContaining("denied");
      assertThatThrownBy(() -> statement.execute("SET sql_log_bin=0"))
          .hasMessageContaining("denied");
    }
  }

  @Test
  void anExpiredNumberIsGivenOnAboveAllThatWasReserved() throws SQLException {
    List<NodeGrant> first = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      try (NodeTable table = table("old-" + i)) {
        // Number 7 has the least reserved, so it is given on first.
        first.add(table.claim(TICK, i == 7 ? 500 : 5_000, Duration.ZERO).orElseThrow());
      }
    }
    assertThat(first.stream().map(NodeGrant::node))
        .containsExactlyElementsOf(IntStream.range(0, 32).boxed().toList());

    try (NodeTable old = table("old-7");
        NodeTable next = table("new")) {
      // The new holder's clock is an hour behind.
      NodeGrant grant = next.claim(TICK - 450_000, 5_000, LONG).orElseThrow();
      assertThat(grant.node()).isEqualTo(7);
      assertThat(grant.fromTick()).isEqualTo(first.get(7).untilTick());
      assertThat(grant.untilTick()).isGreaterThanOrEqualTo(grant.fromTick() + 5_000);
      assertThat(old.extend(first.get(7), TICK, 5_000, LONG)).isEmpty();
    }
  }

  @Test
  void noNumberIsGivenWhenAllAreHeld() throws SQLException {
    for (int i = 0; i < 32; i++) {
      try (NodeTable table = table("holder-" + i)) {
        assertThat(table.claim(TICK, 10, LONG)).isPresent();
      }
    }
    try (NodeTable table = table("one too many")) {
      assertThat(table.claim(TICK, 10, LONG)).isEmpty();
    }
  }

  @Test
  void claimsAtOnceGetDifferentNumbers() throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(8);
    try {
      List<Future<Integer>> claims = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String holder = "holder-" + i;
        claims.add(
            pool.submit(
                () -> {
                  try (NodeTable table = table(holder)) {
                    return table.claim(TICK, 10, LONG).orElseThrow().node();
                  }
                }));
      }
      Set<Integer> nodes = new HashSet<>();
      for (Future<Integer> claim : claims) {
        assertThat(nodes.add(claim.get())).isTrue();
      }
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void aClockFarAheadIsNotFollowed() throws SQLException {
    try (NodeTable table = table("a")) {
      NodeGrant grant = table.claim(TICK + 1_000_000, 1_000, LONG).orElseThrow();
      assertThat(grant.untilTick()).isLessThan(TICK + 100_000);
    }
  }

  @Test
  void aClockThatIsSetAnHourAheadAndBackStopsNobodyFromDrawing() throws Exception {
    AtomicLong skew = new AtomicLong();
    Set<Long> drawn = new HashSet<>();
    try (MysqlNodeLease lease = lease("one", new SimpleMeterRegistry(), skew)) {
      assertThat(lease.awaitFirst(Duration.ofSeconds(10))).isTrue();
      draw(lease, drawn, 1_000);
      skew.set(Duration.ofHours(1).toMillis() / IdLayout.TICK_MILLIS);
      await(() -> !refuses(lease));
      draw(lease, drawn, 1_000);
      assertThat(new IdLayout(topology.slots()).drawnAt(lease.ids().next(3)))
          .isBefore(Instant.now().plus(Duration.ofMinutes(2)));
      skew.set(0);
      draw(lease, drawn, 1_000);
    }
  }

  @Test
  void aSourceSurvivesTheDatabasesAbsenceButNeverDrawsBeyondItsReservation() throws Exception {
    AtomicLong skew = new AtomicLong();
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    Set<Long> drawn = new HashSet<>();
    try (MysqlNodeLease lease = lease("one", metrics, skew)) {
      assertThat(lease.awaitFirst(Duration.ofSeconds(10))).isTrue();
      draw(lease, drawn, 10_000);

      mysql.kill();
      await(() -> refuses(lease));
      assertThat(metrics.get("hc.id.reserved").gauge().value()).isZero();
      // Time runs out by itself; the attempt is another thread's.
      await(() -> metrics.get("hc.id.reservations").tag("outcome", "failed").counter().count() > 0);

      startMysql();
      await(() -> !refuses(lease));
      draw(lease, drawn, 10_000);
    }

    // A process in its place, with a clock ten seconds behind.
    skew.set(-1_250);
    try (MysqlNodeLease lease = lease("two", new SimpleMeterRegistry(), skew)) {
      assertThat(lease.awaitFirst(Duration.ofSeconds(10))).isTrue();
      draw(lease, drawn, 10_000);
    }
    assertThat(
            rootQuery("SELECT COUNT(*) FROM homecell.hc_node WHERE expires_at > UTC_TIMESTAMP(6)"))
        .as("numbers not given back")
        .isEqualTo("0");
  }

  @Test
  void aSourceWhoseNumberWasTakenGoesOnWithAnother() throws Exception {
    Set<Long> drawn = new HashSet<>();
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    IdLayout layout = new IdLayout(topology.slots());
    try (MysqlNodeLease lease = lease("one", metrics, new AtomicLong())) {
      assertThat(lease.awaitFirst(Duration.ofSeconds(10))).isTrue();
      assertThat(layout.node(lease.ids().next(3))).isZero();
      try (Connection root = mysql.rootConnection();
          Statement statement = root.createStatement()) {
        statement.execute("SET sql_log_bin=0");
        statement.execute("UPDATE homecell.hc_node SET holder = 'another'");
      }
      await(
          () -> {
            long id = lease.ids().next(3);
            assertThat(drawn.add(id)).isTrue();
            return layout.node(id) == 1;
          });
      assertThat(metrics.get("hc.id.reservations").tag("outcome", "lost").counter().count())
          .isEqualTo(1);
    }
  }

  @Test
  void cellsHaveRangesOfTheirOwn() {
    assertThat(NodeTable.ordinal(topology, "north-1")).isZero();
    assertThat(NodeTable.ordinal(topology, "south-1")).isEqualTo(1);
  }

  private static MysqlNodeLease lease(
      String instance, SimpleMeterRegistry metrics, AtomicLong skew) {
    return MysqlNodeLease.start(
        topology,
        "north-1",
        instance,
        application,
        metrics,
        () -> IdLayout.tickAt(System.currentTimeMillis()) + skew.get(),
        Duration.ofSeconds(2),
        Duration.ofMillis(100));
  }

  private static void draw(MysqlNodeLease lease, Set<Long> drawn, int count) {
    for (int i = 0; i < count; i++) {
      assertThat(drawn.add(lease.ids().next(i % 100))).isTrue();
    }
  }

  private static boolean refuses(MysqlNodeLease lease) {
    try {
      lease.ids().next(500);
      return false;
    } catch (IdsUnavailableException refused) {
      return true;
    }
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      Thread.sleep(5);
    }
  }

  private static Connection applicationConnection() throws SQLException {
    return DriverManager.getConnection(mysql.jdbcUrl(), application.user(), application.password());
  }

  private static boolean binlogIsOn(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT @@SESSION.sql_log_bin")) {
      return row.next() && row.getInt(1) == 1;
    }
  }

  private static String rootQuery(String sql) throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> values = new ArrayList<>();
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values.stream().collect(Collectors.joining(","));
    }
  }
}
