package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.route.SlotFigures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Switching in waves over the admin API, on real databases and ZooKeeper, under writes. */
@Timeout(180)
class WavesIT {
  private static final Duration SOON = Duration.ofSeconds(60);

  @TempDir static Path folder;
  private static TwoCells cells;
  private final AtomicLong asked = new AtomicLong();
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
    cells.slotFigures = slots -> new SlotFigures(asked.addAndGet(10), 0, 0);
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

  private static String switchover(String waves, int watchMillis) {
    return "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\",\"waves\":\""
        + waves
        + "\",\"waveWatchMillis\":"
        + watchMillis
        + "}";
  }

  private void backHome(TwoCells.Running leader) throws Exception {
    JsonNode back =
        leader.ended(
            leader.begin("{\"kind\":\"failback\",\"waves\":\"50%,100%\",\"waveWatchMillis\":1000}"),
            SOON);
    assertThat(back.get("state").asText()).as("%s", back).isEqualTo("DONE");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 512, "south-1", 512));
    Copies.assertOneOwner(cells);
    writers.awaitProgress();
  }

  private void assertNothingLost() throws Exception {
    writers.close();
    Copies.assertNothingLost(cells, writers);
  }

  @Test
  void eachWaveIsMovedAndWatchedAndTheNextFollows() throws Exception {
    JsonNode moved = coordinator.ended(coordinator.begin(switchover("1,10%,100%", 1_000)), SOON);
    assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
    assertThat(moved.get("pauseMillis").asLong()).as("%s", moved).isLessThan(1_000);
    assertThat(moved.get("steps").toString())
        .contains("wave 1 of 3, 1 slot;", "wave 2 of 3, 51 slots;", "wave 3 of 3, 460 slots;")
        .contains("requests, 0 failed, 0 slow; south-1 -> north-1 3 ms behind");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("south-1", 1024));
    Copies.assertOneOwner(cells);
    writers.awaitProgress();
    backHome(coordinator);
    assertNothingLost();
  }

  @Test
  void aWaveWithErrorsGoesBackAndTheOneBeforeStays() throws Exception {
    cells.slotFigures =
        slots -> {
          long requests = asked.addAndGet(10);
          return new SlotFigures(requests, slots.equals("0") ? 0 : requests / 2, 0);
        };
    JsonNode back = coordinator.ended(coordinator.begin(switchover("1,100%", 5_000)), SOON);
    assertThat(back.get("state").asText()).as("%s", back).isEqualTo("RETURNED");
    assertThat(back.get("error").asText()).contains("requests failed, 50.0 % (expected: at most");
    assertThat(back.get("outcome").asText())
        .startsWith(
            "wave 2 of 2 failed its check and is at north again; 1 slot moved to south (slots 0)");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 511, "south-1", 513));
    Copies.assertOneOwner(cells);
    writers.awaitProgress("north-1");
    JsonNode home = coordinator.ended(coordinator.begin("{\"kind\":\"failback\"}"), SOON);
    assertThat(home.get("state").asText()).as("%s", home).isEqualTo("DONE");
    assertNothingLost();
  }

  @Test
  void aPipelineThatBreaksBehindAWaveTakesItBack() throws Exception {
    // Routers are asked only while a wave is watched, and pipelines looked at when that is over.
    cells.slotFigures =
        slots -> {
          cells.pipelineStates.put("south-1:north-1", "BROKEN");
          return new SlotFigures(asked.addAndGet(10), 0, 0);
        };
    try {
      JsonNode back = coordinator.ended(coordinator.begin(switchover("1,100%", 5_000)), SOON);
      assertThat(back.get("state").asText()).as("%s", back).isEqualTo("RETURNED");
      assertThat(back.get("error").asText())
          .isEqualTo("pipeline south-1 -> north-1 is BROKEN (expected: STREAMING)");
      assertThat(cells.table().slotCountByOwner())
          .isEqualTo(Map.of("north-1", 512, "south-1", 512));
    } finally {
      cells.pipelineStates.put("south-1:north-1", "STREAMING");
    }
    Copies.assertOneOwner(cells);
    assertNothingLost();
  }

  @Test
  void aCoordinatorThatDiesBetweenWavesIsReplaced() throws Exception {
    try (TwoCells.Running second = cells.new Running("south.coordinator")) {
      String id = coordinator.begin(switchover("1,100%", 3_000));
      coordinator.awaitStep(id, "RUNNING", "CHECK_WAVE");
      coordinator.close();
      second.awaitLeader();
      JsonNode moved = second.ended(id, SOON);
      assertThat(moved.get("state").asText()).as("%s", moved).isEqualTo("DONE");
      assertThat(moved.get("steps").toString()).contains("resumed by south.coordinator");
      assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("south-1", 1024));
      Copies.assertOneOwner(cells);
      backHome(second);
    }
    assertNothingLost();
  }

  @Test
  void aCoordinatorThatDiesWhileAWaveReturnsIsReplaced() throws Exception {
    cells.slotFigures = slots -> new SlotFigures(asked.addAndGet(10), asked.get() / 2, 0);
    // Only the way back needs it.
    cells.sql("north-1", "STOP REPLICA SQL_THREAD");
    try (TwoCells.Running second = cells.new Running("south.coordinator")) {
      String id = coordinator.begin(switchover("10%,100%", 5_000));
      coordinator.awaitStep(id, "RETURNING", "DRAIN");
      coordinator.close();
      second.awaitLeader();
      cells.sql("north-1", "START REPLICA");
      JsonNode back = second.ended(id, SOON);
      assertThat(back.get("state").asText()).as("%s", back).isEqualTo("RETURNED");
      assertThat(back.get("steps").toString()).contains("resumed by south.coordinator");
      assertThat(cells.auditOf(id).stream().filter(what -> what.equals("operation.step")).count())
          .isEqualTo(back.get("steps").size());
    } finally {
      cells.sql("north-1", "START REPLICA");
    }
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 512, "south-1", 512));
    Copies.assertOneOwner(cells);
    assertNothingLost();
  }

  @Test
  void givenUpBetweenWavesItStopsThere() throws Exception {
    String id = coordinator.begin(switchover("10,100%", 60_000));
    coordinator.awaitStep(id, "RUNNING", "CHECK_WAVE");
    assertThat(coordinator.post("/admin/operations/" + id + "/abort", "").status()).isEqualTo(202);
    JsonNode stopped = coordinator.ended(id, SOON);
    assertThat(stopped.get("state").asText()).as("%s", stopped).isEqualTo("STOPPED");
    String audit = coordinator.get("/admin/audit?since=2026-01-01T00:00:00Z").body().toString();
    assertThat(audit)
        .contains("\"what\":\"operation.begin\",\"operation\":\"" + id + "\"")
        .contains("\"what\":\"operation.abort\",\"operation\":\"" + id + "\"")
        .contains("\"outcome\":\"STOPPED\"");
    assertThat(cells.auditOf(id).stream().filter(what -> what.equals("operation.step")).count())
        .as("each step once, in whatever process it was")
        .isEqualTo(stopped.get("steps").size());
    assertThat(stopped.get("outcome").asText())
        .startsWith("stopped in wave 1 of 2; 10 slots moved to south (slots 0-9)");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 502, "south-1", 522));
    Copies.assertOneOwner(cells);
    backHome(coordinator);
    assertNothingLost();
  }

  @Test
  void aSlotTellsItsOwnerAndWhatItHolds() throws Exception {
    JsonNode slot = coordinator.get("/admin/slots/7").body();
    assertThat(slot.get("owner").asText()).isEqualTo("north-1");
    assertThat(slot.get("tables").toString())
        .containsPattern("\\{\"table\":\"account.probe\",\"rows\":\\d+}");
    assertThat(coordinator.get("/admin/slots/1024").status()).isEqualTo(404);
  }

  @Test
  void aRouterThatNobodyCouldAskSpeaksAgainstWaves() throws Exception {
    try (EphemeralNode old =
        EphemeralNode.hold(
            cells.client,
            "/homecell/applied/router/north.old",
            "{\"datacenter\":\"north\",\"epoch\":1000000}")) {
      assertThat(old).isNotNull();
      String dry = switchover("1,100%", 1_000).replace("}", ",\"dryRun\":true}");
      TwoCells.eventually(
          SOON,
          "the refusal of waves",
          () ->
              names(dry).contains("ROUTER_NOT_OBSERVABLE") ? Optional.of(true) : Optional.empty());
      assertThat(names(dry.replace("\"waves\"", "\"none\""))).isEqualTo("[]");
    }
  }

  private String names(String dryRun) throws Exception {
    return coordinator
        .post("/admin/operations", dryRun)
        .body()
        .get("refusals")
        .findValues("name")
        .toString();
  }

  @Test
  void wavesThatMakeNoSenseAreRefused() throws Exception {
    assertThat(coordinator.post("/admin/operations", switchover("1,x", 1_000)).status())
        .isEqualTo(400);
    assertThat(coordinator.post("/admin/operations", switchover("1,10%", 1_000)).body().toString())
        .contains("WAVES_NOT_WHOLE");
    assertThat(cells.table().slotCountByOwner()).isEqualTo(Map.of("north-1", 512, "south-1", 512));
  }
}
