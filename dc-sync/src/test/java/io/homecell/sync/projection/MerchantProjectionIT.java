package io.homecell.sync.projection;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.ManagedProcess;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The projection of {@code south-1} on a real MySQL, through a real Canal server process. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class MerchantProjectionIT {
  private static final Path CANAL = Path.of("..", "canal-server", "target").toAbsolutePath();
  private static final long NORTH_MERCHANT = (9L << 10) | 17;
  private static final long SOUTH_MERCHANT = (9L << 10) | 717;

  @TempDir static Path folder;

  private final List<AutoCloseable> parts = new ArrayList<>();
  private TestTopology test;
  private Topology.Cell cell;
  private Connection root;
  private Optional<ManagedProcess> canal = Optional.empty();
  private FixedRoutes routes;
  private long firstId;

  @BeforeAll
  void start() throws Exception {
    TestingServer zookeeper = closing(new TestingServer());
    test = TestTopology.create(folder, zookeeper.getConnectString(), Duration.ofSeconds(8));
    cell = test.topology().cell("south-1");
    routes = new FixedRoutes(RouteTable.initial(test.topology()));
    Map<String, LocalMysql> servers = new HashMap<>();
    int id = 1;
    for (Topology.Cell each : test.topology().cells().values()) {
      servers.put(
          each.name(),
          closing(
              LocalMysql.start(
                  MysqlDistribution.locate(Optional.empty()),
                  folder.resolve(each.name()),
                  each.mysql(),
                  id++)));
    }
    // The framework's, and the real one of trade-cell instead of the tables of other tests here.
    List<String> schemas = new ArrayList<>(SchemaFiles.onClassPath().subList(0, 1));
    schemas.add(
        SchemaFiles.of(Path.of("..", "trade-cell", "src", "main", "resources")).orElseThrow());
    CellProvisioning.provisionAll(test.topology(), servers, schemas, test.credentials());
    root = closing(servers.get("south-1").rootConnection());
    sql("UPDATE homecell.hc_lease SET expires_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR");
    CuratorFramework registry =
        closing(
            Coordination.connectRegistry(
                test.topology().datacenter("south"), Duration.ofSeconds(6)));
    InstanceDirectory directory = closing(InstanceDirectory.start(registry, "canal"));
    startCanal();
    closing(
        MerchantProjection.start(
            cell.name(),
            routes,
            closing(
                MysqlFencedDatabase.open(
                    cell,
                    "trade",
                    test.credentials().get(Role.APPLICATION),
                    routes,
                    new SimpleMeterRegistry())),
            directory,
            new SimpleMeterRegistry()));
  }

  @BeforeEach
  void empty() throws Exception {
    // Canal may still show what an earlier test did, so each test has ids of its own.
    firstId += 1_000;
    sql(
        "UPDATE homecell.hc_slot SET owner = IF(slot < 512, 'north-1', 'south-1'), epoch = 1, state = 'OPEN'");
    routes.table = RouteTable.initial(test.topology());
    routes.waitedFor = -1;
  }

  @AfterAll
  void stop() throws Exception {
    for (int i = parts.size() - 1; i >= 0; i--) {
      parts.get(i).close();
    }
    canal.ifPresent(ManagedProcess::kill);
  }

  @Test
  void anOrderIsShownInItsLastStateAndNeverInAnEarlierOne() throws Exception {
    order(1, SOUTH_MERCHANT);
    await(() -> view().equals(Map.of(1L, "PLACED/1")));
    sql(
        "UPDATE trade.orders SET status = 'PAID', version = 3, paid_at = NOW(6) WHERE order_id > "
            + firstId);
    await(() -> view().equals(Map.of(1L, "PAID/3")));

    sql("UPDATE trade.orders SET status = 'PAYING', version = 2 WHERE order_id > " + firstId);
    order(2, SOUTH_MERCHANT);
    await(() -> view().containsKey(2L));
    assertThat(view()).isEqualTo(Map.of(1L, "PAID/3", 2L, "PLACED/1"));
  }

  @Test
  void nothingIsLostWhenCanalIsKilledAndStartedAgain() throws Exception {
    for (int id = 1; id <= 300; id++) {
      order(id, SOUTH_MERCHANT);
      if (id == 100) {
        canal.orElseThrow().kill();
      }
      if (id == 200) {
        startCanal();
      }
    }
    await(() -> view().size() == 300);
  }

  @Test
  void merchantsOfOtherCellsAreLeftToThemUntilTheirSlotsCome() throws Exception {
    order(1, NORTH_MERCHANT);
    order(2, SOUTH_MERCHANT);
    await(() -> view().containsKey(2L));
    assertThat(view()).containsOnlyKeys(2L);

    int slot = test.topology().slots().of(NORTH_MERCHANT);
    sql("UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = " + slot);
    routes.table = routes.table.withOwners(Map.of(slot, SlotRoute.open("south-1", 3)));
    await(() -> view().containsKey(1L));
  }

  @Test
  void aClosedSlotIsWaitedForAndNothingIsSkipped() throws Exception {
    int slot = test.topology().slots().of(SOUTH_MERCHANT);
    sql("UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = 2 WHERE slot = " + slot);
    order(1, SOUTH_MERCHANT);
    await(() -> routes.waitedFor == slot);
    assertThat(view()).isEmpty();

    sql("UPDATE homecell.hc_slot SET state = 'OPEN', epoch = 3 WHERE slot = " + slot);
    routes.table = routes.table.withOwners(Map.of(slot, SlotRoute.open("south-1", 3)));
    await(() -> view().equals(Map.of(1L, "PLACED/1")));
  }

  private void startCanal() throws Exception {
    Path data = folder.resolve("canal");
    Files.createDirectories(data);
    Path ready = data.resolve("ready.json");
    Files.deleteIfExists(ready);
    String classPath =
        CANAL.resolve("canal-server.jar")
            + ":"
            + Files.readString(CANAL.resolve("runtime.classpath")).strip();
    ManagedProcess process =
        ManagedProcess.start(
            new ManagedProcess.Launch(
                "south-1 canal",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx192m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    classPath,
                    "io.homecell.canal.CanalServerMain"),
                Map.of(
                    "HOMECELL_TOPOLOGY",
                    test.file().toString(),
                    "HOMECELL_SECRETS",
                    test.secrets().toString(),
                    "HOMECELL_DATACENTER",
                    "south",
                    "HOMECELL_CELL",
                    "south-1",
                    "HOMECELL_INSTANCE",
                    "south-1.canal.1",
                    "HOMECELL_DATA",
                    data.toString()),
                folder,
                folder.resolve("canal.log"),
                false));
    canal = Optional.of(process);
    process.await("ready", Duration.ofSeconds(40), () -> Files.exists(ready));
  }

  private void order(long id, long merchant) throws SQLException {
    sql(
        "INSERT INTO trade.orders (order_id, slot, user_id, merchant_id, total, status, version,"
            + " placed_at, changed_at) VALUES ("
            + (firstId + id)
            + ", 3, 3, "
            + merchant
            + ", 9.50, 'PLACED', 1, NOW(6), NOW(6))");
  }

  private void sql(String statement) throws SQLException {
    try (Statement run = root.createStatement()) {
      run.execute(statement);
    }
  }

  /** Status and version by order id. */
  private Map<Long, String> view() {
    Map<Long, String> rows = new HashMap<>();
    try (Statement run = root.createStatement();
        ResultSet row =
            run.executeQuery(
                "SELECT order_id, status, version FROM trade.merchant_order WHERE order_id > "
                    + firstId)) {
      while (row.next()) {
        rows.put(row.getLong(1) - firstId, row.getString(2) + "/" + row.getLong(3));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return rows;
  }

  private void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + Duration.ofSeconds(40).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime())
          .as("view has %s rows: %.300s", view().size(), view())
          .isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private <T extends AutoCloseable> T closing(T part) {
    parts.add(part);
    return part;
  }

  private static final class FixedRoutes implements Routes {
    private volatile RouteTable table;
    private volatile int waitedFor = -1;

    FixedRoutes(RouteTable table) {
      this.table = table;
    }

    @Override
    public RouteTable current() {
      return table;
    }

    @Override
    public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost)
        throws InterruptedException {
      waitedFor = slot;
      Thread.sleep(50);
      return table;
    }

    @Override
    public AutoCloseable onChange(Listener listener) {
      return () -> {};
    }
  }
}
