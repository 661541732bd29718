package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Verdicts and refusals over the admin API, each provoked on real parts. */
@Timeout(180)
class VerdictsIT {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final String SWITCHOVER =
      "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"";

  @TempDir Path folder;
  private TwoCells cells;
  private TwoCells.Running coordinator;

  @BeforeEach
  void start() throws Exception {
    cells = new TwoCells(folder);
    coordinator = cells.new Running("north.coordinator");
    coordinator.awaitLeader();
  }

  @AfterEach
  void stop() throws Exception {
    coordinator.close();
    cells.close();
  }

  @Test
  void eachHasItsVerdictAndADeadDatacenterIsToldStepByStep() throws Exception {
    awaitHealthy();
    cells.killDatacenter("north");
    // its sessions are closed by the kill here: the lease is over a lease after that
    JsonNode running = awaitVerdict("north-1", "UNREACHABLE_LEASE_RUNNING");
    assertThat(running.path("page").asText()).isEqualTo("docs/failure-modes/unreachable.md");
    awaitVerdict("north-1", "UNREACHABLE_FENCED");
    assertThat(verdictsOf("north")).containsExactly("DATACENTER_UNREACHABLE");
  }

  @Test
  void withoutZookeeperAnyCoordinatorSaysWhatItKnows() throws Exception {
    awaitVerdict("north-1", "HEALTHY");
    cells.zookeeper.stop();
    awaitVerdict("coordination", "COORDINATION_LOST");
    JsonNode status = coordinator.get("/admin/status").body();
    assertThat(status.path("coordinationProblem").asText()).contains("does not answer");
    assertThat(verdictsOf("north-1")).containsExactly("COORDINATION_LOST");
    for (JsonNode cell : status.path("cells")) {
      assertThat(cell.path("reachable").asBoolean()).isTrue();
      assertThat(cell.path("slotsOwned").asInt()).as("as it was known last").isEqualTo(512);
    }
    // writes end with the lease, and the verdict says so
    TwoCells.eventually(
        SOON,
        "the lease is over",
        () ->
            verdict("north-1").path("severity").asText().equals("CRITICAL")
                ? Optional.of(true)
                : Optional.empty());
    cells.zookeeper.restart();
    awaitVerdict("north-1", "HEALTHY");
  }

  @Test
  void fewerInstancesAtTheTargetRefuseUnlessForcedAndTheForceIsInTheRecord() throws Exception {
    awaitHealthy();
    List<EphemeralNode> more = new ArrayList<>();
    try {
      more.add(
          EphemeralNode.hold(
              cells.client,
              "/homecell/applied/trade/north-1.trade.2",
              Json.write(Map.of("datacenter", "north", "cell", "north-1", "epoch", 1))));
      TwoCells.eventually(
          SOON,
          "fewer instances at the target",
          () ->
              dryRun(SWITCHOVER + ",\"dryRun\":true}").contains("TARGET_CAPACITY")
                  ? Optional.of(true)
                  : Optional.empty());
      TwoCells.Reply refused = coordinator.post("/admin/operations", SWITCHOVER + "}");
      assertThat(refused.status()).isEqualTo(409);
      assertThat(refused.body().path("refusals").path(0).path("page").asText())
          .isEqualTo("docs/failure-modes/target-capacity.md");
      assertThat(
              coordinator
                  .post("/admin/operations", SWITCHOVER + ",\"force\":[\"TARGET_CAPACITY\"]}")
                  .status())
          .as("no reason")
          .isEqualTo(400);
      assertThat(
              coordinator
                  .post(
                      "/admin/operations",
                      SWITCHOVER + ",\"force\":[\"TARGET_LOST\"],\"reason\":\"x\"}")
                  .status())
          .as("not overridable")
          .isEqualTo(400);
      String id =
          coordinator.begin(SWITCHOVER + ",\"force\":[\"TARGET_CAPACITY\"],\"reason\":\"drill\"}");
      JsonNode moved = coordinator.ended(id, SOON);
      assertThat(moved.path("state").asText()).as("%s", moved).isEqualTo("DONE");
      assertThat(moved.path("warnings").toString()).contains("forced TARGET_CAPACITY: south-1");
      assertThat(moved.path("force").toString()).contains("TARGET_CAPACITY");
      assertThat(moved.path("reason").asText()).isEqualTo("drill");
    } finally {
      for (EphemeralNode node : more) {
        node.close();
      }
    }
  }

