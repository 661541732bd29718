package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.coordinator.switchover.OperationStore;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.ReturnProof;
import io.homecell.core.coordination.ReturnProofs;
import io.homecell.core.fence.FenceConflictException;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.fence.FenceRows;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The switch operations over the admin API, on real parts, under writes. */
@Timeout(180)
class SwitchIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static TwoCells cells;
  private TwoCells.Running coordinator;
  private Writers writers;

  @BeforeAll
  static void startCells() throws Exception {
    cells = new TwoCells(folder);
  }

  @AfterAll
  static void stopCells() throws Exception {
    cells.close();
  }

  @BeforeEach
  void start() throws Exception {
    coordinator = cells.new Running("north.coordinator");
    coordinator.awaitLeader();
    writers = new Writers(cells);
    writers.awaitProgress();
  }

  @AfterEach
  void stop() throws Exception {
    writers.close();
    coordinator.close();
  }

  @Test
  void switchoverAndFailbackLoseNothingAndPauseShortly() throws Exception {
    JsonNode moved =
        coordinator.ended(
            coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}"),
            SOON);
    assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
    assertThat(moved.get("pauseMillis").asLong()).as("%s", moved).isLessThan(1_000);
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("south-1", 1024));
    assertOneOwner();
    writers.awaitProgress();

    JsonNode back = coordinator.ended(coordinator.begin("{\"kind\":\"failback\"}"), SOON);
    assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    assertThat(back.get("pauseMillis").asLong()).as("%s", back).isLessThan(1_000);
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 512, "south-1", 512));
    assertOneOwner();
    writers.awaitProgress();
    writers.close();
    assertNothingLost();
    System.out.println("pauses: " + moved.get("pauseMillis") + " " + back.get("pauseMillis"));
    System.out.println(moved.get("steps"));
  }

  @Test
  void partOfTheSlotsMovesAndReturns() throws Exception {
    JsonNode moved =
        coordinator.ended(
            coordinator.begin(
                "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\",\"slots\":\"0-9\"}"),
            SOON);
    assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 502, "south-1", 522));
    assertOneOwner();
    JsonNode back = coordinator.ended(coordinator.begin("{\"kind\":\"failback\"}"), SOON);
    assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    assertOneOwner();
  }

  @Test
  void drainThatDoesNotEndPutsEverythingBack() throws Exception {
    cells.sql("south-1", "STOP REPLICA SQL_THREAD");
    try {
      JsonNode given =
          coordinator.ended(
              coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}"),
              SOON);
      assertThat(given.get("state").asText()).as("%s", given).isEqualTo("ABORTED");
      assertThat(given.get("error").asText()).contains("south-1 lacks closed rows of north-1");
      assertThat(cells.rows("north-1").get(0).isOpenFor("north-1")).isTrue();
      assertThat(cells.table().slotCountByOwner().get("north-1")).isEqualTo(512);
    } finally {
      cells.sql("south-1", "START REPLICA");
    }
    writers.awaitProgress();
    assertOneOwner();
  }

  @Test
  void ownerThatDiesWhileGivingUpIsOpenedWhenItReturns() throws Exception {
    cells.sql("south-1", "STOP REPLICA SQL_THREAD");
    try {
      String id =
          coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}");
      awaitStep(id, "DRAIN");
      cells.servers.get("north-1").kill();
      assertThat(coordinator.post("/admin/operations/" + id + "/abort", "").status())
          .isEqualTo(202);
      JsonNode given = coordinator.ended(id, SOON);
      assertThat(given.get("state").asText()).as("%s", given).isEqualTo("ABORTED");
      assertThat(given.get("warnings").toString()).contains("REOPEN");
    } finally {
      cells.startServer("north-1");
      cells.sql("south-1", "START REPLICA");
    }
    TwoCells.eventually(
        SOON,
        "the leader opens the rows again",
        () ->
            cells.rows("north-1").get(0).isOpenFor("north-1")
                ? Optional.of(true)
                : Optional.empty());
    writers.awaitProgress("north-1");
    assertOneOwner();
  }

  @Test
  void operatorGivesUpWhileDraining() throws Exception {
    cells.sql("south-1", "STOP REPLICA SQL_THREAD");
    try {
      String id =
          coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}");
      awaitStep(id, "DRAIN");
      assertThat(coordinator.post("/admin/operations", "{\"kind\":\"failback\"}").status())
          .isEqualTo(409);
      TwoCells.Reply abort = coordinator.post("/admin/operations/" + id + "/abort", "");
      assertThat(abort.status()).as("%s", abort).isEqualTo(202);
      JsonNode given = coordinator.ended(id, SOON);
      assertThat(given.get("state").asText()).as("%s", given).isEqualTo("ABORTED");
      assertThat(given.get("error").asText()).as("not by the drain's limit").isEqualTo("asked for");
    } finally {
      cells.sql("south-1", "START REPLICA");
    }
    writers.awaitProgress();
    assertOneOwner();
  }

  @Test
  void anotherCoordinatorGoesOnWhereTheLeaderStopped() throws Exception {
    cells.sql("south-1", "STOP REPLICA SQL_THREAD");
    try (TwoCells.Running second = cells.new Running("south.coordinator")) {
      String id =
          coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}");
      awaitStep(id, "DRAIN");
      TwoCells.Reply toLeader = second.get("/admin/status?x=1");
      assertThat(toLeader.status()).isEqualTo(307);
      assertThat(toLeader.location().orElse("")).endsWith("/admin/status?x=1");
      coordinator.close();
      second.awaitLeader();
      cells.sql("south-1", "START REPLICA");
      JsonNode moved = second.ended(id, SOON);
      assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
      assertThat(moved.get("steps").toString()).contains("resumed by south.coordinator");
      assertOneOwner();
      writers.awaitProgress();
      JsonNode back = second.ended(second.begin("{\"kind\":\"failback\"}"), SOON);
      assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    } finally {
      cells.sql("south-1", "START REPLICA");
    }
    writers.close();
    assertNothingLost();
  }

  /** As when the one that was asked dies before it has acted on it. */
  @Test
  void anotherCoordinatorGivesUpWhatTheLastWasAskedToGiveUp() throws Exception {
    cells.sql("south-1", "STOP REPLICA SQL_THREAD");
    try (TwoCells.Running second = cells.new Running("south.coordinator")) {
      String id =
          coordinator.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}");
      awaitStep(id, "DRAIN");
      new OperationStore(cells.client).askToGiveUp(id, "asked of the former leader");
      coordinator.close();
      second.awaitLeader();
      JsonNode given = second.ended(id, SOON);
      assertThat(given.get("state").asText()).as("%s", given).isEqualTo("ABORTED");
      assertThat(given.get("error").asText()).contains("asked of the former leader");
    } finally {
      cells.sql("south-1", "START REPLICA");
    }
    writers.awaitProgress();
    assertOneOwner();
  }

  @Test
  void leaderWhosePortIsClosedIsReplacedBeforeItsSessionEnds() throws Exception {
    try (TwoCells.Running second = cells.new Running("south.coordinator")) {
      // Its session goes on: without a look at its port it would lead for ever.
      coordinator.closePort();
      second.awaitLeader();
      JsonNode moved =
          second.ended(
              second.begin("{\"kind\":\"switchover\",\"from\":\"north\",\"slots\":\"0-9\"}"), SOON);
      assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
      assertThat(moved.get("steps").toString()).doesNotContain("resumed");
      JsonNode back = second.ended(second.begin("{\"kind\":\"failback\"}"), SOON);
      assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    }
    assertOneOwner();
  }

  /** What a coordinator that was overtaken asks for late. */
  @Test
  void fenceRowsRefuseWhatComesLate() throws Exception {
    Map<Integer, FenceRow> before = cells.rows("north-1");
    long epoch = before.get(0).epoch();
    try (Connection root = cells.servers.get("north-1").rootConnection()) {
      FenceRows rows = FenceRows.over(root);
      TreeMap<Integer, Long> asked = new TreeMap<>(Map.of(0, epoch + 1, 1, before.get(1).epoch()));
      assertThatThrownBy(() -> rows.close("north-1", asked))
          .isInstanceOf(FenceConflictException.class)
          .hasMessageContaining("slot 0 north-1 OPEN epoch " + epoch + ", wanted slot 0");
      assertThatThrownBy(() -> rows.close("south-1", new TreeMap<>(Map.of(0, epoch))))
          .isInstanceOf(FenceConflictException.class);
      assertThatThrownBy(() -> rows.open("south-1", new TreeMap<>(Map.of(0, epoch))))
          .isInstanceOf(FenceConflictException.class);
      // As it is already: asked for again, no effect.
      rows.open("north-1", new TreeMap<>(Map.of(0, epoch)));
    }
    assertThat(cells.rows("north-1")).isEqualTo(before);
  }

  @Test
  void closingWaitsForTheCommitInFlight() throws Exception {
    long epoch = cells.rows("north-1").get(0).epoch();
    try (Connection commit = cells.servers.get("north-1").rootConnection();
        Connection root = cells.servers.get("north-1").rootConnection();
        Statement statement = commit.createStatement()) {
      commit.setAutoCommit(false);
      statement.execute("SELECT * FROM homecell.hc_slot WHERE slot = 0 FOR SHARE");
      CompletableFuture<Void> closing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  FenceRows.over(root).close("north-1", new TreeMap<>(Map.of(0, epoch)));
                } catch (SQLException e) {
                  throw new IllegalStateException(e);
                }
              });
      assertThatThrownBy(() -> closing.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);
      commit.rollback();
      closing.get(30, TimeUnit.SECONDS);
      assertThat(cells.rows("north-1").get(0)).isEqualTo(FenceRow.closed(0, "north-1", epoch + 1));
      // Behind the back of the route table, so that is put right by hand as well.
      FenceRows.over(root).open("north-1", new TreeMap<>(Map.of(0, epoch + 2)));
    }
    JsonNode status = coordinator.get("/admin/status").body();
    assertThat(status.get("verdicts").toString()).contains("FENCE_NOT_AS_ROUTES");
    cells.publish(0, "north-1", epoch + 2);
    assertOneOwner();
  }

  @Test
  void refusalsAreNamed() throws Exception {
    assertRefused(
        "{\"kind\":\"failover\",\"from\":\"north\",\"reason\":\"test\"}", "SOURCE_REACHABLE");
    TwoCells.Reply noReason =
        coordinator.post("/admin/operations", "{\"kind\":\"failover\",\"from\":\"north\"}");
    assertThat(noReason.status()).isEqualTo(400);
    assertThat(noReason.body().get("detail").asText())
        .isEqualTo("reason: missing (expected: why north is given up)");
    assertRefused("{\"kind\":\"failback\"}", "NOTHING_TO_MOVE");
    assertRefused(
        "{\"kind\":\"switchover\",\"from\":\"west\",\"to\":\"south\"}", "UNKNOWN_DATACENTER");
    assertRefused(
        "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"north\"}", "SAME_DATACENTER");
    cells.pipelineStates.put("north-1:south-1", "BROKEN");
    try {
      TwoCells.eventually(
          SOON,
          "the broken pipeline's refusal",
          () ->
              coordinator
                      .post(
                          "/admin/operations",
                          "{\"kind\":\"switchover\",\"from\":\"north\",\"dryRun\":true}")
                      .body()
                      .get("refusals")
                      .toString()
                      .contains("PIPELINE_NOT_STREAMING")
                  ? Optional.of(true)
                  : Optional.empty());
      assertThat(coordinator.get("/admin/status").body().get("verdicts").toString())
          .contains("PIPELINE_NOT_STREAMING");
    } finally {
      cells.pipelineStates.put("north-1:south-1", "STREAMING");
    }
    assertThat(coordinator.post("/admin/operations", "{\"kind\":\"move\"}").status())
        .isEqualTo(400);
    assertThat(coordinator.post("/admin/operations", "{").status()).isEqualTo(400);
    assertThat(coordinator.get("/admin/operations/none").status()).isEqualTo(404);
    TwoCells.Reply plan =
        coordinator.post(
            "/admin/operations",
            "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\",\"percent\":10,"
                + "\"dryRun\":true}");
    assertThat(plan.status()).isEqualTo(200);
    JsonNode runs = plan.body().get("moves").get(0).get("runs");
    assertThat(runs.get(runs.size() - 1).get("slots").asText()).endsWith("51");
  }

  @Test
  void deadDatacenterIsFailedOverAndReturns() throws Exception {
    cells.killDatacenter("north");
    // what a former server of north made, but for one that was refused at south
    String former = "aaaaaaaa-71ca-11e1-9e33-c80aa9429562";
    try (Connection root = cells.servers.get("south-1").rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("SET sql_log_bin = 0");
      statement.execute("INSERT INTO homecell.hc_server VALUES ('" + former + "', 'north-1')");
      statement.execute(
          "INSERT INTO homecell.hc_heartbeat VALUES ('north-1', 'south-1', 1, UTC_TIMESTAMP(6))");
      statement.execute("SET sql_log_bin = 1");
      for (int number : new int[] {1, 2, 4}) {
        statement.execute("SET GTID_NEXT = '" + former + ":" + number + "'");
        statement.execute("COMMIT");
      }
    }
    long began = System.nanoTime();
    String id = coordinator.begin("{\"kind\":\"failover\",\"from\":\"north\",\"reason\":\"test\"}");
    awaitStep(id, "WAIT_LEASE");
    assertThat(cells.table().of(0).movingTo()).as("held meanwhile").contains("south-1");
    assertThat(cells.table().of(0).owner()).isEqualTo("north-1");
    JsonNode moved = coordinator.ended(id, SOON);
    assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
    assertThat(moved.get("loss").get(0).get("lagMillis").asLong()).isEqualTo(3);
    assertThat(moved.get("loss").get(0).get("gaps").asText()).isEqualTo(former + ":3");
    assertThat(moved.get("loss").get(0).get("sentence").asText())
        .contains("s of writes are lost, how many transactions is not known")
        .contains("captured and not applied: 0 transactions, 0 bytes (STREAMING, ");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("south-1", 1024));
    Duration took = Duration.ofNanos(System.nanoTime() - began);
    assertThat(took).isGreaterThan(TwoCells.LEASE.plusSeconds(1));
    assertThat(took).isLessThan(TwoCells.LEASE.plusSeconds(5));
    writers.awaitProgress("south-1");

    // Away, it can't be returned to; back, it is fenced and catches up first.
    assertThat(refusals("{\"kind\":\"failback\"}")).contains("TARGET_UNREACHABLE");
    cells.startServer("north-1");
    cells.startDatacenter("north");
    TwoCells.eventually(
        SOON,
        "north-1 has caught up",
        () ->
            cells.rows("north-1").get(0).owner().equals("south-1")
                ? Optional.of(true)
                : Optional.empty());
    assertThat(leaseOf("north-1")).isZero();
    returnsOnlyWhenItIsUndoneAndCompared();
    JsonNode back = backWhenAllowed();
    assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    assertOneOwner();
    writers.awaitProgress();
  }

  /** Here no dc-sync runs, so what it would write is written by hand. */
  private void returnsOnlyWhenItIsUndoneAndCompared() throws Exception {
    cells.sql(
        "south-1",
        "SET sql_log_bin = 0",
        "INSERT INTO homecell.hc_stranded (gtid, source_cell, slots, committed_at, changes, state,"
            + " undo_waits) VALUES ('u:1', 'north-1', '[0]', NOW(6), '[]', 'DISCARDED', 'west-1 is"
            + " away')");
    String refused = refusals("{\"kind\":\"failback\"}");
    assertThat(refused)
        .contains(
            "RETURN_NOT_UNDONE", "1 settled stranded transactions of north-1", "west-1 is away")
        .contains("RETURN_NOT_VERIFIED", "were never compared");
    cells.sql(
        "south-1",
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_stranded SET undone_at = NOW(6), undo_waits = NULL");
    long epoch = new DatacenterStates(cells.client).read("north").epoch();
    prove(new ReturnProof(epoch, Map.of("south-1", 0L), 0, 0, List.of(), Instant.now()));
    assertThat(refusals("{\"kind\":\"failback\"}"))
        .contains("before the return or the last settlement")
        .doesNotContain("RETURN_NOT_UNDONE");
    prove(new ReturnProof(epoch, Map.of("south-1", 1L), 3, 0, List.of(), Instant.now()));
    assertThat(refusals("{\"kind\":\"failback\"}")).contains("3 rows differ");
    prove(new ReturnProof(epoch, Map.of("south-1", 1L), 0, 0, List.of(), Instant.now()));
  }

  private void prove(ReturnProof proof) {
    new ReturnProofs(cells.client).write("north-1", "south-1", proof);
  }

  private JsonNode backWhenAllowed() throws Exception {
    String id =
        TwoCells.eventually(
            SOON,
            "failback is allowed",
            () -> {
              TwoCells.Reply reply =
                  coordinator.post("/admin/operations", "{\"kind\":\"failback\"}");
              return reply.status() == 202
                  ? Optional.of(reply.body().get("id").asText())
                  : Optional.empty();
            });
    return coordinator.ended(id, SOON);
  }

  private long leaseOf(String cell) throws Exception {
    for (JsonNode one : coordinator.get("/admin/status").body().get("cells")) {
      if (one.get("name").asText().equals(cell)) {
        return one.get("leaseMillis").asLong();
      }
    }
    throw new AssertionError("no cell " + cell);
  }

  private void awaitStep(String id, String step) throws Exception {
    TwoCells.eventually(
        SOON,
        id + " at " + step,
        () ->
            coordinator.get("/admin/operations/" + id).body().path("step").asText().equals(step)
                ? Optional.of(true)
                : Optional.empty());
  }

  private String refusals(String body) throws Exception {
    TwoCells.Reply reply = coordinator.post("/admin/operations", body);
    assertThat(reply.status()).as("%s", reply).isEqualTo(409);
    return reply.body().get("refusals").toString();
  }

  private void assertRefused(String body, String name) throws Exception {
    assertThat(refusals(body)).contains("\"name\":\"" + name + "\"");
  }

  private void assertOneOwner() throws Exception {
    Copies.assertOneOwner(cells);
  }

  private void assertNothingLost() throws Exception {
    Copies.assertNothingLost(cells, writers);
  }
}
