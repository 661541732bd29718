package io.homecell.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.route.SlotRoute;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The commit step against a real MySQL: who may commit, and what a closing and a lease do to it.
 */
@Timeout(120)
class FencedCommitIT {
  private static FenceFixture cell;

  /** The common pool has fewer threads than wait here on a machine of three cores. */
  private final Executor threads = task -> new Thread(task).start();

  @BeforeAll
  static void start(@TempDir Path folder) throws SQLException {
    cell = FenceFixture.start(folder);
  }

  @AfterAll
  static void stop() {
    cell.close();
  }

  @BeforeEach
  void reset() throws SQLException {
    cell.reset();
  }

  private static void refusedAsNotHome(int slot, String owner, long epoch) throws SQLException {
    assertThatThrownBy(() -> cell.write(slot, 1))
        .isInstanceOfSatisfying(
            NotHomeException.class,
            e -> {
              assertThat(e.slot()).isEqualTo(slot);
              assertThat(e.owner()).isEqualTo(owner);
              assertThat(e.epoch()).isEqualTo(epoch);
            });
    assertThat(cell.entries()).isZero();
  }

  @Test
  void anOwnerWithALeaseCommits() throws SQLException {
    cell.write(7, 42);
    cell.database.write(
        List.of(9, 7, 9), tx -> tx.update("INSERT INTO entry (slot, v) VALUES (7, 1), (9, 1)"));
    assertThat(cell.entries()).isEqualTo(3);
    Optional<Long> found =
        cell.database.read(
            tx -> tx.one("SELECT v FROM entry WHERE v = ?", row -> row.getLong("v"), 42));
    assertThat(found).contains(42L);
    assertThat(cell.metrics.get("hc.fence.commits").tag("outcome", "committed").counter().count())
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void theFenceCostsNoRoundTrip() throws SQLException {
    cell.write(7, 0);
    try (Connection root = cell.mysql.rootConnection()) {
      long sentBefore = FenceFixture.status(root, "Questions");
      long rollbacksBefore = FenceFixture.status(root, "Com_rollback");
      for (int i = 0; i < 100; i++) {
        cell.write(7, i);
      }
      // One statement of the body, one call that commits; and the two questions of this test.
      assertThat(FenceFixture.status(root, "Questions") - sentBefore).isBetween(200L, 206L);
      assertThat(FenceFixture.status(root, "Com_rollback") - rollbacksBefore)
          .isLessThanOrEqualTo(2);
    }
  }

  @Test
  void aTransactionOverManySlotsCommits() throws SQLException {
    List<Integer> slots = IntStream.range(0, 256).boxed().toList();
    cell.execute("UPDATE homecell.hc_slot SET epoch = 9223372036854775807");
    cell.database.write(
        slots, tx -> tx.update("INSERT INTO entry (slot, v) VALUES (0, 1), (255, 1)"));
    assertThat(cell.entries()).isEqualTo(2);
    List<Integer> tooMany = IntStream.range(0, 257).boxed().toList();
    assertThatThrownBy(() -> cell.database.write(tooMany, tx -> 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("257");
  }

  @Test
  void notTheOwnerIsRefused() throws SQLException {
    cell.execute("UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 43 WHERE slot = 7");
    refusedAsNotHome(7, "south-1", 43);
  }

  @Test
  void aClosedSlotIsRefused() throws SQLException {
    cell.execute("UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = 2 WHERE slot = 7");
    refusedAsNotHome(7, "north-1", 2);
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(6, 7, 8), tx -> tx.update("INSERT INTO entry (slot, v) VALUES (6, 1)")))
        .isInstanceOf(NotHomeException.class);
    assertThat(cell.entries()).isZero();
    cell.write(8, 1);
  }

  @Test
  void aRowThatIsOlderThanTheCallersTableIsRefused() throws SQLException {
    cell.routes.set(cell.routes.current().withOwners(Map.of(7, SlotRoute.open("north-1", 5))));
    refusedAsNotHome(7, "north-1", 1);
    cell.execute("UPDATE homecell.hc_slot SET epoch = 6 WHERE slot = 7");
    cell.write(7, 1);
  }

  @Test
  void aSlotWithoutARowIsRefused() throws SQLException {
    cell.execute("DELETE FROM homecell.hc_slot WHERE slot = 7");
    try {
      refusedAsNotHome(7, "-", 0);
    } finally {
      cell.execute("INSERT INTO homecell.hc_slot VALUES (7, 'north-1', 1, 'OPEN')");
    }
  }

  @Test
  void theTableOfAnotherOwnerIsRefusedBeforeTheBodyRuns() {
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(600),
                    tx -> {
                      throw new AssertionError("the body ran");
                    }))
        .isInstanceOfSatisfying(
            NotHomeException.class, e -> assertThat(e.owner()).isEqualTo("south-1"));
  }

  @Test
  void aTableThatLagsBehindTheFenceRowDoesNotRefuse() throws SQLException {
    cell.execute("UPDATE homecell.hc_slot SET owner = 'north-1', epoch = 3 WHERE slot = 600");
    cell.write(600, 1);
    // A newer row of another owner is named, not the table's older one.
    cell.execute("UPDATE homecell.hc_slot SET owner = 'west-1', epoch = 5 WHERE slot = 601");
    assertThatThrownBy(() -> cell.write(601, 1))
        .isInstanceOfSatisfying(
            NotHomeException.class,
            e -> {
              assertThat(e.owner()).isEqualTo("west-1");
              assertThat(e.epoch()).isEqualTo(5);
            });
  }

  @Test
  void aLeaseThatIsOverIsRefused() throws SQLException {
    cell.leaseEndsIn(Duration.ofMillis(-1));
    assertThatThrownBy(() -> cell.write(7, 1))
        .isInstanceOf(CellFencedException.class)
        .hasMessageContaining("north-1");
    assertThat(cell.entries()).isZero();
  }

  @Test
  void aCommitStepThatWouldCheckNothingIsRefused() throws SQLException {
    try (Connection root = cell.mysql.rootConnection();
        Statement statement = root.createStatement()) {
      root.setAutoCommit(false);
      for (String arguments :
          List.of("NULL, NULL", "'7,8', '1'", "'7,8', '1,1,1'", "'7', NULL", "'7,8', ''")) {
        statement.execute("INSERT INTO account.entry (slot, v) VALUES (7, 1)");
        assertThatThrownBy(() -> statement.execute("CALL homecell.hc_commit(" + arguments + ")"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("45400"));
        root.rollback();
      }
      for (String arguments :
          List.of("'', ''", "'7', ''", "'x', '1'", "'7,', '1,1'", "',7', '1,1'", "'[7]', '[1]'")) {
        statement.execute("INSERT INTO account.entry (slot, v) VALUES (7, 1)");
        assertThatThrownBy(() -> statement.execute("CALL homecell.hc_commit(" + arguments + ")"))
            .isInstanceOf(SQLException.class);
        root.rollback();
      }
      statement.execute("INSERT INTO account.entry (slot, v) VALUES (7, 1)");
      statement.execute("SET time_zone = '-05:00'");
      assertThatThrownBy(() -> statement.execute("CALL homecell.hc_commit('7', '1')"))
          .isInstanceOf(SQLException.class);
      root.rollback();
    }
    assertThat(cell.entries()).isZero();
  }

  @Test
  void aWriterPausedBeforeItsCommitPastTheLeaseIsRefused() throws Exception {
    cell.leaseEndsIn(Duration.ofMillis(500));
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(7),
                    tx -> {
                      tx.update("INSERT INTO entry (slot, v) VALUES (7, 1)");
                      awaitLeaseOver();
                      return null;
                    }))
        .isInstanceOf(CellFencedException.class);
    assertThat(cell.entries()).isZero();
  }

  private static void awaitLeaseOver() {
    try {
      FenceFixture.await("the lease is over", cell::leaseIsOver);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aCommitThatWaitedForALockPastTheLeaseIsRefused() throws Exception {
    try (Connection holder = cell.mysql.rootConnection()) {
      holder.setAutoCommit(false);
      FenceFixture.number(holder, "SELECT slot FROM homecell.hc_slot WHERE slot = 7 FOR UPDATE");
      cell.leaseEndsIn(Duration.ofMillis(2_500));
      CompletableFuture<Long> writing = CompletableFuture.supplyAsync(() -> cell.write(7, 1));
      cell.awaitLockWaits(1);
      assertThat(cell.leaseIsOver()).isFalse();
      FenceFixture.await("the lease is over", cell::leaseIsOver);
      holder.rollback();
      assertThatThrownBy(() -> writing.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(CellFencedException.class);
      assertThat(cell.entries()).isZero();
    }
  }

  @Test
  void aLeaseRenewedWhileACommitWaitedForALockCounts() throws Exception {
    try (Connection holder = cell.mysql.rootConnection()) {
      holder.setAutoCommit(false);
      FenceFixture.number(holder, "SELECT slot FROM homecell.hc_slot WHERE slot = 7 FOR UPDATE");
      cell.leaseEndsIn(Duration.ofMillis(800));
      CompletableFuture<Long> writing = CompletableFuture.supplyAsync(() -> cell.write(7, 1));
      cell.awaitLockWaits(1);
      FenceFixture.await("the lease is over", cell::leaseIsOver);
      cell.leaseEndsIn(Duration.ofHours(1));
      holder.rollback();
      assertThat(writing.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void aClosingWaitsForTheCommitInFlightAndShutsOutTheNext() throws Exception {
    try (Connection holder = cell.mysql.rootConnection();
        Connection closer = cell.mysql.rootConnection()) {
      holder.setAutoCommit(false);
      FenceFixture.number(holder, "SELECT slot FROM homecell.hc_slot WHERE slot = 6 FOR UPDATE");
      // In flight: it holds slot 5 and waits for slot 6.
      CompletableFuture<Integer> inFlight =
          CompletableFuture.supplyAsync(
              () ->
                  cell.database.write(
                      List.of(6, 5), tx -> tx.update("INSERT INTO entry (slot, v) VALUES (5, 1)")),
              threads);
      cell.awaitLockWaits(1);
      CompletableFuture<Long> closing =
          CompletableFuture.supplyAsync(() -> closeAndCount(closer, 5), threads);
      cell.awaitLockWaits(2);
      CompletableFuture<Long> behind =
          CompletableFuture.supplyAsync(() -> cell.write(5, 2), threads);
      cell.awaitLockWaits(3);
      assertThat(closing).isNotDone();
      holder.rollback();
      assertThat(inFlight.get(10, TimeUnit.SECONDS)).isEqualTo(1);
      // What the closer sees once it has closed: the commit in flight, and nothing after it.
      assertThat(closing.get(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThatThrownBy(() -> behind.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(NotHomeException.class)
          .hasMessageContaining("slot=5 owner=north-1 epoch=2");
      assertThat(cell.entries()).isEqualTo(1);
    }
  }

  private static long closeAndCount(Connection closer, int slot) {
    try (Statement statement = closer.createStatement()) {
      statement.execute(
          "UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = epoch + 1 WHERE slot = " + slot);
      return FenceFixture.number(closer, "SELECT COUNT(*) FROM account.entry WHERE slot = " + slot);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aConnectionThatBreaksDuringTheCommitIsReportedAsUnknown() throws Exception {
    try (Connection holder = cell.mysql.rootConnection()) {
      holder.setAutoCommit(false);
      FenceFixture.number(holder, "SELECT slot FROM homecell.hc_slot WHERE slot = 7 FOR UPDATE");
      CompletableFuture<Long> writing = CompletableFuture.supplyAsync(() -> cell.write(7, 1));
      cell.awaitLockWaits(1);
      long victim =
          cell.number(
              "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx"
                  + " WHERE trx_state = 'LOCK WAIT'");
      cell.execute("KILL " + victim);
      assertThatThrownBy(() -> writing.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(CommitUnknownException.class);
      holder.rollback();
    }
    cell.write(7, 2);
  }
}
