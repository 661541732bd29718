package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DrillCommandTest {
  private static final String PLAN = "{\"moves\":[],\"refusals\":[]}";
  private static final String AT_HOME =
      "{\"status\":409,\"detail\":\"NOTHING_TO_MOVE: every slot is at its home\"}";

  @TempDir private Path folder;
  private FakeCoordinator coordinator;
  private CellctlRun cellctl;

  @BeforeEach
  void start() throws IOException {
    coordinator = new FakeCoordinator();
    cellctl = new CellctlRun(folder).withCoordinator(coordinator);
    coordinator
        .on("POST /admin/operations dry", 200, PLAN)
        .on("POST /admin/operations dry", 409, AT_HOME)
        .on("POST /admin/operations", 202, "{\"id\":\"op-1\"}")
        .on("POST /admin/operations", 202, "{\"id\":\"op-2\"}")
        .on("GET /admin/operations/op-1", 200, operation("op-1", "DONE"));
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  private static String operation(String id, String state) {
    return """
        {"id":"%s","kind":"SWITCHOVER","from":"south","to":"north","state":"%s","pauseMillis":212,
         "outcome":"512 slots moved","steps":[{"step":"HOLD","startedAt":"2026-01-01T00:00:00Z",
         "endedAt":"2026-01-01T00:00:00.012Z","detail":"table 8 applied by 2"}]}
        """
        .formatted(id, state);
  }

  private static String verdicts(String... names) {
    StringBuilder all = new StringBuilder();
    for (String name : names) {
      all.append(all.isEmpty() ? "" : ",")
          .append("{\"severity\":\"WARNING\",\"name\":\"" + name + "\",\"subject\":\"north-1\"}");
    }
    return "{\"verdicts\":[" + all + "]}";
  }

  private CellctlRun.Result drill(String... more) {
    String[] all = new String[more.length + 6];
    System.arraycopy(
        new String[] {"drill", "--datacenter", "south", "--yes", "--report", report().toString()},
        0,
        all,
        0,
        6);
    System.arraycopy(more, 0, all, 6, more.length);
    return cellctl.run(all);
  }

  private Path report() {
    return folder.resolve("report.md");
  }

  @Test
  void itGoesThereAndBackAndWritesWhatItCost() throws IOException {
    coordinator
        .on("GET /admin/status", 200, verdicts("OLD_TROUBLE"))
        .on("POST /admin/operations dry", 200, PLAN)
        .on("GET /admin/operations/op-2", 200, operation("op-2", "DONE"));
    CellctlRun.Result result = drill("--observe", "0s", "--reason", "monthly");
    assertThat(result.exitCode()).as("%s", result).isZero();
    assertThat(Files.readString(report()))
        .contains("# Drill of datacenter south")
        .contains("* outcome: went there and back, nothing amiss")
        .contains("reason: monthly")
        .contains("## Away", "## Back", "HOLD            0.012 s  table 8 applied by 2")
        .contains("held for 212 ms at most");
    assertThat(result.out()).contains("went there and back");
    assertThat(coordinator.posted().get(2).path("kind").asText()).isEqualTo("switchover");
    assertThat(coordinator.posted().get(2).path("reason").asText()).isEqualTo("drill: monthly");
    assertThat(coordinator.posted().get(4).path("to").asText()).isEqualTo("south");
  }

  @Test
  void whatWasNotThereBeforeIsFoundAndItStillGoesBack() throws IOException {
    coordinator
        .on("GET /admin/status", 200, verdicts())
        .on("GET /admin/status", 200, verdicts("PIPELINE_LAG"))
        .on(
            "POST /admin/operations dry",
            200,
            "{\"moves\":[],\"refusals\":[{\"name\":\"PIPELINE_LAG\"}]}")
        .on(
            "POST /admin/operations dry",
            200,
            "{\"moves\":[],\"refusals\":[{\"name\":\"RECENTLY_MOVED\"}]}")
        .on("GET /admin/operations/op-2", 200, operation("op-2", "DONE"));
    CellctlRun.Result result = drill("--observe", "0s");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(Files.readString(report()))
        .contains("* WARNING PIPELINE_LAG of north-1")
        .contains("but see what was seen between");
    assertThat(coordinator.posted().get(coordinator.posted().size() - 1).path("force").toString())
        .isEqualTo("[\"RECENTLY_MOVED\"]");
  }

  @Test
  void ifItDoesNotComeBackItSaysWhereTheUsersAre() throws IOException {
    coordinator
        .on("GET /admin/status", 200, verdicts())
        .on("POST /admin/operations dry", 200, PLAN)
        .on("GET /admin/operations/op-2", 200, operation("op-2", "ABORTED"));
    CellctlRun.Result result = drill("--observe", "0s");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(Files.readString(report()))
        .contains("the users of south are still away; back: cellctl failback --datacenter south");
  }

  @Test
  void itIsRefusedWhileSlotsAreAway() throws IOException {
    try (FakeCoordinator other = new FakeCoordinator()) {
      coordinator.close();
      other.on("POST /admin/operations dry", 200, PLAN);
      CellctlRun.Result result =
          new CellctlRun(folder.resolve("away"))
              .withCoordinator(other)
              .run("drill", "--datacenter", "south", "--yes");
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.err()).contains("NOT_AT_HOME").contains("cellctl failback");
      assertThat(other.posted()).allMatch(body -> body.path("dryRun").asBoolean());
    }
  }

  @Test
  void aDryRunChangesNothing() {
    CellctlRun.Result result = drill("--dry-run");
    assertThat(result.exitCode()).isZero();
    assertThat(coordinator.posted()).allMatch(body -> body.path("dryRun").asBoolean());
    assertThat(report()).doesNotExist();
    assertThat(drill("--observe", "2h").exitCode()).isEqualTo(2);
  }
}
