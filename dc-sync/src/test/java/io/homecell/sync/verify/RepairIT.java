package io.homecell.sync.verify;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.Cells;
import io.homecell.sync.ThreeCells;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling;
import io.homecell.sync.verify.RepairedRow.Outcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three cells, so that what is mended in one could go astray to another. */
@Timeout(120)
class RepairIT {
  private static final Scope WALLETS = new Scope(Optional.empty(), Optional.of("account.wallet"));
  private static final Scope TYPES = new Scope(Optional.empty(), Optional.of("account.every_type"));
  private static final String LOCALLY = "SET sql_log_bin = 0";

  private static ThreeCells cells;
  private static final List<Pipeline> PIPELINES = new ArrayList<>();

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = ThreeCells.start(folder);
    for (String source : ThreeCells.ALL) {
      for (String target : ThreeCells.ALL) {
        if (!source.equals(target)) {
          PIPELINES.add(cells.pipeline(source, target));
        }
      }
    }
    for (Pipeline pipeline : PIPELINES) {
      Cells.awaitState(pipeline, State.STREAMING);
    }
  }

  @AfterAll
  static void stop() {
    PIPELINES.forEach(Pipeline::close);
    cells.close();
  }

  private static RepairResult repair(
      String from, String to, Scope scope, boolean dryRun, boolean deleting) throws Exception {
    List<CellDatabase> group = ThreeCells.ALL.stream().map(cells::database).toList();
    return new Repair(
            cells.database(from),
            cells.database(to),
            group,
            Map.of(),
            new Repair.Order(scope, Duration.ofSeconds(60), dryRun, deleting, "ann", "a test"))
        .run(
            new PipelineVerification(
                cells.database(NORTH),
                cells.database(SOUTH),
                new CarriedTables.AllBut(FrameworkTables.LOCAL),
                new CopyVerification.NothingKept(),
                Throttling.NONE,
                new SimpleMeterRegistry()));
  }

  /** No cell lacks a transaction that another has by now, one that mended a row among them. */
  private static void awaitAll() throws Exception {
    for (String source : ThreeCells.ALL) {
      for (String target : ThreeCells.ALL) {
        if (!source.equals(target)) {
          cells.awaitArrival(source, target);
        }
      }
    }
  }

  @Test
  void rowsAreMadeAsTheirOwnerHasThemWhileItWritesThemAndNobodyElseSeesIt() throws Exception {
    for (int id = 0; id < 8; id++) {
      cells.run(
          NORTH,
          "INSERT INTO account.wallet VALUES (%d, %d, 'w', 100, 0, NOW(6))".formatted(id, id));
    }
    awaitAll();
    // changed, missing, one too many
    cells.run(SOUTH, LOCALLY, "UPDATE account.wallet SET balance = 1, holder = NULL WHERE id < 3");
    cells.run(SOUTH, LOCALLY, "DELETE FROM account.wallet WHERE id = 3");
    cells.run(SOUTH, LOCALLY, "INSERT INTO account.wallet VALUES (99, 3, 'w', 100, 0, NOW(6))");
    AtomicBoolean stopping = new AtomicBoolean();
    AtomicLong written = new AtomicLong();
    CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> write(stopping, written));
    try {
      Cells.await("writes", Duration.ofSeconds(20), () -> written.get() > 20);
      RepairResult planned = repair(NORTH, SOUTH, WALLETS, true, false);
      assertThat(planned.mended()).isZero();
      assertThat(planned.left()).isBetween(5L, 6L);
      assertThat(planned.rows())
          .extracting(RepairedRow::outcome)
          .containsOnly(Outcome.WOULD_BE_MENDED);

      RepairResult mended = repair(NORTH, SOUTH, WALLETS, false, false);
      assertThat(mended.rows())
          .filteredOn(row -> row.outcome() == Outcome.NOT_DELETED)
          .extracting(RepairedRow::key)
          .containsExactly(Map.of("id", "99"));
      assertThat(mended.left()).isEqualTo(1);
      assertThat(mended.mended()).isGreaterThanOrEqualTo(4);

      RepairResult deleted = repair(NORTH, SOUTH, WALLETS, false, true);
      assertThat(deleted.left()).isZero();
      assertThat(deleted.mended()).isEqualTo(1);
    } finally {
      stopping.set(true);
      writer.join();
    }
    awaitAll();
    List<String> right = cells.query(NORTH, "SELECT * FROM account.wallet ORDER BY id");
    assertThat(right).hasSize(8);
    assertThat(cells.query(SOUTH, "SELECT * FROM account.wallet ORDER BY id")).isEqualTo(right);
    assertThat(cells.query(WEST, "SELECT * FROM account.wallet ORDER BY id")).isEqualTo(right);
    for (String cell : ThreeCells.ALL) {
      assertThat(cells.query(cell, "SELECT gtid FROM homecell.hc_stranded")).isEmpty();
    }
    assertThat(PIPELINES)
        .allSatisfy(one -> assertThat(one.status().detail()).isEmpty())
        .allSatisfy(one -> assertThat(one.status().stranded()).isZero());
  }

  private static void write(AtomicBoolean stopping, AtomicLong written) {
    try (Connection connection = cells.server(NORTH).rootConnection();
        Statement statement = connection.createStatement()) {
      while (!stopping.get()) {
        long n = written.getAndIncrement();
        statement.execute(
            "UPDATE account.wallet SET balance = balance + 1, version = version + 1 WHERE id = "
                + (4 + n % 4));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void everyTypeIsWrittenExactlyAndOnlyTheOwnerIsRight() throws Exception {
    cells.run(
        NORTH,
        "SET SESSION sql_mode = ''",
        "INSERT INTO account.every_type SET id = 1, slot = 1, big_unsigned = 18446744073709551615,"
            + " exact = 12345678901234567890123456789012345.123456789012345678901234567891,"
            + " single_real = 1.17549e-38, double_real = -0.1, bits = b'101', latin = 'Größe',"
            + " document = JSON_OBJECT('a', JSON_ARRAY(1, NULL, 2.50, CAST(3 AS UNSIGNED), x'00ff',"
            + " CAST('2026-01-02' AS DATE), CAST('-100:00:00' AS TIME))), kind = 'PAID', tags = 'a,c', fixed_bytes = x'00ff',"
            + " moment = '9999-12-31 23:59:59.999999', stamp = '2026-03-29 02:30:00.123456',"
            + " time_of_day = '-838:59:58.999999', a_year = 2155, number = 3");
    awaitAll();
    String row = cells.query(NORTH, "SELECT * FROM account.every_type").toString();
    String parts =
        "SELECT JSON_TYPE(part) FROM account.every_type, JSON_TABLE(document, '$.a[*]'"
            + " COLUMNS (part JSON PATH '$')) parts";
    assertThat(cells.query(NORTH, parts)).contains("DECIMAL", "UNSIGNED INTEGER", "BLOB", "TIME");
    cells.run(SOUTH, LOCALLY, "DELETE FROM account.every_type");
    RepairResult wrong = repair(SOUTH, NORTH, TYPES, false, true);
    assertThat(wrong.rows())
        .singleElement()
        .satisfies(one -> assertThat(one.outcome()).isEqualTo(Outcome.NOT_THE_OWNER))
        .satisfies(one -> assertThat(one.detail()).isEqualTo("slot 1 is owned by north-1"));
    assertThat(cells.query(NORTH, "SELECT * FROM account.every_type")).hasToString(row);

    assertThat(repair(NORTH, SOUTH, TYPES, false, false).left()).isZero();
    assertThat(cells.query(SOUTH, "SELECT * FROM account.every_type")).hasToString(row);
    assertThat(cells.query(SOUTH, parts)).isEqualTo(cells.query(NORTH, parts));

    // a peer that is away: nothing is changed, and nothing is left behind
    cells.run(SOUTH, LOCALLY, "UPDATE account.every_type SET number = 4");
    cells.server(WEST).kill();
    try {
      assertThat(repairFails()).contains("west-1").doesNotContain("null");
      assertThat(cells.query(SOUTH, "SELECT number FROM account.every_type")).containsExactly("4");
    } finally {
      cells.startServer(WEST);
    }
    assertThat(repair(NORTH, SOUTH, TYPES, false, false).left()).isZero();
    assertThat(cells.query(SOUTH, "SELECT * FROM account.every_type")).hasToString(row);
    awaitAll();
  }

  private static String repairFails() throws Exception {
    try {
      return repair(NORTH, SOUTH, TYPES, false, false).rows().toString();
    } catch (SQLException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
