package io.homecell.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteWatch;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** ZooKeeper's data directory is replaced by an earlier copy of itself. */
@Timeout(180)
class RestoredZookeeperIT {
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  @TempDir Path folder;
  private final MeterRegistry metrics = new SimpleMeterRegistry();
  private TwoCells cells;
  private RouteWatch routes;

  @BeforeEach
  void start() throws Exception {
    cells = new TwoCells(folder.resolve("cells"));
    routes = cells.routes(cells.client, "watch").metered(metrics);
  }

  @AfterEach
  void stop() throws Exception {
    routes.close();
    cells.close();
  }

  private long number(String cell, String query) throws SQLException {
    try (Connection root = cells.servers.get(cell).rootConnection();
        Statement statement = root.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      return row.next() ? row.getLong(1) : 0;
    }
  }

  private boolean hasLease(String cell) throws SQLException {
    return number(cell, "SELECT SYSDATE(6) < expires_at FROM homecell.hc_lease") == 1;
  }

  private long recorded(String cell, String subject) throws SQLException {
    return number(cell, "SELECT epoch FROM homecell.hc_epoch WHERE subject = '" + subject + "'");
  }

  private void eventually(String what, java.util.concurrent.Callable<Boolean> condition)
      throws Exception {
    TwoCells.eventually(
        PATIENCE,
        what,
        () -> {
          try {
            return condition.call() ? Optional.of(true) : Optional.empty();
          } catch (CoordinationException away) {
            return Optional.empty();
          }
        });
  }

  private void copyZookeeper(Path target) throws Exception {
    cells.zookeeper.stop();
    copy(cells.zookeeper.getTempDirectory().toPath(), target);
    cells.zookeeper.restart();
  }

  private void restoreZookeeper(Path copy) throws Exception {
    cells.zookeeper.stop();
    Path data = cells.zookeeper.getTempDirectory().toPath();
    try (Stream<Path> all = Files.walk(data)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        if (!each.equals(data)) {
          Files.delete(each);
        }
      }
    }
    copy(copy, data);
    cells.zookeeper.restart();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      all.forEach(
          each -> {
            try {
              Path target = to.resolve(from.relativize(each).toString());
              if (Files.isDirectory(each)) {
                Files.createDirectories(target);
              } else {
                Files.copy(each, target, StandardCopyOption.REPLACE_EXISTING);
              }
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  /** Begins an operation; after a restart of ZooKeeper it takes a while until there is a leader. */
  private static String begin(TwoCells.Running coordinator, String body) throws Exception {
    AtomicReference<String> last = new AtomicReference<>("");
    try {
      return TwoCells.eventually(
          PATIENCE,
          "a leader that begins it",
          () -> {
            TwoCells.Reply reply = coordinator.post("/admin/operations", body);
            last.set(reply.toString());
            return reply.status() == 202
                ? Optional.of(reply.body().get("id").asText())
                : Optional.empty();
          });
    } catch (AssertionError e) {
      throw new AssertionError(last.get(), e);
    }
  }

  /** A state of south that was lost and is active again; its epoch is 2. */
  private void changeSouth() throws Exception {
    DatacenterStates states = new DatacenterStates(cells.client);
    DatacenterState lost = states.declareLost("south", states.read("south").version());
    states.markActive("south", lost.version());
  }

  @Test
  void noEpochGoesBackAndAPersonRaisesThem() throws Exception {
    try (TwoCells.Running coordinator = cells.new Running("south.coordinator")) {
      coordinator.awaitLeader();
      eventually("leases", () -> hasLease("north-1") && hasLease("south-1"));
      Path copy = folder.resolve("copy");
      copyZookeeper(copy);
      coordinator.awaitLeader();
      changeSouth();
      eventually("leases again", () -> hasLease("north-1") && hasLease("south-1"));
      String moved =
          begin(coordinator, "{\"kind\":\"switchover\",\"from\":\"north\",\"to\":\"south\"}");
      JsonNode ended = coordinator.ended(moved, PATIENCE);
      assertThat(ended.path("state").asText()).as(ended.toString()).isEqualTo("DONE");
      RouteTable before = cells.table();
      eventually("epochs are recorded", () -> recorded("south-1", "routes") == before.epoch());
      eventually("states are recorded", () -> recorded("south-1", "datacenter south") == 2);

      restoreZookeeper(copy);
      // It is back, says what it said, and nobody believes it.
      eventually("the old table is read", () -> cells.table().epoch() < before.epoch());
      eventually(
          "the watch sees that it went back",
          () -> metrics.get("hc.route.epoch.went.back").gauge().value() > 0);
      assertThat(routes.current()).isEqualTo(before);
      eventually("south's lease is over", () -> !hasLease("south-1"));
      TwoCells.Reply refused =
          TwoCells.eventually(
              PATIENCE,
              "a leader that refuses",
              () ->
                  Optional.of(coordinator.post("/admin/operations", "{\"kind\":\"failback\"}"))
                      .filter(reply -> reply.status() == 409)
                      .filter(reply -> reply.body().toString().contains("EPOCH_WENT_BACK")));
      assertThat(refused.body().toString()).contains("fence rows ahead of the route table");
      assertThat(coordinator.get("/admin/status").body().path("verdicts").toString())
          .contains("EPOCH_WENT_BACK", "routes raise");
      assertThat(hasLease("south-1")).isFalse();
      assertThat(cells.rows("south-1").get(0).owner()).isEqualTo("south-1");

      RouteTable restored = cells.table();
      TwoCells.Reply dry =
          coordinator.post("/admin/routes/raise", "{\"dryRun\":true,\"reason\":\"look\"}");
      assertThat(dry.status()).as(dry.toString()).isEqualTo(200);
      assertThat(cells.table()).isEqualTo(restored);
      TwoCells.Reply raised =
          coordinator.post("/admin/routes/raise", "{\"reason\":\"restored from a copy\"}");
      assertThat(raised.status()).as(raised.toString()).isEqualTo(200);
      RouteTable after = cells.table();
      assertThat(after.epoch()).isGreaterThan(before.epoch());
      assertThat(after.runs()).isEqualTo(before.runs());
      assertThat(new DatacenterStates(cells.client).read("south").epoch()).isGreaterThan(2);
      eventually("the watch follows", () -> routes.current().equals(after));
      eventually("south's lease", () -> hasLease("south-1"));
      String back = begin(coordinator, "{\"kind\":\"failback\"}");
      assertThat(coordinator.ended(back, PATIENCE).path("state").asText()).isEqualTo("DONE");
      assertThat(cells.table().slotCountByOwner().keySet())
          .containsExactlyElementsOf(List.of("north-1", "south-1"));
    }
  }
}
