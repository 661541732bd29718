package io.homecell.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.json.Json;
import io.homecell.core.process.Announcement;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.local.CellProvisioning;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalMysql;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.ManagedProcess;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The account process as it ships, with a real MySQL and ZooKeeper. */
@Timeout(240)
class AccountCellMainIT {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir Path folder;

  private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return HTTP.send(
        request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest.Builder to(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
  }

  private static HttpRequest.Builder post(int port, String path, String user, String body) {
    return to(port, path)
        .header("content-type", "application/json")
        .header("Idempotency-Key", TwoCells.key())
        .header("Cell-User", user)
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  private static ManagedProcess start(TestTopology test, Path data) throws Exception {
    Files.createDirectories(data);
    Files.deleteIfExists(data.resolve(Announcement.FILE));
    Path target = Path.of("target").toAbsolutePath();
    ManagedProcess process =
        ManagedProcess.start(
            new ManagedProcess.Launch(
                "account of north-1",
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "io.homecell.account.AccountCellMain"),
                Map.of(
                    "CLASSPATH",
                    target.resolve("account-cell.jar")
                        + ":"
                        + Files.readString(target.resolve("runtime.classpath")).strip(),
                    "HOMECELL_TOPOLOGY",
                    test.file().toString(),
                    "HOMECELL_SECRETS",
                    test.secrets().toString(),
                    "HOMECELL_DATACENTER",
                    "north",
                    "HOMECELL_CELL",
                    "north-1",
                    "HOMECELL_INSTANCE",
                    "north-1.account.1",
                    "HOMECELL_DATA",
                    data.toString()),
                data,
                data.resolve("log.txt"),
                false));
    process.await(
        "its announcement", Duration.ofSeconds(90), () -> Announcement.read(data).isPresent());
    return process;
  }

  @Test
  void theProcessServesTellsItsHealthSurvivesAKillAndStopsCleanly() throws Exception {
    Endpoint endpoint = new Endpoint("127.0.0.1", FreePorts.takeOne());
    TestTopology test = TestTopology.create(folder, endpoint.toString(), Duration.ofSeconds(8));
    Path data = folder.resolve("account");
    try (LocalZookeeper zookeeper = LocalZookeeper.start(folder.resolve("zookeeper"), endpoint);
        LocalMysql mysql =
            LocalMysql.start(
                MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
                folder.resolve("mysql"),
                test.topology().cell("north-1").mysql(),
                1);
        CuratorFramework coordination = Coordination.connect(test.topology().coordination())) {
      try (Connection root = mysql.rootConnection()) {
        CellProvisioning.provision(
            root, test.topology(), "north-1", SchemaFiles.onClassPath(), test.credentials());
      }
      new RouteStore(coordination).createIfAbsent(RouteTable.initial(test.topology()));
      String user;
      ManagedProcess process = start(test, data);
      try {
        user = registeredWith5(Announcement.read(data).orElseThrow().port());
        String other = registeredWith5(Announcement.read(data).orElseThrow().port());
        HttpResponse<String> sent =
            send(
                post(
                    Announcement.read(data).orElseThrow().port(),
                    "/accounts/" + user + "/transfers",
                    user,
                    "{\"to\":\"" + other + "\",\"amount\":\"1.00\"}"));
        assertThat(sent.statusCode()).as(sent.body()).isEqualTo(201);
      } finally {
        process.kill();
      }
      ManagedProcess again = start(test, data);
      try {
        Announcement announcement = Announcement.read(data).orElseThrow();
        TwoCells.await("ready", () -> isReady(announcement.adminPort()));
        HttpResponse<String> read =
            send(to(announcement.port(), "/accounts/" + user).header("Cell-User", user));
        assertThat(read.body()).contains("\"balance\":\"4.00\"");
        String metrics = send(to(announcement.adminPort(), "/metrics")).body();
        assertThat(metrics)
            .contains("hc_cell_calls_seconds_count", "method=\"read\"", "outcome=\"ok\"")
            .contains("hc_transfer_outbox_rows", "hc_transfer_outbox_age_seconds")
            .contains("hc_route_epoch", "hc_lease_remaining_seconds");
        assertThat(coordination.getChildren().forPath("/north/instances/account"))
            .containsExactly("north-1.account.1");
      } finally {
        again.stop(Duration.ofSeconds(15));
      }
      assertThat(again.isAlive()).isFalse();
      assertThat(coordination.getChildren().forPath("/north/instances/account")).isEmpty();
      assertThat(Files.readString(data.resolve("log.txt"))).doesNotContain("incident");
    }
  }

  private static String registeredWith5(int port) throws Exception {
    HttpResponse<String> made = send(post(port, "/accounts", "", "{\"name\":\"Ada\"}"));
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    String user =
        Json.read(made.body(), com.fasterxml.jackson.databind.JsonNode.class)
            .path("userId")
            .asText();
    HttpResponse<String> deposited =
        send(post(port, "/accounts/" + user + "/deposits", user, "{\"amount\":\"5\"}"));
    assertThat(deposited.statusCode()).as(deposited.body()).isEqualTo(201);
    return user;
  }

  private static boolean isReady(int adminPort) {
    try {
      return send(to(adminPort, "/health/ready")).statusCode() == 200;
    } catch (Exception e) {
      return false;
    }
  }
}
