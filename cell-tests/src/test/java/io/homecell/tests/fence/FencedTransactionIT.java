package io.homecell.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.fence.StatementFailedException;
import io.homecell.core.fence.Tx;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.local.FreePorts;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What application code can and can't do inside a fenced transaction. */
@Timeout(120)
class FencedTransactionIT {
  private static FenceFixture cell;

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

  @Test
  void theApplicationCantChangeTheFence() throws SQLException {
    for (String sql :
        List.of(
            "UPDATE homecell.hc_slot SET epoch = 9 WHERE slot = 1",
            "DELETE FROM homecell.hc_slot WHERE slot = 1",
            "UPDATE homecell.hc_lease SET expires_at = '2099-01-01'",
            "INSERT INTO homecell.hc_server VALUES ('x', 'north-1')")) {
      assertThatThrownBy(() -> cell.database.write(List.of(1), tx -> tx.update(sql)))
          .isInstanceOfSatisfying(
              StatementFailedException.class, e -> assertThat(e.errorCode()).isEqualTo(1142));
    }
    for (String sql :
        List.of("COMMIT", "BEGIN", "SET autocommit = 1", "CREATE TABLE account.x (a INT)")) {
      assertThatThrownBy(() -> cell.database.write(List.of(1), tx -> tx.update(sql)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    cell.write(1, 1);
  }

  @Test
  void aRowDoesNotLeadToTheConnection() {
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(1),
                    tx -> tx.one("SELECT 1", row -> row.getStatement().getConnection())))
        .isInstanceOf(StatementFailedException.class)
        .hasMessageContaining("a row can only be read");
    assertThatThrownBy(
            () -> cell.database.read(tx -> tx.one("SELECT 1", row -> row.unwrap(ResultSet.class))))
        .isInstanceOf(StatementFailedException.class);
  }

  @Test
  void aTransactionEndsWithItsBodyAndStaysOnItsThread() {
    AtomicReference<Tx> escaped = new AtomicReference<>();
    cell.database.write(
        List.of(1),
        tx -> {
          escaped.set(tx);
          CompletableFuture<Object> elsewhere =
              CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return tx.list("SELECT 1", row -> 1);
                    } catch (SQLException e) {
                      return e;
                    }
                  });
          assertThatThrownBy(elsewhere::join).hasCauseInstanceOf(IllegalStateException.class);
          return null;
        });
    assertThatThrownBy(() -> escaped.get().update("DELETE FROM entry"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ended");
  }

  @Test
  void anExceptionOfTheBodyRollsBackAndPasses() throws SQLException {
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(1),
                    tx -> {
                      tx.update("INSERT INTO entry (slot, v) VALUES (1, 1)");
                      throw new UnsupportedOperationException("on purpose");
                    }))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(cell.entries()).isZero();
    // Also when the very first statement fails, after which the driver can't know that locks are
    // held.
    cell.execute("INSERT INTO account.entry (id, slot, v) VALUES (77, 1, 1)");
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(1),
                    tx -> tx.update("INSERT INTO entry (id, slot, v) VALUES (77, 1, 2)")))
        .isInstanceOfSatisfying(
            StatementFailedException.class, e -> assertThat(e.errorCode()).isEqualTo(1062));
    assertThat(cell.number("SELECT COUNT(*) FROM information_schema.innodb_trx")).isZero();
  }

  @Test
  void readingSessionsCantWriteAtTheServer() throws SQLException {
    assertThatThrownBy(() -> cell.database.read(tx -> tx.update("DELETE FROM entry")))
        .isInstanceOf(IllegalStateException.class);
    Optional<Integer> readOnly =
        cell.database.read(tx -> tx.one("SELECT @@transaction_read_only", row -> row.getInt(1)));
    assertThat(readOnly).contains(1);
    assertThat(cell.number("SELECT COUNT(*) FROM information_schema.innodb_trx")).isZero();
  }

  @Test
  void oneReadSeesOneMoment() {
    cell.write(1, 1);
    List<Long> counts =
        cell.database.read(
            tx -> {
              long before = count(tx);
              cell.write(1, 2);
              return List.of(before, count(tx));
            });
    assertThat(counts).containsExactly(1L, 1L);
  }

  private static long count(Tx tx) throws SQLException {
    return tx.one("SELECT COUNT(*) FROM entry", row -> row.getLong(1)).orElseThrow();
  }

  @Test
  void deadlocksAreRunAgain() throws Exception {
    cell.execute("INSERT INTO account.entry (id, slot, v) VALUES (1, 1, 0), (2, 1, 0)");
    CyclicBarrier both = new CyclicBarrier(2);
    AtomicInteger runs = new AtomicInteger();
    CompletableFuture<Integer> one = crossing(both, runs, 1, 2);
    CompletableFuture<Integer> two = crossing(both, runs, 2, 1);
    assertThat(one.get(20, TimeUnit.SECONDS) + two.get(20, TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(runs.get()).isEqualTo(3);
    assertThat(cell.number("SELECT SUM(v) FROM account.entry")).isEqualTo(4);
    assertThat(cell.metrics.get("hc.fence.commits").tag("outcome", "deadlock").counter().count())
        .isGreaterThanOrEqualTo(1);
  }

  /** Adds one to two rows, in this order, after both transactions have done their first. */
  private static CompletableFuture<Integer> crossing(
      CyclicBarrier both, AtomicInteger runs, int first, int second) {
    AtomicInteger attempts = new AtomicInteger();
    return CompletableFuture.supplyAsync(
        () ->
            cell.database.write(
                List.of(1),
                tx -> {
                  runs.incrementAndGet();
                  tx.update("UPDATE entry SET v = v + 1 WHERE id = ?", first);
                  if (attempts.incrementAndGet() == 1) {
                    await(both);
                  }
                  return tx.update("UPDATE entry SET v = v + 1 WHERE id = ?", second);
                }));
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aBodyThatHidesADeadlockDoesNotCommitAPart() throws Exception {
    cell.execute("INSERT INTO account.entry (id, slot, v) VALUES (1, 1, 0), (2, 1, 0)");
    CyclicBarrier both = new CyclicBarrier(2);
    AtomicInteger heavyRuns = new AtomicInteger();
    CompletableFuture<Integer> heavy =
        CompletableFuture.supplyAsync(
            () ->
                cell.database.write(
                    List.of(1),
                    tx -> {
                      // InnoDB rolls back the transaction that has changed less: the other one.
                      for (int i = 0; i < 50; i++) {
                        tx.update("INSERT INTO entry (slot, v) VALUES (1, 0)");
                      }
                      tx.update("UPDATE entry SET v = v + 1 WHERE id = 2");
                      if (heavyRuns.incrementAndGet() == 1) {
                        await(both);
                      }
                      return tx.update("UPDATE entry SET v = v + 1 WHERE id = 1");
                    }));
    AtomicInteger runs = new AtomicInteger();
    cell.database.write(
        List.of(1),
        tx -> {
          tx.update("UPDATE entry SET v = v + 10 WHERE id = 1");
          if (runs.incrementAndGet() == 1) {
            await(both);
          }
          try {
            tx.update("UPDATE entry SET v = v + 10 WHERE id = 2");
          } catch (SQLException hidden) {
            // on purpose
          }
          return null;
        });
    heavy.get(20, TimeUnit.SECONDS);
    assertThat(runs.get()).isEqualTo(2);
    assertThat(cell.number("SELECT v FROM account.entry WHERE id = 1")).isEqualTo(11);
    assertThat(cell.number("SELECT v FROM account.entry WHERE id = 2")).isEqualTo(11);
  }

  @Test
  void timesAreUtcWithMicroseconds() {
    Instant at = Instant.parse("2026-03-29T01:30:00.123456Z");
    Optional<String> read =
        cell.database.read(
            tx ->
                tx.one(
                    "SELECT CAST(? AS DATETIME(6)), ? IS NULL",
                    row -> row.getObject(1, LocalDateTime.class) + " " + row.getBoolean(2),
                    at,
                    null));
    assertThat(read).contains("2026-03-29T01:30:00.123456 true");
  }

  @Test
  void aDatabaseThatIsAwayIsNamedInBoundedTime() {
    Topology.Cell absent =
        new Topology.Cell(
            "north-1",
            "north",
            "g1",
            cell.cell().slots(),
            new Topology.Endpoint("127.0.0.1", FreePorts.takeOne()));
    try (MysqlFencedDatabase database =
        MysqlFencedDatabase.open(
            absent,
            "account",
            cell.test.credentials().get(Role.APPLICATION),
            cell.routes,
            new SimpleMeterRegistry())) {
      long from = System.nanoTime();
      assertThatThrownBy(() -> database.write(List.of(1), tx -> 1))
          .isInstanceOf(DatabaseUnavailableException.class)
          .hasMessageContaining("north-1 account write");
      assertThat(System.nanoTime() - from).isLessThan(TimeUnit.SECONDS.toNanos(10));
    }
  }

  @Test
  void aConnectionThatBreaksInTheBodyCommitsNothing() throws Exception {
    assertThatThrownBy(
            () ->
                cell.database.write(
                    List.of(1),
                    tx -> {
                      tx.update("INSERT INTO entry (slot, v) VALUES (1, 1)");
                      long own =
                          tx.one("SELECT CONNECTION_ID()", row -> row.getLong(1)).orElseThrow();
                      cell.execute("KILL " + own);
                      return tx.update("INSERT INTO entry (slot, v) VALUES (1, 2)");
                    }))
        .isInstanceOf(DatabaseUnavailableException.class);
    assertThat(cell.entries()).isZero();
    cell.write(1, 1);
  }
}
