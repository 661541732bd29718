package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class OperationCommandsTest {
  private static final String PLAN =
      """
      {"kind":"switchover","from":"north","to":"south","moves":[{"source":"north-1","target":"south-1",
       "runs":[{"slots":"0-511","epoch":1}]}],"steps":["PLAN"],"markActive":[],"loss":[],
       "warnings":["the coordination service has no spare"],"refusals":[]}
      """;
  private static final String REFUSALS =
      """
      "refusals":[{"name":"PIPELINE_LAG","detail":"north-1 -> south-1 is 5200 ms behind","wayOut":"wait"},
       {"name":"TARGET_FENCED","detail":"south-1 has no lease","wayOut":"start its services",
       "page":"docs/failure-modes/fenced.md"}]
      """;

  @TempDir private Path folder;
  private FakeCoordinator coordinator;
  private CellctlRun cellctl;

  @BeforeEach
  void start() throws IOException {
    coordinator = new FakeCoordinator();
    cellctl = new CellctlRun(folder).withCoordinator(coordinator);
    coordinator
        .on("POST /admin/operations dry", 200, PLAN)
        .on("POST /admin/operations", 202, "{\"id\":\"op-7\"}")
        .on("GET /admin/operations/op-7", 200, operation("RUNNING", null))
        .on("GET /admin/operations/op-7", 200, operation("DONE", "2026-01-01T00:00:00.350Z"));
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private static String operation(String state, String holdEnded) {
    return """
        {"id":"op-7","kind":"SWITCHOVER","from":"north","to":"south","state":"%s","steps":[
         {"step":"PLAN","startedAt":"2026-01-01T00:00:00Z","endedAt":"2026-01-01T00:00:00.012Z","detail":"512 slots"},
         {"step":"HOLD","startedAt":"2026-01-01T00:00:00.012Z","endedAt":%s,"detail":"2 routers hold"}],
         "loss":[],"warnings":[],"refusals":[]}
        """
        .formatted(state, holdEnded == null ? "null" : "\"" + holdEnded + "\"");
  }

  @Test
  void switchoverPrintsEachStepAsItPassesWithItsTimeAndEndsWell() {
    CellctlRun.Result result = cellctl.run("switchover", "--from", "north", "--to", "south", "-y");
    assertThat(result.err()).isEmpty();
    assertThat(result.exitCode()).isZero();
    assertThat(result.out().lines())
        .containsExactly(
            "operation op-7",
            "  PLAN            0.012 s  512 slots",
            // Told once before it ends, since it takes its time.
            "  HOLD          under way  2 routers hold",
            "  HOLD            0.338 s  2 routers hold",
            "done in 0.350 s");
    assertThat(coordinator.posted()).hasSize(1);
    assertThat(coordinator.posted().get(0).path("dryRun").asBoolean()).isFalse();
  }

  @Test
  void jsonOutputIsTheOperationAlone() {
    CellctlRun.Result result =
        cellctl.run("switchover", "--from", "north", "--to", "south", "-y", "-o", "json");
    assertThat(result.exitCode()).isZero();
    assertThat(result.json().path("state").asText()).isEqualTo("DONE");
  }

  @Test
  void slotsAndPercentAndReasonReachTheCoordinator() {
    cellctl.run(
        "switchover", "--from", "north", "--to", "south", "-y", "--slots", "0-99", "--reason", "x");
    assertThat(coordinator.posted().get(0).path("slots").asText()).isEqualTo("0-99");
    assertThat(coordinator.posted().get(0).path("reason").asText()).isEqualTo("x");
    cellctl.run("switchover", "--from", "north", "--to", "south", "-y", "--percent", "10");
    assertThat(coordinator.posted().get(1).path("percent").asInt()).isEqualTo(10);
  }

  @Test
  void aRefusalNamesEveryReasonAndExitsWithThree() {
    coordinator.close();
    CellctlRun.Result result = refusingSwitchover();
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.err())
        .contains("PIPELINE_LAG: north-1 -> south-1 is 5200 ms behind; wait")
        .contains(
            "TARGET_FENCED: south-1 has no lease; start its services (docs/failure-modes/fenced.md)");
  }

  private CellctlRun.Result refusingSwitchover() {
    try (FakeCoordinator refusing = new FakeCoordinator()) {
      refusing.on("POST /admin/operations", 409, "{\"status\":409," + REFUSALS + "}");
      return new CellctlRun(folder.resolve("other"))
          .withCoordinator(refusing)
          .run("switchover", "--from", "north", "--to", "south", "--yes");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void dryRunShowsThePlanAndStartsNothing() {
    CellctlRun.Result result =
        cellctl.run("switchover", "--from", "north", "--to", "south", "--dry-run");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out())
        .contains("move 512 slots of north-1 to south-1: 0-511")
        .contains("warning: the coordination service has no spare");
    assertThat(coordinator.posted()).allMatch(body -> body.path("dryRun").asBoolean());
  }

  @Test
  void aUserMovesWithTheSlotAndThePlanSaysWhatMovesAlong() {
    coordinator.on(
        "GET /admin/slots/5",
        200,
        "{\"slot\":5,\"owner\":\"north-1\",\"datacenter\":\"north\",\"tables\":["
            + "{\"table\":\"account.account\",\"rows\":12},{\"table\":\"trade.orders\"}]}");
    CellctlRun.Result result =
        cellctl.run("switchover", "--user", "4101", "--to", "south", "--dry-run");
    assertThat(result.exitCode()).as("%s", result).isZero();
    assertThat(result.out())
        .contains("user 4101 is in slot 5, which moves as a whole, with all its users")
        .contains("account.account 12, trade.orders not counted in time");
    assertThat(coordinator.posted().get(0).path("slots").asText()).isEqualTo("5");
    assertThat(coordinator.posted().get(0).path("from").asText()).isEqualTo("north");
    assertThat(cellctl.run("switchover", "--user", "4101", "--to", "north", "-y").exitCode())
        .as("there already")
        .isEqualTo(2);
    assertThat(
            cellctl
                .run("switchover", "--user", "4101", "--from", "south", "--to", "north", "-y")
                .exitCode())
        .isEqualTo(2);
  }

  @Test
  void wavesReachTheCoordinatorAndThePlanTellsThem() {
    coordinator.close();
    String waves =
        "\"waves\":{\"planned\":[[{\"runs\":[{\"slots\":\"0\",\"epoch\":1}]}],"
            + "[{\"runs\":[{\"slots\":\"1-511\",\"epoch\":1}]}]],\"watchMillis\":2000},";
    try (FakeCoordinator planning = new FakeCoordinator()) {
      planning.on(
          "POST /admin/operations dry", 200, PLAN.replace("\"steps\"", waves + "\"steps\""));
      CellctlRun.Result result =
          new CellctlRun(folder.resolve("waves"))
              .withCoordinator(planning)
              .run(
                  "switchover",
                  "--from",
                  "north",
                  "--to",
                  "south",
                  "--waves",
                  "1,100%",
                  "--wave-watch",
                  "2s",
                  "--dry-run");
      assertThat(result.exitCode()).isZero();
      assertThat(result.out())
          .contains("in waves of 1, 511 slots, each watched for 2.0 s before the next");
      assertThat(planning.posted().get(0).path("waves").asText()).isEqualTo("1,100%");
      assertThat(planning.posted().get(0).path("waveWatchMillis").asLong()).isEqualTo(2_000);
      assertThat(planning.posted().get(0).path("by").asText())
          .startsWith(System.getProperty("user.name") + "@");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aWaveThatWasReturnedIsAFailureAndASentence() {
    coordinator.close();
    try (FakeCoordinator returning = new FakeCoordinator()) {
      returning
          .on("POST /admin/operations", 202, "{\"id\":\"op-7\"}")
          .on("GET /admin/operations/op-7", 200, operation("RETURNING", null))
          .on(
              "GET /admin/operations/op-7",
              200,
              "{\"state\":\"RETURNED\",\"steps\":[],\"outcome\":\"wave 1 of 2 failed its check\","
                  + "\"error\":\"5 of 9 requests failed\"}");
      CellctlRun.Result result =
          new CellctlRun(folder.resolve("returned"))
              .withCoordinator(returning)
              .run("failback", "--waves", "1,100%", "--yes");
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out())
          .contains("returned: wave 1 of 2 failed its check")
          .contains("error: 5 of 9 requests failed");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void everyMoveTakesForceWithAReason() {
    String[] forced = {
      "switchover",
      "--from",
      "north",
      "--to",
      "south",
      "-y",
      "--force",
      "UNVERIFIED",
      "--force",
      "RECENTLY_MOVED",
      "--reason",
      "drill"
    };
    assertThat(cellctl.run(forced).exitCode()).isZero();
    assertThat(coordinator.posted().get(0).path("force").toString())
        .isEqualTo("[\"UNVERIFIED\",\"RECENTLY_MOVED\"]");
    assertThat(cellctl.run("failback", "-y", "--force", "UNVERIFIED").exitCode()).isEqualTo(2);
    assertThat(coordinator.posted()).hasSize(1);
  }

  @Test
  void withoutAYesNothingIsStarted() {
    CellctlRun.Result result =
        cellctl.typing("n").run("switchover", "--from", "north", "--to", "south");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(coordinator.posted()).allMatch(body -> body.path("dryRun").asBoolean());
  }

  @Test
  void withNobodyToAskItSaysThatYesIsNeeded() {
    CellctlRun.Result result = cellctl.run("switchover", "--from", "north", "--to", "south");
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.err()).contains("--yes");
    assertThat(coordinator.posted()).allMatch(body -> body.path("dryRun").asBoolean());
  }

  @Test
  void failoverWantsTheDatacentersNameTyped() {
    assertThat(
            cellctl
                .typing("yes")
                .run("failover", "--from", "north", "--reason", "power")
                .exitCode())
        .isEqualTo(3);
    assertThat(coordinator.posted()).allMatch(body -> body.path("dryRun").asBoolean());
    assertThat(
            cellctl
                .typing("north")
                .run("failover", "--from", "north", "--reason", "power")
                .exitCode())
        .isZero();
    assertThat(coordinator.posted())
        .anyMatch(
            body ->
                !body.path("dryRun").asBoolean() && body.path("reason").asText().equals("power"));
  }

  @Test
  void failoverNeedsAReasonUnlessItIsOnlyPlanned() {
    for (String confirmed : new String[] {"--yes", "--no-wait"}) {
      CellctlRun.Result result =
          cellctl.typing("north").run("failover", "--from", "north", confirmed);
      assertThat(result.exitCode()).isEqualTo(2);
      assertThat(result.err()).contains("--reason: none (expected: why north is given up");
    }
    assertThat(coordinator.posted()).isEmpty();
    assertThat(cellctl.run("failover", "--from", "north", "--dry-run").exitCode()).isZero();
  }

  @Test
  void aFailoverTellsWhatIsKnownToBeLostBeforeItAsks() throws IOException {
    try (FakeCoordinator losing = new FakeCoordinator()) {
      losing.on(
          "POST /admin/operations dry",
          200,
          PLAN.replace(
              "\"loss\":[]",
              "\"loss\":[{\"sentence\":\"north-1 -> south-1: all before noon has arrived; at most"
                  + " 4.5 s of writes are lost; captured and not applied: 2 transactions\"}]"));
      CellctlRun.Result result =
          new CellctlRun(folder.resolve("losing"))
              .withCoordinator(losing)
              .typing("no")
              .run("failover", "--from", "north", "--reason", "power");
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.out().lines())
          .containsSequence(
              "would be lost: north-1 -> south-1: all before noon has arrived",
              "    at most 4.5 s of writes are lost",
              "    captured and not applied: 2 transactions");
    }
  }

  @Test
  void anOperationThatFailsExitsWithOneAndItsError() {
    coordinator.on(
        "GET /admin/operations/op-7",
        200,
        "{\"id\":\"op-7\",\"state\":\"FAILED\",\"steps\":[],\"error\":\"routes changed\"}");
    // The first two answers are the running and the finished one of the fixture.
    cellctl.run("operation", "show", "op-7");
    cellctl.run("operation", "show", "op-7");
    CellctlRun.Result result =
        cellctl.run("switchover", "--from", "north", "--to", "south", "--yes");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("failed").contains("error: routes changed");
  }

  @Test
  void misuseExitsWithTwo() {
    assertThat(cellctl.run("switchover", "--from", "north").exitCode()).isEqualTo(2);
    assertThat(cellctl.run("switchover", "--to", "south").exitCode()).isEqualTo(2);
    assertThat(cellctl.run("switchover", "--from", "a", "--to", "a").exitCode()).isEqualTo(2);
    assertThat(
            cellctl
                .run("switchover", "--from", "a", "--to", "b", "--slots", "9-1", "-y")
                .exitCode())
        .isEqualTo(2);
    assertThat(
            cellctl
                .run("switchover", "--from", "a", "--to", "b", "--slots", "1", "--percent", "2")
                .exitCode())
        .isEqualTo(2);
    assertThat(cellctl.run("switchover", "--from", "a", "--to", "b", "--percent", "0").exitCode())
        .isEqualTo(2);
    assertThat(cellctl.run("failback", "--wave-watch", "5s", "-y").exitCode()).isEqualTo(2);
    assertThat(cellctl.run("failback", "--waves", "1", "--wave-watch", "x").exitCode())
        .isEqualTo(2);
    assertThat(cellctl.run("switch-over").exitCode()).isEqualTo(2);
    assertThat(cellctl.run("status", "-o", "xml").exitCode()).isEqualTo(2);
    assertThat(coordinator.posted()).isEmpty();
  }

  @Test
  void anUnknownOperationIsAFailure() {
    CellctlRun.Result result = cellctl.run("operation", "show", "op-9");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains("op-9");
  }

  @Test
  void operationsAreListed() {
    coordinator.on(
        "GET /admin/operations", 200, "{\"items\":[" + operation("RUNNING", null) + "]}");
    CellctlRun.Result result = cellctl.run("operation", "list");
    assertThat(result.out())
        .containsPattern(
            "op-7 +switchover +north +south +RUNNING +2026-01-01T00:00:00Z +under way");
  }

  @Test
  void abortWatchesUntilEverythingIsPutBack() throws IOException {
    try (FakeCoordinator aborting = new FakeCoordinator()) {
      aborting
          .on("POST /admin/operations/op-7/abort", 202, "{\"id\":\"op-7\"}")
          .on("GET /admin/operations/op-7", 200, operation("ABORTING", null))
          .on("GET /admin/operations/op-7", 200, operation("ABORTED", "2026-01-01T00:00:01Z"));
      CellctlRun.Result result =
          new CellctlRun(folder.resolve("abort"))
              .withCoordinator(aborting)
              .run("operation", "abort", "op-7");
      assertThat(result.exitCode()).isZero();
      assertThat(result.out()).contains("aborted in 1.000 s");
    }
  }
}
