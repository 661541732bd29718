package io.homecell.sync;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalZookeeper;
import io.homecell.sync.pipeline.PipelineStatus;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The dc-sync processes of two datacenters, killed and stopped as operations would. */
@Timeout(420)
class SyncMainIT {
  private static final String PUBLISHED = "/homecell/sync/north-1-south-1";
  private LocalZookeeper zookeeper;
  private TwoCells cells;
  private SyncProcess north;
  private SyncProcess south;

  @BeforeEach
  void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
    String[] address = cells.topology().topology().coordination().zookeeper().split(":", -1);
    zookeeper =
        LocalZookeeper.start(
            folder.resolve("zk"), new Topology.Endpoint(address[0], Integer.parseInt(address[1])));
    north = new SyncProcess(cells, "north", folder.resolve("sync-north"));
    south = new SyncProcess(cells, "south", folder.resolve("sync-south"));
  }

  @AfterEach
  void stop() {
    for (SyncProcess sync : List.of(north, south)) {
      if (sync.process() != null) {
        sync.kill();
      }
    }
    cells.close();
    zookeeper.close();
  }

  private static List<PipelineStatus> statuses(SyncProcess sync)
      throws IOException, InterruptedException {
    return List.of(Json.read(sync.get("/sync"), PipelineStatus[].class));
  }

  private static void awaitStreaming(SyncProcess sync) throws Exception {
    sync.awaitReady();
    TwoCells.await(
        "streaming",
        Duration.ofSeconds(60),
        () -> statuses(sync).stream().allMatch(status -> status.state() == State.STREAMING));
  }

  @Test
  void tenKillsUnderLoadInBothDirectionsLoseAndRepeatNothing() throws Exception {
    WriteLoad.prepare(cells, NORTH, 0);
    WriteLoad.prepare(cells, SOUTH, 600);
    north.start();
    south.start();
    north.awaitReady();
    south.awaitReady();
    Random random = new Random(42);
    long committed;
    try (WriteLoad one = WriteLoad.start(cells, NORTH, 0, 4, 20);
        WriteLoad other = WriteLoad.start(cells, SOUTH, 600, 4, 20)) {
      for (int kill = 0; kill < 10; kill++) {
        SyncProcess victim = kill % 2 == 0 ? north : south;
        victim.awaitReady();
        // from start-up through catching up to streaming: anywhere
        long pause = 1_000 + random.nextInt(4_000);
        long until = System.nanoTime() + Duration.ofMillis(pause).toNanos();
        TwoCells.await("the next kill", Duration.ofSeconds(10), () -> System.nanoTime() > until);
        victim.kill();
        victim.start();
      }
      committed = one.committed() + other.committed();
    }
    // beats go on: compare at rest
    awaitStreaming(north);
    awaitStreaming(south);
    cells.awaitArrival(NORTH, SOUTH);
    cells.awaitArrival(SOUTH, NORTH);
    assertThat(statuses(north).get(0).conflicts() + statuses(south).get(0).conflicts()).isZero();
    stopInOrder(north);
    stopInOrder(south);
    cells.settle();
    assertThat(committed).isGreaterThan(500);
    for (String cell : List.of(NORTH, SOUTH)) {
      // each change of a wallet has exactly one entry, and money is where it was
      assertThat(cells.query(cell, WriteLoad.WRONG)).containsExactly("0");
      assertThat(cells.query(cell, "SELECT COUNT(*) FROM account.wallet"))
          .containsExactly(Integer.toString(2 * WriteLoad.WALLETS));
      assertThat(cells.query(cell, "SELECT SUM(balance) FROM account.wallet"))
          .containsExactly(2 * WriteLoad.WALLETS * 1000 + ".00");
    }
    for (SyncProcess sync : List.of(north, south)) {
      assertThat(sync.log()).doesNotContain("conflict at").doesNotContain("BROKEN");
    }
  }

  private static void stopInOrder(SyncProcess sync) throws Exception {
    long from = System.nanoTime();
    sync.process().handle().destroy();
    TwoCells.await("the stop", Duration.ofSeconds(20), () -> !sync.process().isAlive());
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(12));
    assertThat(sync.log()).contains("STOPPED");
  }

  @Test
  void aDeadSourceIsWaitedForAndNamedAndItsStateIsInZookeeper() throws Exception {
    try (CuratorFramework client =
        Coordination.connect(cells.topology().topology().coordination())) {
      south.start();
      awaitStreaming(south);
      // where commands find it, and what they find there
      TwoCells.await(
          "its address",
          Duration.ofSeconds(10),
          () ->
              isPublished(client)
                  && published(client)
                      .admin()
                      .filter(url -> url.matches("http://127.0.0.1:[0-9]+"))
                      .isPresent());
      assertThat(south.get("/sync/stranded")).isEqualToIgnoringNewLines("{\"items\":[]}");
      assertThat(south.get("/sync/verify")).contains("expected: POST");
      cells.server(NORTH).kill();
      TwoCells.await(
          "a status that says why",
          Duration.ofSeconds(30),
          () -> {
            PipelineStatus status = published(client);
            return status.state() == State.STARTING && status.detail().contains("source north-1");
          });
      long lag = published(client).lagMillis().orElseThrow();
      TwoCells.await(
          "growing lag",
          Duration.ofSeconds(10),
          () -> published(client).lagMillis().orElseThrow() > lag + 1_000);
      assertThat(south.get("/metrics"))
          .contains("hc_sync_lag_seconds{")
          .contains("hc_sync_transactions_total{")
          .contains("hc_sync_conflicts_total{")
          .containsPattern("hc_sync_state\\{[^}]*state=\"STARTING\"[^}]*\\} 1");
      cells.startServer(NORTH);
      cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'back', 1, 0, NULL)");
      cells.awaitArrival(NORTH, SOUTH);
      TwoCells.await(
          "streaming again",
          Duration.ofSeconds(30),
          () -> published(client).state() == State.STREAMING);
      south.process().handle().destroy();
      TwoCells.await("the node is gone", Duration.ofSeconds(20), () -> !isPublished(client));
    }
  }

  @Test
  void twoWorkersThatBothLeadDoNoHarm(@TempDir Path folder) throws Exception {
    zookeeper.kill(); // none of them learns of the other: both run every pipeline
    SyncProcess second = new SyncProcess(cells, "south", "south.dc-sync.2", folder);
    WriteLoad.prepare(cells, NORTH, 0);
    south.start();
    second.start();
    try {
      awaitStreaming(south);
      awaitStreaming(second);
      long before = statuses(south).get(0).applied();
      long beforeSecond = statuses(second).get(0).applied();
      try (WriteLoad load = WriteLoad.start(cells, NORTH, 0, 4, 2)) {
        TwoCells.await(
            "commits, and that both have written: else nothing is shown",
            Duration.ofSeconds(60),
            () ->
                load.committed() > 1_000
                    && statuses(south).get(0).applied() > before + 50
                    && statuses(second).get(0).applied() > beforeSecond + 50);
      }
      cells.awaitArrival(NORTH, SOUTH);
      for (SyncProcess leader : List.of(south, second)) {
        awaitStreaming(leader);
        PipelineStatus status = statuses(leader).get(0);
        assertThat(status.conflicts() + status.stranded()).isZero();
      }
    } finally {
      second.kill();
    }
    south.kill();
    cells.settle();
    assertThat(cells.query(SOUTH, WriteLoad.WRONG)).containsExactly("0");
    assertThat(south.log()).doesNotContain("BROKEN").doesNotContain("conflict at");
    assertThat(second.log()).doesNotContain("BROKEN").doesNotContain("conflict at");
  }

  /** A worker that streams already says so a moment later. */
  private static boolean isPublished(CuratorFramework client) throws Exception {
    return client.checkExists().forPath(PUBLISHED) != null;
  }

  private static PipelineStatus published(CuratorFramework client) throws Exception {
    byte[] json = client.getData().forPath(PUBLISHED);
    return Json.read(new String(json, StandardCharsets.UTF_8), PipelineStatus.class);
  }

  @Test
  void aSecondWorkerStandsByAndTakesOverFromADeadOneWithinTenSeconds(@TempDir Path folder)
      throws Exception {
    south.start();
    awaitStreaming(south);
    SyncProcess second = new SyncProcess(cells, "south", "south.dc-sync.2", folder);
    second.start();
    try {
      second.awaitReady();
      assertThat(statuses(second).get(0).state()).isEqualTo(State.STANDBY);
      assertThat(second.get("/metrics")).containsPattern("hc_sync_leader\\{[^}]*\\} 0");
      WriteLoad.prepare(cells, NORTH, 0);
      try (WriteLoad load = WriteLoad.start(cells, NORTH, 0, 4, 20)) {
        assertThat(statuses(second).get(0).state()).isEqualTo(State.STANDBY);
        south.kill();
        TwoCells.await(
            "the take-over",
            Duration.ofSeconds(10),
            () -> statuses(second).get(0).state() != State.STANDBY);
        awaitStreaming(second); // how soon that is depends on the machine
        // the first comes back, finds that it is not needed, and does no harm
        south.start();
        south.awaitReady();
        TwoCells.await(
            "the first as the stand-by",
            Duration.ofSeconds(20),
            () -> statuses(south).get(0).state() == State.STANDBY);
        assertThat(load.committed()).isPositive();
      }
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(statuses(second).get(0).conflicts()).isZero();
    } finally {
      second.kill();
    }
    south.kill();
    cells.settle(); // beats went on until now: compared at rest
  }

  @Test
  void aWrongSettingOfTheSourceIsNamedAndMended() throws Exception {
    cells.run(NORTH, "SET GLOBAL binlog_row_image = 'MINIMAL'");
    south.start();
    south.awaitReady();
    TwoCells.await(
        "a named refusal",
        Duration.ofSeconds(30),
        () ->
            statuses(south).get(0).state() == State.BROKEN
                && statuses(south)
                    .get(0)
                    .detail()
                    .contains("set binlog_row_image='FULL', it is 'MINIMAL'"));
    cells.run(NORTH, "SET GLOBAL binlog_row_image = 'FULL'");
    awaitStreaming(south);
    cells.purgeLogs(NORTH);
    south.kill();
    cells.run(SOUTH, "RESET MASTER", "SET GLOBAL gtid_purged = '" + first() + "'");
    south.start();
    south.awaitReady();
    TwoCells.await(
        "the purged transactions",
        Duration.ofSeconds(30),
        () -> statuses(south).get(0).detail().contains("PURGED_AT_SOURCE"));
  }

  private String first() {
    return CellProvisioning.groupUuid("g1") + ":1";
  }
}
