package io.homecell.sync.apply;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.TwoCells;
import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a packet commits, and what it must not; north's transactions at south. */
@Timeout(120)
class PacketsIT {
  private static final TableName WALLET = new TableName("account", "wallet");
  private static final List<String> COLUMNS =
      List.of("id", "slot", "holder", "balance", "version", "changed_at");
  private static final AtomicLong NUMBERS = new AtomicLong();

  private static TwoCells cells;
  private static String anotherNorth;
  private static TableShapes shapes;
  private static Origins origins;

  private final Map<Gtid, Outcome> outcomes = new ConcurrentHashMap<>();
  private TransactionApplier applier;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    anotherNorth = "55555555-5555-5555-5555-555555555555";
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "INSERT INTO homecell.hc_server VALUES ('" + anotherNorth + "', 'north-1')");
    shapes = new TableShapes();
    origins = new Origins(cells.database(SOUTH));
    try (Connection connection = cells.server(SOUTH).rootConnection()) {
      shapes.load(connection, WALLET);
      shapes.load(connection, FrameworkTables.SLOT);
    }
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  @BeforeEach
  void open() throws Exception {
    applier = TransactionApplier.open(cells.database(SOUTH), shapes, origins, new GtidSet());
  }

  @AfterEach
  void close() {
    applier.close();
  }

  private static Row wallet(long id, int slot, String balance) {
    return new Row(COLUMNS, new Object[] {id, (long) slot, "w", new BigDecimal(balance), 0L, null});
  }

  private static RowChange insert(long id, int slot, String balance) {
    return new RowChange.Insert(WALLET, wallet(id, slot, balance));
  }

  private static RowChange update(long id, int slot, String balance) {
    return new RowChange.Update(WALLET, wallet(id, slot, "0"), wallet(id, slot, balance));
  }

  private static RowChange delete(long id, int slot) {
    return new RowChange.Delete(WALLET, wallet(id, slot, "0"));
  }

  private static Plan plan(RowChange... changes) {
    return plan(new Gtid(anotherNorth, NUMBERS.incrementAndGet()), changes);
  }

  private static Plan plan(Gtid gtid, RowChange... changes) {
    return Plan.of(new SourceTransaction(gtid, Instant.now(), List.of(changes), 100), shapes);
  }

  private static List<String> wallets(long from, long to) throws SQLException {
    return cells.query(
        SOUTH,
        "SELECT id, balance FROM account.wallet WHERE id BETWEEN %d AND %d ORDER BY id"
            .formatted(from, to));
  }

  private static boolean isExecuted(Plan plan) throws SQLException {
    return cells.executed(SOUTH).contains(plan.transaction().gtid());
  }

  private Kind kind(Plan plan) {
    Outcome outcome = outcomes.get(plan.transaction().gtid());
    return outcome == null ? null : outcome.kind();
  }

  private int together(Plan... plans) throws SQLException {
    return applier.applyTogether(
        List.of(plans), (plan, outcome) -> outcomes.put(plan.transaction().gtid(), outcome));
  }

  @Test
  void aRowThatAStatementMissesIsFoundAndPutRight() throws Exception {
    applier.apply(plan(insert(1, 1, "1"), insert(2, 1, "2"), insert(3, 1, "3")));
    assertThat(applier.apply(plan(update(1, 1, "10"), update(4, 1, "40"), update(2, 1, "20"))))
        .isEqualTo(new Outcome(Kind.APPLIED, 3, 1));
    assertThat(wallets(1, 9)).containsExactly("1,10.00", "2,20.00", "3,3.00", "4,40.00");
    assertThat(applier.apply(plan(delete(1, 1), delete(5, 1), delete(2, 1))))
        .isEqualTo(new Outcome(Kind.APPLIED, 3, 1));
    assertThat(wallets(1, 9)).containsExactly("3,3.00", "4,40.00");
    // a row in the way, of one statement that is the transaction, and of one of several
    assertThat(applier.apply(plan(insert(6, 1, "6"), insert(3, 1, "33"))))
        .isEqualTo(new Outcome(Kind.APPLIED, 2, 1));
    assertThat(applier.apply(plan(insert(7, 1, "7"), insert(8, 2, "8"), insert(4, 1, "44"))))
        .isEqualTo(new Outcome(Kind.APPLIED, 3, 1));
    assertThat(wallets(1, 9)).containsExactly("3,33.00", "4,44.00", "6,6.00", "7,7.00", "8,8.00");
  }

  @Test
  void changesOfARowInOneTransactionKeepTheirOrder() throws Exception {
    Plan plan =
        plan(
            insert(20, 1, "1"),
            update(20, 1, "2"),
            delete(20, 1),
            insert(20, 1, "3"),
            insert(21, 2, "1"),
            delete(21, 2));
    assertThat(applier.apply(plan)).isEqualTo(new Outcome(Kind.APPLIED, 6, 0));
    assertThat(wallets(20, 29)).containsExactly("20,3.00");
    assertThat(applier.apply(plan).kind()).isEqualTo(Kind.SKIPPED);
  }

  @Test
  void moreRowsThanOneStatementOrOnePacketTakes() throws Exception {
    RowChange[] changes = new RowChange[25_000];
    for (int i = 0; i < changes.length; i++) {
      changes[i] = insert(5_000_000 + i, i % 3, "1");
    }
    assertThat(applier.apply(plan(changes)).conflicts()).isZero();
    for (int i = 0; i < changes.length; i++) {
      changes[i] = delete(5_000_000 + i, i % 3);
    }
    Plan deletes = plan(changes);
    assertThat(wallets(5_000_000, 6_000_000)).hasSize(25_000);
    assertThat(applier.apply(deletes)).isEqualTo(new Outcome(Kind.APPLIED, 25_000, 0));
    assertThat(wallets(5_000_000, 6_000_000)).isEmpty();
    assertThat(applier.apply(deletes).kind()).isEqualTo(Kind.SKIPPED);
  }

  @Test
  void anOwnerThatChangesMeanwhileStrandsTheTransaction() throws Exception {
    for (Plan plan :
        List.of(
            plan(insert(100, 40, "1")),
            plan(insert(101, 40, "1"), insert(102, 1, "1")),
            plan(insert(103, 40, "1"), update(103, 40, "2")))) {
      try (Connection other = cells.server(SOUTH).rootConnection();
          Statement fence = other.createStatement()) {
        fence.execute("SET sql_log_bin = 0");
        fence.execute("BEGIN");
        fence.execute("UPDATE homecell.hc_slot SET owner = 'south-1' WHERE slot = 40");
        CompletableFuture<Outcome> outcome = apply(plan);
        awaitWaiting();
        fence.execute("COMMIT");
        assertThat(outcome.get(20, TimeUnit.SECONDS).kind()).isEqualTo(Kind.STRANDED);
        fence.execute("UPDATE homecell.hc_slot SET owner = 'north-1' WHERE slot = 40");
      }
      assertThat(isExecuted(plan)).isTrue();
    }
    assertThat(wallets(100, 199)).isEmpty();
  }

  @Test
  void anOwnerCannotChangeBetweenTheCheckAndTheCommit() throws Exception {
    for (Plan plan :
        List.of(
            plan(insert(200, 41, "1")),
            plan(insert(200, 41, "1"), insert(201, 1, "1")),
            plan(insert(202, 41, "1"), insert(200, 41, "2"), update(200, 41, "3")))) {
      try (Connection other = cells.server(SOUTH).rootConnection();
          Statement row = other.createStatement();
          Connection closer = cells.server(SOUTH).rootConnection();
          Statement fence = closer.createStatement()) {
        row.execute("SET sql_log_bin = 0");
        row.execute("BEGIN");
        row.execute("INSERT INTO account.wallet VALUES (200, 41, 'x', 0, 0, NULL)");
        CompletableFuture<Outcome> outcome = apply(plan);
        awaitWaiting();
        // it has found its slot owned, and waits for the row: nobody closes the slot now
        fence.execute("SET innodb_lock_wait_timeout = 1");
        assertThatThrownBy(
                () ->
                    fence.execute("UPDATE homecell.hc_slot SET owner = 'south-1' WHERE slot = 41"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(1205));
        row.execute("ROLLBACK");
        assertThat(outcome.get(20, TimeUnit.SECONDS))
            .isEqualTo(new Outcome(Kind.APPLIED, plan.changes().size(), 0));
        row.execute("DELETE FROM account.wallet WHERE id BETWEEN 200 AND 299");
      }
    }
  }

  private CompletableFuture<Outcome> apply(Plan plan) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return applier.apply(plan);
          } catch (SQLException | InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  private static void awaitWaiting() throws Exception {
    TwoCells.await(
        "a lock that is waited for",
        Duration.ofSeconds(4),
        () ->
            cells
                .query(SOUTH, "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'")
                .get(0)
                .endsWith(",1"));
  }

  @Test
  void anIdentifierThatIsExecutedIsSkippedInTheMiddleOfAGroup() throws Exception {
    Plan first = plan(insert(300, 1, "1"));
    Plan known = plan(insert(301, 1, "1"));
    Plan last = plan(insert(302, 1, "1"));
    assertThat(applier.apply(known).kind()).isEqualTo(Kind.APPLIED);
    cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.wallet WHERE id = 301");
    assertThat(together(first, known, last)).isEqualTo(3);
    assertThat(List.of(kind(first), kind(known), kind(last)))
        .containsExactly(Kind.APPLIED, Kind.SKIPPED, Kind.APPLIED);
    assertThat(wallets(300, 309)).containsExactly("300,1.00", "302,1.00");

    // an update meets no row then, and stops the group: it is looked at by itself
    Plan next = plan(insert(303, 1, "1"));
    Plan again = plan(known.transaction().gtid(), update(300, 1, "7"), insert(304, 1, "1"));
    assertThat(together(next, again, plan(insert(305, 1, "1")))).isEqualTo(1);
    assertThat(applier.apply(again).kind()).isEqualTo(Kind.SKIPPED);
    assertThat(wallets(300, 309)).containsExactly("300,1.00", "302,1.00", "303,1.00");
  }

  @Test
  void whatCannotBeAppliedStopsAGroupAndLeavesWhatCameBefore() throws Exception {
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_slot SET owner = 'south-1' WHERE slot = 42",
        "INSERT INTO account.wallet VALUES (401, 1, 'in the way', 0, 0, NULL)");
    Plan first = plan(insert(400, 1, "1"));
    Plan empty = plan();
    for (Plan failing :
        List.of(
            plan(insert(401, 1, "1")),
            plan(insert(402, 42, "1")),
            plan(insert(403, 1, "1"), update(404, 1, "1")),
            plan(insert(405, 999, "1"), insert(406, 2000, "1")),
            plan(new Gtid("44444444-4444-4444-4444-444444444444", 1), insert(407, 1, "1")))) {
      Plan behind = plan(insert(409, 1, "1"));
      assertThat(together(first, empty, failing, behind)).isEqualTo(2);
      assertThat(kind(failing)).isNull();
      assertThat(isExecuted(first) && isExecuted(empty)).isTrue();
      assertThat(isExecuted(failing) || isExecuted(behind)).isFalse();
      assertThat(wallets(400, 409)).containsExactly("400,1.00", "401,0.00");
    }
  }

  /** One lane, held up by a row, so that the rest becomes a backlog that goes in groups. */
  @Test
  void aBacklogGoesOnBehindAnythingThatStopsAGroup() throws Exception {
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_slot SET owner = 'south-1' WHERE slot = 43",
        "INSERT INTO account.wallet VALUES (1010, 44, 'in the way', 0, 0, NULL)");
    List<Plan> plans = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      // each in a slot of its own: all are ready at once
      plans.add(plan(insert(1_000 + i, 100 + i, "1")));
    }
    Plan late = plans.get(20);
    Plan stranded = plan(insert(1_100, 43, "1"));
    plans.set(30, stranded);
    plans.set(31, plan(insert(1_031, 131, "1"), update(1_101, 131, "2")));
    assertThat(applier.apply(late).kind()).isEqualTo(Kind.APPLIED);
    try (Connection other = cells.server(SOUTH).rootConnection();
        Statement row = other.createStatement();
        Lanes lanes =
            Lanes.start(
                "packets",
                1,
                1_000,
                1 << 20,
                Duration.ofSeconds(1),
                cells.database(SOUTH),
                shapes,
                origins,
                new GtidSet(),
                (plan, outcome) -> outcomes.put(plan.transaction().gtid(), outcome))) {
      row.execute("SET sql_log_bin = 0");
      row.execute("BEGIN");
      row.execute("INSERT INTO account.wallet VALUES (1000, 1, 'x', 0, 0, NULL)");
      for (Plan plan : plans) {
        lanes.submit(plan);
      }
      awaitWaiting();
      row.execute("ROLLBACK");
      TwoCells.await("all", Duration.ofSeconds(20), () -> lanes.pending() == 0);
      assertThat(lanes.ended()).isNotDone();
    }
    assertThat(outcomes.keySet()).hasSize(60);
    assertThat(outcomes.values().stream().filter(o -> o.kind() == Kind.APPLIED)).hasSize(58);
    assertThat(kind(late)).isEqualTo(Kind.SKIPPED);
    assertThat(kind(stranded)).isEqualTo(Kind.STRANDED);
    assertThat(outcomes.values().stream().mapToInt(Outcome::conflicts).sum()).isEqualTo(2);
    assertThat(wallets(1_000, 1_059)).hasSize(59).contains("1010,1.00").doesNotContain("1030,1.00");
    assertThat(wallets(1_100, 1_101)).containsExactly("1101,2.00");
  }

  @Test
  void aTargetThatDiesInABacklogHasEachTransactionOnce() throws Exception {
    String[] statements = new String[4_000];
    for (int i = 0; i < statements.length; i++) {
      statements[i] =
          i % 4 == 3
              ? "UPDATE account.wallet SET balance = balance + 1, version = version + 1 WHERE id = "
                  + (2_000_000 + i - 3)
              : "INSERT INTO account.wallet VALUES (%d, %d, 'w', 1, 0, NULL)"
                  .formatted(2_000_000 + i, i / 4 % 512);
    }
    cells.run(NORTH, statements);
    String count = "SELECT COUNT(*) FROM account.wallet WHERE id >= 2000000";
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      for (int kill = 1; kill <= 2; kill++) {
        int least = kill * 600;
        TwoCells.await(
            "some of the backlog",
            Duration.ofSeconds(30),
            () -> Integer.parseInt(cells.query(SOUTH, count).get(0)) >= least);
        cells.server(SOUTH).kill();
        cells.startServer(SOUTH);
      }
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
      assertThat(pipeline.status().stranded()).isZero();
    }
    String all = "SELECT * FROM account.wallet WHERE id >= 2000000 ORDER BY id";
    assertThat(cells.query(SOUTH, all)).isEqualTo(cells.query(NORTH, all)).hasSize(3_000);
  }
}
