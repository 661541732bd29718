package io.homecell.sync.verify;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.slot.SlotRange;
import io.homecell.sync.TwoCells;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttle;
import io.homecell.sync.throttle.Throttling;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both directions run; slots 0-511 are north's. */
@Timeout(120)
class VerificationIT {
  private static final CarriedTables EVERYTHING = new CarriedTables.AllBut(FrameworkTables.LOCAL);

  private static final int WALLETS = 40;

  private static TwoCells cells;
  private static Pipeline there;
  private static Pipeline back;
  private static TestingServer server;
  private static CuratorFramework zookeeper;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    server = new TestingServer();
    zookeeper = CuratorFrameworkFactory.newClient(server.getConnectString(), new RetryOneTime(100));
    zookeeper.start();
    assertThat(zookeeper.blockUntilConnected(10, TimeUnit.SECONDS)).isTrue();
    cells = TwoCells.start(folder);
    there = cells.pipeline(NORTH, SOUTH);
    back = cells.pipeline(SOUTH, NORTH);
    TwoCells.awaitState(there, State.STREAMING);
    TwoCells.awaitState(back, State.STREAMING);
    for (int i = 0; i < WALLETS; i++) {
      cells.run(i % 2 == 0 ? NORTH : SOUTH, wallet(i, i % 2 == 0 ? i : 512 + i));
    }
    cells.run(
        NORTH,
        "SET SESSION sql_mode = ''",
        "INSERT INTO account.every_type SET id = 1, slot = 1, big_unsigned = 18446744073709551615,"
            + " exact = 12345678901234567890123456789012345.123456789012345678901234567891,"
            + " single_real = 1.17549e-38, double_real = -0.1, bits = b'101', latin = 'Größe',"
            + " document = '{\"a\": [1, null]}', kind = 'PAID', tags = 'a,c', fixed_bytes = x'00ff',"
            + " moment = '9999-12-31 23:59:59.999999', stamp = '2026-03-29 02:30:00.123456',"
            + " time_of_day = '-838:59:58.999999', a_year = 2155, number = 3",
        "INSERT INTO account.every_type SET id = 2, slot = 2");
  }

  @AfterAll
  static void stop() throws Exception {
    there.close();
    back.close();
    cells.close();
    zookeeper.close();
    server.close();
  }

  private static String wallet(long id, int slot) {
    return "INSERT INTO account.wallet VALUES (%d, %d, 'w', 100, 0, NOW(6))".formatted(id, slot);
  }

  private static VerifyResult verify(Scope scope) throws Exception {
    CellDatabase north = cells.database(NORTH);
    CellDatabase south = cells.database(SOUTH);
    try (Throttle throttle = CopyVerification.freely(north, south)) {
      return Verification.run(
          north, south, EVERYTHING, scope, Duration.ofSeconds(60), Pace.ASKED_FOR, throttle);
    }
  }

  private static List<RowDifference> differences(VerifyResult result) {
    return result.tables().stream().flatMap(table -> table.differences().stream()).toList();
  }

  private static RowDifference wallet(long id, RowDifference.Kind kind, String... columns) {
    return new RowDifference(
        "account", "wallet", Map.of("id", Long.toString(id)), kind, List.of(columns));
  }

  @Test
  void plantedDifferencesAreNamedExactlyWhileBothCellsAreWritten() throws Exception {
    AtomicBoolean stopping = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    Thread north = writer(NORTH, 0, stopping, written);
    Thread south = writer(SOUTH, 1, stopping, written);
    try {
      TwoCells.await("writes", Duration.ofSeconds(20), () -> written.get() > 100);
      VerifyResult equal = verify(Scope.ALL);
      assertThat(differences(equal)).isEmpty();
      assertThat(undecided(equal)).isZero();
      assertThat(equal.tables())
          .filteredOn(table -> table.table().equals("account.wallet"))
          .singleElement()
          .satisfies(table -> assertThat(table.slots()).isBetween(WALLETS, WALLETS + 2))
          .satisfies(table -> assertThat(table.rows()).isBetween(40L, 42L));

      // rows that the writers leave alone: changed, missing, one too many; and one of a copy table
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.wallet WHERE id = 0");
      cells.run(
          SOUTH,
          "SET sql_log_bin = 0",
          "UPDATE account.wallet SET balance = 99, holder = NULL WHERE id = 1",
          wallet(1_000, 3));
      cells.run(NORTH, "SET sql_log_bin = 0", wallet(1_001, 600));
      cells.run(
          NORTH,
          "SET sql_log_bin = 0",
          "UPDATE account.every_type SET single_real = 1.175491e-38 WHERE id = 1",
          "INSERT INTO trade.product VALUES ('only north', 1)");
      VerifyResult found = verify(Scope.ALL);
      assertThat(differences(found))
          .containsExactlyInAnyOrder(
              wallet(0, RowDifference.Kind.MISSING_AT_TARGET),
              wallet(1, RowDifference.Kind.CHANGED, "balance", "holder"),
              wallet(1_000, RowDifference.Kind.MISSING_AT_SOURCE),
              wallet(1_001, RowDifference.Kind.MISSING_AT_TARGET),
              new RowDifference(
                  "account",
                  "every_type",
                  Map.of("id", "1"),
                  RowDifference.Kind.CHANGED,
                  List.of("single_real")),
              new RowDifference(
                  "trade",
                  "product",
                  Map.of("sku", "only north"),
                  RowDifference.Kind.MISSING_AT_TARGET,
                  List.of()));
      assertThat(undecided(found)).isZero();
      assertThat(found.differing()).isEqualTo(6);

      Scope slots =
          new Scope(Optional.of(SlotRange.parse("512-1023")), Optional.of("account.wallet"));
      assertThat(differences(verify(slots)))
          .extracting(row -> row.key().get("id"))
          .containsExactlyInAnyOrder("1", "1001");
    } finally {
      stopping.set(true);
      north.join();
      south.join();
      mend();
    }
    cells.awaitArrival(NORTH, SOUTH);
    cells.awaitArrival(SOUTH, NORTH);
    assertThat(differences(verify(Scope.ALL))).isEmpty();
  }

  @Test
  void aTableWithoutAKeyIsComparedAsAWholeWhileItIsWritten() throws Exception {
    AtomicBoolean stopping = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    Thread writer = toggler(stopping, written);
    try {
      TwoCells.await("writes", Duration.ofSeconds(20), () -> written.get() > 20);
      Scope noKey = new Scope(Optional.empty(), Optional.of("trade.no_key"));
      VerifyResult equal = verify(noKey);
      assertThat(equal.differing()).isZero();
      assertThat(undecided(equal)).isZero();
      // as many rows, and pairs of equal ones, which cancel each other out in other sums
      cells.run(NORTH, "SET sql_log_bin = 0", "INSERT INTO trade.no_key VALUES (7, 'a'), (7, 'a')");
      cells.run(SOUTH, "SET sql_log_bin = 0", "INSERT INTO trade.no_key VALUES (7, 'A'), (7, 'A')");
      VerifyResult found = verify(noKey);
      assertThat(differences(found))
          .containsExactly(
              new RowDifference(
                  "trade", "no_key", Map.of("slot", "7"), RowDifference.Kind.CHANGED, List.of()));
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM trade.no_key WHERE slot = 7 LIMIT 1");
      assertThat(differences(verify(noKey)))
          .extracting(RowDifference::kind)
          .containsExactly(RowDifference.Kind.MISSING_AT_TARGET);
    } finally {
      stopping.set(true);
      writer.join();
      for (String cell : List.of(NORTH, SOUTH)) {
        cells.run(cell, "SET sql_log_bin = 0", "DELETE FROM trade.no_key WHERE slot = 7");
      }
    }
  }

  /** Inserts a row and deletes it again, over and over. */
  private static Thread toggler(AtomicBoolean stopping, AtomicLong written) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (!stopping.get()) {
                  cells.run(
                      NORTH,
                      "INSERT INTO trade.no_key VALUES (1, 'x')",
                      "DELETE FROM trade.no_key WHERE slot = 1");
                  written.incrementAndGet();
                }
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  private static long undecided(VerifyResult result) {
    return result.tables().stream().mapToLong(table -> table.undecided() + table.more()).sum();
  }

  private static void mend() throws SQLException {
    cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.wallet WHERE id IN (0, 1, 1000)");
    cells.run(
        NORTH,
        "SET sql_log_bin = 0",
        "DELETE FROM account.wallet WHERE id IN (0, 1, 1001)",
        "DELETE FROM trade.product",
        "UPDATE account.every_type SET single_real = 1.17549e-38 WHERE id = 1");
  }

  /** Changes the same few rows over and over, back and forth, and inserts and deletes one. */
  private static Thread writer(String cell, int first, AtomicBoolean stopping, AtomicLong written) {
    Thread thread =
        new Thread(
            () -> {
              try (Connection connection = cells.server(cell).rootConnection();
                  Statement statement = connection.createStatement()) {
                for (int round = 0; !stopping.get(); round++) {
                  int id = first + 2 + round % 6 / 2 * 2;
                  statement.execute(
                      "UPDATE account.wallet SET balance = 201 - balance WHERE id = " + id);
                  statement.execute(wallet(5_000 + first, first == 0 ? 100 : 700));
                  statement.execute("DELETE FROM account.wallet WHERE id = " + (5_000 + first));
                  written.incrementAndGet();
                  Thread.sleep(2);
                }
              } catch (SQLException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  @Test
  void aRowThatIsStillOnItsWayIsNoDifference() throws Exception {
    Scope wallets = new Scope(Optional.empty(), Optional.of("account.wallet"));
    try (Connection blocker = cells.server(SOUTH).rootConnection();
        Statement lock = blocker.createStatement()) {
      lock.execute("BEGIN");
      lock.execute("SELECT * FROM account.wallet WHERE id = 20 FOR UPDATE");
      cells.run(NORTH, "UPDATE account.wallet SET version = version + 1 WHERE id = 20");
      VerifyResult behind = verify(wallets);
      assertThat(differences(behind)).isEmpty();
      assertThat(undecided(behind)).isEqualTo(1);
      assertThat(behind.equal()).isFalse();
    }
    cells.awaitArrival(NORTH, SOUTH);
    assertThat(undecided(verify(wallets))).isZero();
  }

  @Test
  void theAdminPortVerifiesAndKnowsDifferencesUntilTheyAreGone() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    PipelineVerification verification = verification(NORTH, SOUTH, registry);
    VerifyApi api = new VerifyApi(Map.of("north-1-south-1", verification));
    assertThat(verification.last()).isEmpty();
    assertThat(registry.get("hc.sync.verified").gauge().value()).isNaN();

    cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.every_type WHERE id = 2");
    Answer answer =
        post(api, "{\"pipeline\":\"north-1-south-1\",\"table\":\"account.every_type\"}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(((VerifyResult) answer.body()).differing()).isEqualTo(1);
    // a clean look elsewhere says nothing about it
    post(api, "{\"pipeline\":\"north-1-south-1\",\"table\":\"account.entry\"}");
    assertThat(verification.last().orElseThrow().differences()).isEqualTo(1);
    assertThat(registry.get("hc.sync.differences").gauge().value()).isEqualTo(1.0);
    assertThat(registry.get("hc.sync.verified").gauge().value()).isBetween(0.0, 60.0);

    // so does another process, and the one of the other direction
    PipelineVerification after = verification(SOUTH, NORTH, new SimpleMeterRegistry());
    assertThat(after.last()).isEmpty();
    after.refresh();
    assertThat(after.last().orElseThrow().differences()).isEqualTo(1);

    cells.run(SOUTH, "SET sql_log_bin = 0", "INSERT INTO account.every_type SET id = 2, slot = 2");
    post(api, "{\"pipeline\":\"north-1-south-1\",\"table\":\"account.every_type\"}");
    assertThat(verification.last().orElseThrow().equal()).isTrue();
    after.refresh();
    assertThat(after.last().orElseThrow().equal()).isTrue();

    assertThat(post(api, "{\"pipeline\":\"nowhere\"}").status()).isEqualTo(400);
    assertThat(post(api, "{\"pipeline\":\"north-1-south-1\",\"table\":\"no.such\"}").status())
        .isEqualTo(400);
    assertThat(api.answer(new Request("GET", "/sync/verify", Map.of(), "")).status())
        .isEqualTo(405);
    assertThatThrownBy(() -> verify(new Scope(Optional.empty(), Optional.of("no.such"))))
        .hasMessageContaining("expected: one of [account.entry, ");
  }

  private static PipelineVerification verification(
      String source, String target, MeterRegistry registry) {
    return PipelineVerification.of(
        cells.database(source),
        cells.database(target),
        EVERYTHING,
        zookeeper,
        Throttling.NONE,
        registry);
  }

  @Test
  void aDifferenceIsFoundWithoutBeingAskedFor() throws Exception {
    PipelineVerification verification = verification(NORTH, SOUTH, new SimpleMeterRegistry());
    cells.run(NORTH, "INSERT INTO account.every_type SET id = 3, slot = 3");
    cells.awaitArrival(NORTH, SOUTH);
    cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.every_type WHERE id = 3");
    AtomicBoolean due = new AtomicBoolean();
    try (VerificationRounds rounds =
        VerificationRounds.start(
            Map.of("north-1-south-1", verification), name -> due.get(), Duration.ofMillis(100))) {
      assertThat(verification.last().filter(found -> found.differences() > 0)).isEmpty();
      due.set(true);
      TwoCells.await(
          "the difference",
          Duration.ofSeconds(30),
          () -> verification.last().filter(found -> found.differences() == 1).isPresent());
      cells.run(
          SOUTH, "SET sql_log_bin = 0", "INSERT INTO account.every_type SET id = 3, slot = 3");
      TwoCells.await(
          "that it is gone",
          Duration.ofSeconds(30),
          () -> verification.last().filter(found -> found.differences() == 0).isPresent());
    }
  }

  private static Answer post(VerifyApi api, String body) {
    return api.answer(new Request("POST", "/sync/verify", Map.of(), body));
  }
}
