package io.homecell.coordinator.steps;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.SlotRun;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.LockSupport;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** North is failed over to south; west has three transactions of it that south lacks. */
@Timeout(90)
class PeerStepsIT {
  private final Map<String, LocalMysql> servers = new LinkedHashMap<>();
  private TestingServer zookeeper;
  private CuratorFramework client;
  private CellConnections connections;
  private LossReader loss;
  private List<Move> moves;
  private String north;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    TestTopology test = TestTopology.createOfThree(folder);
    Topology topology = test.topology();
    MysqlDistribution mysql = MysqlDistribution.locate(Optional.empty());
    for (Topology.Cell cell : topology.cells().values()) {
      servers.put(
          cell.name(),
          LocalMysql.start(mysql, folder.resolve(cell.name()), cell.mysql(), servers.size() + 1));
    }
    CellProvisioning.provisionAll(
        topology, servers, new ArrayList<>(SchemaFiles.onClassPath()), test.credentials());
    north = query("north-1", "SELECT @@server_uuid");
    zookeeper = new TestingServer();
    client = CuratorFrameworkFactory.newClient(zookeeper.getConnectString(), new RetryOneTime(100));
    client.start();
    connections = new CellConnections(topology, test.credentials().get(Role.ADMIN));
    loss =
        new LossReader(
            topology, client, new CellReader(connections, Runnable::run), Clock.systemUTC());
    moves =
        List.of(
            new Move(
                "north-1",
                "north",
                "south-1",
                "south",
                List.of(new SlotRun(new SlotRange(0, 255), 1))));
    for (int number = 1; number <= 3; number++) {
      commit("west-1", number);
    }
    servers.get("north-1").kill();
  }

  @AfterEach
  void stop() throws Exception {
    connections.close();
    client.close();
    zookeeper.close();
    servers.values().forEach(LocalMysql::kill);
  }

  private void commit(String cell, int number) throws SQLException {
    try (Connection root = servers.get(cell).rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("SET GTID_NEXT = '" + north + ":" + number + "'");
      statement.execute("COMMIT");
    }
  }

  private String query(String cell, String sql) throws SQLException {
    try (Connection root = servers.get(cell).rootConnection();
        Statement statement = root.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private Loss.Peer peer() {
    List<Loss.Peer> peers = loss.read(moves).get(0).figures().orElseThrow().peers();
    assertThat(peers).hasSize(1);
    return peers.get(0);
  }

  /** Between two looks at what is missing, and so behind the first. */
  private static boolean pauses(Thread gatherer) {
    return Arrays.stream(gatherer.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(Stop.class.getName()));
  }

  @Test
  void whatAThirdCellHasOfTheLostOneIsWaitedFor() throws Exception {
    assertThat(peer())
        .isEqualTo(new Loss.Peer("west-1", Optional.of(north + ":1-3"), 3, Optional.empty()));
    FutureTask<PeerSteps.Gathered> gathering =
        new FutureTask<>(() -> loss.gather(moves, new Stop()));
    Thread gatherer = new Thread(gathering, "gatherer");
    gatherer.start();
    while (!pauses(gatherer)) {
      assertThat(gathering).isNotDone();
      LockSupport.parkNanos(1_000_000);
    }
    for (int number = 1; number <= 3; number++) {
      assertThat(gathering).isNotDone();
      commit("south-1", number);
    }
    PeerSteps.Gathered gathered = gathering.get();
    assertThat(gathered.warnings()).isEmpty();
    assertThat(gathered.detail())
        .matches(
            "waited \\d+ ms until 3 transactions of north-1 that west-1 has and south-1 lacks \\("
                + north
                + ":1-3\\) had come");
    assertThat(loss.gather(moves, new Stop()).detail()).startsWith("nothing more of it");
  }

  @Test
  void whatDoesNotComeInTimeIsNamedAndSoIsAThirdCellThatCanNotBeAsked() throws Exception {
    commit("south-1", 1);
    String status =
        "{\"source\":\"north-1\",\"target\":\"south-1\",\"state\":\"CATCHING_UP\",\"lagMillis\":3,"
            + "\"at\":\"2026-01-01T00:00:00Z\",\"flow\":{\"transactionsPerSecond\":0,"
            + "\"rowsPerSecond\":0,\"pending\":7,\"pendingBytes\":900,\"lanesBusy\":4},"
            + "\"recent\":{\"transactions\":40,\"slots\":12,\"seconds\":10}}";
    client
        .create()
        .creatingParentsIfNeeded()
        .forPath("/homecell/sync/north-1-south-1", status.getBytes(StandardCharsets.UTF_8));
    assertThat(new Pipelines(client).list()).hasSize(1);
    PeerSteps.Gathered gathered = loss.gather(moves, new Stop());
    assertThat(gathered.detail()).matches("waited 1\\d{4} ms");
    assertThat(gathered.warnings())
        .containsExactly(
            "did not come in time and will be stranded: 7 captured transactions of north-1 at"
                + " south-1",
            "did not come in time and will be stranded: 2 transactions of north-1 that west-1 has"
                + " and south-1 lacks ("
                + north
                + ":2-3)");
    Loss.Figures figures = loss.read(moves).get(0).figures().orElseThrow();
    assertThat(figures.captured().orElseThrow().transactions()).isEqualTo(7);
    assertThat(figures.captured().orElseThrow().bytes()).isEqualTo(900);
    assertThat(figures.recent()).contains(new Loss.Recent(40, 12, 10));

    servers.get("west-1").kill();
    assertThat(peer().unknown()).isPresent();
    assertThat(peer().lacking()).isEmpty();
  }
}