  @Test
  void whatDatabasesCarryRefusesAMoveAndTellsServicesWithoutASessionFromDeadOnes()
      throws Exception {
    awaitVerdict("north-1", "HEALTHY");
    List<Connection> services = new ArrayList<>();
    try {
      for (int i = 0; i < 30; i++) {
        services.add(applicationConnection("north-1"));
      }
      cells.sql("south-1", "SET GLOBAL max_connections = 30");
      assertThat(dryRun(SWITCHOVER + ",\"dryRun\":true}"))
          .contains("TARGET_CAPACITY", "south-1: 30 connections may come to the ");
      assertThat(dryRun(SWITCHOVER + ",\"percent\":10,\"dryRun\":true}"))
          .doesNotContain("TARGET_CAPACITY");

      cells.stopProcesses("north");
      awaitVerdict("north-1", "COORDINATION_LOST");
      assertThat(dryRun(SWITCHOVER + ",\"dryRun\":true}")).contains("NO_ROUTER");
    } finally {
      for (Connection service : services) {
        service.close();
      }
    }
    awaitVerdict("north-1", "NO_INSTANCE");
  }

  @Test
  void slotsThatMovedJustNowStayUnlessTheyGoHomeOrSomebodySaysWhy() throws Exception {
    coordinator.close();
    String yaml = Files.readString(cells.test.file());
    Files.writeString(cells.test.file(), yaml.replace("move-interval: 0s", "move-interval: 5m"));
    coordinator = cells.new Running("north.coordinator.2");
    coordinator.awaitLeader();
    awaitHealthy();

    moved(SWITCHOVER + ",\"slots\":\"0-9\"}");
    String again = "{\"kind\":\"switchover\",\"from\":\"south\",\"to\":\"north\",\"slots\":\"5-6\"";
    assertThat(dryRun(again + ",\"dryRun\":true}")).contains("RECENTLY_MOVED", "limit 300 s");
    assertThat(dryRun(SWITCHOVER + ",\"slots\":\"10-19\",\"dryRun\":true}"))
        .as("others may move")
        .isEqualTo("[]");
    JsonNode forced =
        moved(again + ",\"force\":[\"RECENTLY_MOVED\"],\"reason\":\"it was the wrong one\"}");
    assertThat(forced.path("warnings").toString()).contains("forced RECENTLY_MOVED: slots of it");
    moved("{\"kind\":\"failback\"}");
  }

  private JsonNode moved(String body) throws Exception {
    JsonNode operation = coordinator.ended(coordinator.begin(body), SOON);
    assertThat(operation.path("state").asText()).as("%s", operation).isEqualTo("DONE");
    return operation;
  }

  private Connection applicationConnection(String cell) throws SQLException {
    Secrets.Credentials user = cells.test.credentials().get(Secrets.Role.APPLICATION);
    return DriverManager.getConnection(
        MysqlUrl.of(cells.topology.cell(cell).mysql(), "account", Duration.ofSeconds(5), SOON),
        user.user(),
        user.password());
  }

  private String dryRun(String body) throws Exception {
    return coordinator.post("/admin/operations", body).body().path("refusals").toString();
  }

  /** Each part is started by itself, and says so in its own time. */
  private void awaitHealthy() throws Exception {
    for (String subject : List.of("north-1", "south-1", "north", "south")) {
      TwoCells.eventually(
          SOON,
          subject + " is nothing but HEALTHY",
          () ->
              verdictsOf(subject).equals(List.of("HEALTHY"))
                  ? Optional.of(true)
                  : Optional.empty());
    }
  }

  /** The verdict, as it was when it was seen. */
  private JsonNode awaitVerdict(String subject, String name) throws Exception {
    return TwoCells.eventually(
        SOON,
        subject + " is " + name,
        () -> {
          for (JsonNode one : verdicts()) {
            if (one.path("subject").asText().equals(subject)
                && one.path("name").asText().equals(name)) {
              return Optional.of(one);
            }
          }
          return Optional.empty();
        });
  }

  private JsonNode verdicts() throws Exception {
    return coordinator.get("/admin/status").body().path("verdicts");
  }

  private List<String> verdictsOf(String subject) throws Exception {
    List<String> names = new ArrayList<>();
    for (JsonNode one : verdicts()) {
      if (one.path("subject").asText().equals(subject)) {
        names.add(one.path("name").asText());
      }
    }
    return names;
  }

  private JsonNode verdict(String subject) throws Exception {
    for (JsonNode one : verdicts()) {
      if (one.path("subject").asText().equals(subject)) {
        return one;
      }
    }
    throw new AssertionError("no verdict of " + subject);
  }
}
