package io.homecell.sync.throttle;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.Cells;
import io.homecell.sync.ThreeCells;
import io.homecell.sync.load.LoadRequests;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.throttle.Throttling.Link;
import io.homecell.sync.verify.CopyVerification;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * North feeds west, whose applier is held up by a lock now and then; meanwhile south, which is
 * empty at first, is loaded from north and compared with it.
 */
@Timeout(180)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ThrottleIT {
  private static final String LATE = "throttled: north-1 -> west-1 is ";

  private static ThreeCells cells;
  private static Pipeline toWest;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = ThreeCells.start(folder);
    cells.run(NORTH, "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = epoch + 1");
    cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'w', 1, 0, NULL)");
    toWest = cells.pipeline(NORTH, WEST);
    Cells.awaitState(toWest, State.STREAMING);
    cells.awaitArrival(NORTH, WEST);
  }

  @AfterAll
  static void stop() {
    toWest.close();
    cells.close();
  }

  private static Throttling throttling() {
    return new Throttling(
        Duration.ofSeconds(1),
        List.of(
            new Link(cells.database(NORTH), cells.database(WEST)),
            new Link(cells.database(NORTH), cells.database(SOUTH))));
  }

  /** Holds up west's applier, until the statement's connection is closed. */
  private static void block(Statement lock) throws Exception {
    lock.execute("BEGIN");
    lock.execute("SELECT * FROM account.wallet WHERE id = 1 FOR UPDATE");
    cells.run(NORTH, "UPDATE account.wallet SET balance = balance + 1 WHERE id = 1");
  }

  @Test
  @Order(1)
  void aLoadWaitsWhileAnotherPipelineOutOfItsSourceIsLateSaysSoAndGoesOn() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (Connection blocker = cells.server(WEST).rootConnection();
        Statement lock = blocker.createStatement()) {
      block(lock);
      new LoadRequests(cells.database(NORTH), cells.database(SOUTH)).begin(false, "test");
      try (Pipeline loading =
          Pipeline.start(cells.settings(NORTH, SOUTH).withThrottling(throttling()), registry)) {
        Cells.await(
            "a load that waits, it is " + loading.status(),
            Duration.ofSeconds(60),
            () -> loading.status().detail().contains(LATE));
        assertThat(loading.status().state()).isEqualTo(State.LOADING);
        assertThat(loading.status().detail()).contains("(limit 1 s)");
        assertThat(cells.query(SOUTH, "SELECT * FROM account.wallet")).isEmpty();

        lock.execute("ROLLBACK");
        Cells.await(
            "the end of the load, it is " + loading.status(),
            Duration.ofSeconds(60),
            () -> cells.query(SOUTH, "SELECT phase FROM homecell.hc_load").contains("DONE"));
        Cells.awaitState(loading, State.STREAMING);
        Cells.await(
            "no more to say", Duration.ofSeconds(5), () -> loading.status().detail().isEmpty());
        assertThat(registry.get("hc.sync.throttled").tag("work", "load").counter().count())
            .isPositive();
        assertThat(registry.get("hc.sync.throttled").tag("work", "repair").counter().count())
            .isZero();
        cells.awaitArrival(NORTH, SOUTH);
        Cells.requireSound(loading);
      }
    }
    cells.awaitArrival(NORTH, WEST);
  }

  @Test
  @Order(2)
  void aVerificationWaitsTooAndAPipelineThatStaysLateDoesNotStopItForEver() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    // south's replication is not run at all by now: no more than a part's time is waited for it
    Throttling onlyWest = new Throttling(Duration.ofSeconds(1), throttling().links().subList(0, 1));
    try (Connection blocker = cells.server(WEST).rootConnection();
        Statement lock = blocker.createStatement()) {
      block(lock);
      Throttles throttles =
          new Throttles(onlyWest, cells.database(NORTH), cells.database(SOUTH), registry);
      Cells.await(
          "a pipeline that is late",
          Duration.ofSeconds(20),
          () -> toWest.status().lagMillis().orElse(0L) > 1_500);
      CompletableFuture<List<String>> found =
          CompletableFuture.supplyAsync(() -> differences(throttles, "account.every_type"));
      Cells.await(
          "a verification that waits",
          Duration.ofSeconds(20),
          () -> throttles.reason().filter(why -> why.startsWith(LATE)).isPresent());
      assertThat(found).isNotDone();
      assertThat(found.get()).isEmpty(); // the lock stands: it has gone on all the same
      assertThat(throttles.reason()).isEmpty();
      double waited = registry.get("hc.sync.throttled").tag("work", "verify").counter().count();
      assertThat(waited).isBetween(1.0, 3.0 * Throttle.PART_WAITS_MAX.toSeconds());
      lock.execute("ROLLBACK");
    }
  }

  private static List<String> differences(Throttles throttles, String table) {
    try (Throttle throttle = throttles.verification()) {
      return CopyVerification.differencesOf(
          cells.database(NORTH), cells.database(SOUTH), table, throttle);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
