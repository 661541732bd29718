package io.homecell.sync.stranded;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.ALL;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.ReturnProof;
import io.homecell.core.coordination.ReturnProofs;
import io.homecell.core.topology.Topology;
import io.homecell.sync.Cells;
import io.homecell.sync.ThreeCells;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.throttle.Throttling;
import io.homecell.sync.verify.PipelineVerification;
import io.homecell.sync.verify.RepairApi;
import io.homecell.sync.verify.ReturnRounds;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * North was failed over with transactions that south lacked, one of which west had applied; south
 * owns slots 5 to 8 now. However each is settled, the three cells are equal behind it.
 */
@Timeout(180)
class UndoIT {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final List<String> TABLES =
      List.of("account.wallet", "account.entry", "account.every_type", "account.mail");

  private static ThreeCells cells;
  private static final List<Pipeline> PIPELINES = new ArrayList<>();
  private static final Map<String, String> GTIDS = new LinkedHashMap<>();
  private static StrandedTransactions atSouth;
  private static TestingServer zookeeper;
  private static CuratorFramework client;
  private static DatacenterStates states;
  private static ReturnProofs proofs;
  private static ReturnRounds returns;
  private static volatile boolean allRead;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = ThreeCells.start(folder);
    for (String cell : ALL) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "CREATE TABLE account.mail (id BIGINT NOT NULL PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL,"
              + " address VARCHAR(50) NOT NULL UNIQUE)",
          "INSERT INTO account.every_type SET id = 1, slot = 5, big_unsigned = 18446744073709551615,"
              + " single_real = 0.1, double_real = -0.1, bits = b'101', latin = 'Größe',"
              + " some_bytes = x'00275c', kind = 'PAID', moment = '9999-12-31 23:59:59.999999',"
              + " time_of_day = '-838:59:58.999999', document = '{\"a\": 1.50}'");
      for (int id = 1; id <= 12; id++) {
        cells.run(
            cell,
            "SET sql_log_bin = 0",
            "INSERT INTO account.wallet VALUES (%d, %d, 'w', 10, 0, NULL)".formatted(id, slot(id)));
      }
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "UPDATE homecell.hc_lease SET expires_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR");
    }
    // one beat, which has arrived: none may come between a commit and the look at its identifier
    try (Pipeline early =
        Pipeline.start(
            cells.settings(NORTH, WEST).withHeartbeatPeriod(Duration.ofHours(1)),
            new SimpleMeterRegistry())) {
      Cells.awaitState(early, State.STREAMING);
      commit("west has it", "UPDATE account.wallet SET balance = 11, version = 1 WHERE id = 1");
      cells.awaitArrival(NORTH, WEST);
    }
    commit(
        "discarded",
        "UPDATE account.every_type SET latin = 'x', bits = b'1', double_real = 0.25 WHERE id = 1",
        "INSERT INTO account.entry VALUES (1, 1, 5, 1)",
        "DELETE FROM account.wallet WHERE id = 2",
        "UPDATE account.wallet SET id = 103 WHERE id = 3");
    commit("forced", "UPDATE account.wallet SET balance = 12, version = 2 WHERE id = 1");
    commit("clean", "UPDATE account.wallet SET balance = 20, version = 1 WHERE id = 4");
    commit("not clean", "UPDATE account.wallet SET balance = 20, version = 1 WHERE id = 5");
    commit("behind it", "UPDATE account.wallet SET balance = 20, version = 1 WHERE id = 6");
    commit(
        "large",
        "INSERT INTO account.wallet VALUES (70, 7, 'w', 1, 0, NULL), (71, 7, 'w', 1, 0, NULL)");
    commit("in the way", "INSERT INTO account.mail VALUES (1, 8, 'ann@example.org')");

    cells.run(
        SOUTH,
        "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = epoch + 2 WHERE slot BETWEEN 5 AND 8",
        "UPDATE account.wallet SET holder = 'z' WHERE id = 2",
        "INSERT INTO account.wallet VALUES (70, 7, 'w', 5, 0, NULL)",
        "UPDATE account.wallet SET balance = 9, version = 1 WHERE id = 5",
        "INSERT INTO account.mail VALUES (2, 8, 'ann@example.org')");
    whatWestMeetsFirstGoesToSouth();
    for (String source : ALL) {
      for (String target : ALL) {
        if (!source.equals(target) && !target.equals(WEST)) {
          PIPELINES.add(cells.pipeline(source, target));
        }
      }
    }
    atSouth = new StrandedTransactions(cells.database(SOUTH));
    startReturns();
  }

  /** South has them given by west before it meets them itself. */
  private static void whatWestMeetsFirstGoesToSouth() throws Exception {
    String kept = "SELECT COUNT(*) FROM homecell.hc_stranded";
    PIPELINES.add(cells.pipeline(SOUTH, WEST));
    cells.awaitArrival(SOUTH, WEST);
    PIPELINES.add(cells.pipeline(NORTH, WEST));
    cells.awaitArrival(NORTH, WEST);
    String all = Integer.toString(GTIDS.size() - 1); // one it had applied before
    assertThat(cells.query(WEST, kept)).containsExactly(all);
    try (StrandedRounds rounds = rounds(List.of(WEST), Topology.Stranded.REPLAY_CLEAN)) {
      Cells.await("south keeps them", SOON, () -> cells.query(SOUTH, kept).contains(all));
      Cells.await("west does not", SOON, () -> cells.query(WEST, kept).contains("0"));
    }
  }

  private static void startReturns() throws Exception {
    zookeeper = new TestingServer();
    client = CuratorFrameworkFactory.newClient(zookeeper.getConnectString(), new RetryOneTime(100));
    client.start();
    states = new DatacenterStates(client);
    states.declareLost("north", DatacenterState.ABSENT);
    proofs = new ReturnProofs(client);
    CellDatabase north = cells.database(NORTH);
    CellDatabase south = cells.database(SOUTH);
    returns =
        ReturnRounds.start(
            cells.topology().topology(),
            List.of(
                new RepairApi.Pair(
                    north,
                    south,
                    PipelineVerification.of(
                        north,
                        south,
                        new CarriedTables.AllBut(FrameworkTables.LOCAL),
                        client,
                        Throttling.NONE,
                        new SimpleMeterRegistry()),
                    ALL.stream().map(cells::database).toList(),
                    Map.of())),
            pipeline -> allRead,
            states,
            proofs,
            Duration.ofMillis(200));
  }

  private static int slot(int id) {
    return id <= 3 ? 5 : id <= 6 ? 6 : 7;
  }

  private static void commit(String name, String... statements) throws Exception {
    String[] all = new String[statements.length + 2];
    all[0] = "BEGIN";
    System.arraycopy(statements, 0, all, 1, statements.length);
    all[all.length - 1] = "COMMIT";
    GtidSet before = cells.executed(NORTH);
    cells.run(NORTH, all);
    GTIDS.put(name, cells.executed(NORTH).subtract(before).toString());
  }

  @AfterAll
  static void stop() throws Exception {
    returns.close();
    client.close();
    zookeeper.close();
    PIPELINES.forEach(Pipeline::stop);
    PIPELINES.forEach(Pipeline::close);
    cells.close();
  }

  private static StrandedRounds rounds(Topology.Stranded policy) {
    return rounds(ALL, policy);
  }

  private static StrandedRounds rounds(List<String> keepers, Topology.Stranded policy) {
    Map<String, CellDatabase> group = new LinkedHashMap<>();
    ALL.forEach(cell -> group.put(cell, cells.database(cell)));
    return StrandedRounds.start(
        ALL.stream().map(cell -> new StrandedRounds.Keeper(cells.database(cell), group)).toList(),
        cell -> true,
        policy,
        Duration.ofMillis(200));
  }

  private static Decision decision(String name, String reason, boolean force) {
    return new Decision(gtid(name), "ann", reason, force);
  }

  private static String gtid(String name) {
    return Optional.ofNullable(GTIDS.get(name)).orElseThrow();
  }

  private static JsonNode kept(String name) throws Exception {
    List<JsonNode> found = atSouth.list(Optional.of(gtid(name)));
    return found.isEmpty() ? MissingNode.getInstance() : found.get(0);
  }

  private static void awaitState(String name, String state) throws Exception {
    Cells.await(name + " is " + state, SOON, () -> kept(name).path("state").asText().equals(state));
  }

  private static void awaitUndone(String name) throws Exception {
    Cells.await(
        name + " is undone: " + kept(name).path("undoWaits"),
        SOON,
        () -> kept(name).path("undoneAt").isTextual());
  }

  private static void requireEqual() throws Exception {
    for (String table : TABLES) {
      Set<List<String>> rows = new HashSet<>();
      Set<List<String>> sums = new HashSet<>();
      for (String cell : ALL) {
        rows.add(cells.query(cell, "SELECT * FROM " + table + " ORDER BY 1, 2"));
        sums.add(cells.query(cell, "CHECKSUM TABLE " + table));
      }
      assertThat(rows).as(table).hasSize(1);
      assertThat(sums).as(table).hasSize(1);
    }
  }

  @Test
  void howeverEachIsSettledTheCellsAreEqualBehindIt() throws Exception {
    try (StrandedRounds rounds = rounds(Topology.Stranded.REPLAY_CLEAN)) {
      // whichever cell met one first, the owner has it
      for (String name : GTIDS.keySet()) {
        Cells.await(name + " is kept by the owner", SOON, () -> !kept(name).isMissingNode());
      }
      Cells.await(
          "no other cell keeps any",
          SOON,
          () ->
              cells.query(WEST, "SELECT gtid FROM homecell.hc_stranded").isEmpty()
                  && cells.query(NORTH, "SELECT gtid FROM homecell.hc_stranded").isEmpty());

      allRead = true;

      // the policy takes what fits, up to the first of a slot that does not
      awaitState("clean", "REPLAYED");
      assertThat(kept("clean").path("decidedBy").asText()).isEqualTo("policy");
      awaitState("west has it", "REPLAYED");
      for (String name :
          List.of("discarded", "forced", "not clean", "behind it", "large", "in the way")) {
        assertThat(kept(name).path("state").asText()).as(name).isEqualTo("OPEN");
      }
      // that stays so when the first of them is settled
      atSouth.discard(decision("not clean", "the user agreed", false));
      Cells.await("a round", SOON, () -> kept("not clean").path("undoWaits").isTextual());
      assertThat(kept("behind it").path("state").asText()).isEqualTo("OPEN");
      // ... and touches nothing that an open one of the slot has changed
      assertThat(kept("clean").path("undoneAt").isNull()).isTrue();
      assertThat(cells.query(NORTH, "SELECT balance FROM account.wallet WHERE id = 6"))
          .containsExactly("20.00");
    }
    assertThat(proofs.read(NORTH, SOUTH)).isEmpty();
    settleTheRest();
    requireEqual();
    theReturnedCellIsCompared();
  }

  private static void settleTheRest() throws Exception {
    cells.run(
        SOUTH,
        "UPDATE homecell.hc_stranded SET changes = JSON_ARRAY(JSON_OBJECT('truncated', TRUE,"
            + " 'rows', 2, 'rowsByTable', JSON_OBJECT('account.wallet', 2))) WHERE gtid = '"
            + gtid("large")
            + "'");
    try (StrandedRounds rounds = rounds(Topology.Stranded.QUARANTINE_ALL)) {
      for (String name : GTIDS.keySet()) {
        if (kept(name).path("state").asText().equals("OPEN") && !name.equals("forced")) {
          atSouth.discard(decision(name, "the user agreed", false));
        }
      }
      assertThatThrownBy(() -> atSouth.replay(decision("not clean", "", false)))
          .hasMessageContaining("DISCARDED already");
      assertThat(proofs.read(NORTH, SOUTH)).isEmpty();
      atSouth.replay(decision("forced", "agreed", true));
      // north does not get on: the row that stands in its way is one of those to be undone
      cells.run(
          SOUTH, "UPDATE homecell.hc_stranded SET decided_at = decided_at - INTERVAL 1 MINUTE");
      for (String name : GTIDS.keySet()) {
        awaitUndone(name);
      }
    }
    for (String source : ALL) {
      for (String target : ALL) {
        if (!source.equals(target)) {
          cells.awaitArrival(source, target);
        }
      }
    }
    assertThat(cells.query(WEST, "SELECT id, balance, version FROM account.wallet ORDER BY id"))
        .containsSequence("1,12.00,2", "2,10.00,0", "3,10.00,0", "4,20.00,1", "5,9.00,1")
        .contains("70,5.00,0")
        .noneMatch(row -> row.startsWith("71,") || row.startsWith("103,"));
    assertThat(cells.query(NORTH, "SELECT id FROM account.mail")).containsExactly("2");
    // nothing flowed back as the change of a cell that does not own
    assertThat(cells.query(SOUTH, "SELECT COUNT(*) FROM homecell.hc_stranded"))
        .containsExactly(Integer.toString(GTIDS.size()));
    assertThat(cells.query(WEST, "SELECT COUNT(*) FROM homecell.hc_stranded")).containsExactly("0");
  }

  /** Unasked, once all is undone; a proof of another return, or of fewer undone, is none. */
  private static void theReturnedCellIsCompared() throws Exception {
    Map<String, Long> undone = Map.of(NORTH, 0L, SOUTH, (long) GTIDS.size(), WEST, 0L);
    // the first may have been made while something was still on its way
    Cells.await("no objection", SOON, () -> awaitProof(1, undone).objection().isEmpty());
    assertThat(awaitProof(1, undone).notCompared()).isEmpty();

    cells.run(NORTH, "SET sql_log_bin = 0", "UPDATE account.wallet SET balance = 77 WHERE id = 12");
    states.markActive("north", 0);
    states.declareLost("north", 1);
    assertThat(awaitProof(3, undone).objection().orElse("")).startsWith("1 rows differ");
    cells.run(NORTH, "SET sql_log_bin = 0", "UPDATE account.wallet SET balance = 10 WHERE id = 12");
    Cells.await("another look", SOON, () -> awaitProof(3, undone).objection().isEmpty());
  }

  private static ReturnProof awaitProof(long epoch, Map<String, Long> undone) throws Exception {
    Cells.await(
        "a proof",
        SOON,
        () -> proofs.read(NORTH, SOUTH).filter(one -> one.isAbout(epoch, undone)).isPresent());
    return proofs.read(NORTH, SOUTH).orElseThrow();
  }
}
