package io.homecell.sync.apply;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.await;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.TwoCells;
import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.capture.TransactionAssembler;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.stranded.Decision;
import io.homecell.sync.stranded.StrandedRefusedException;
import io.homecell.sync.stranded.StrandedTransactions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tables without a key between two cells. What passes for one row is in the scenario files. */
@Timeout(120)
class KeylessIT {
  private static final TableName TALLY = new TableName("trade", "tally");
  private static final List<String> COLUMNS = List.of("v", "n");

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "CREATE TABLE trade.tally (v VARCHAR(20), n INT)",
          "CREATE TABLE account.mark (slot SMALLINT UNSIGNED NOT NULL, v VARCHAR(20), n INT)",
          "CREATE TABLE trade.maybe (code INT UNIQUE, v VARCHAR(20))");
    }
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  @BeforeEach
  void empty() throws Exception {
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(cell, "SET sql_log_bin = 0", "DELETE FROM trade.tally", "DELETE FROM account.mark");
    }
  }

  private static List<String> rows(String cell, String table) throws SQLException {
    return cells.query(cell, "SELECT * FROM " + table).stream().sorted().toList();
  }

  private static void requireEqual(String... tables) throws Exception {
    for (String table : tables) {
      assertThat(rows(SOUTH, table)).as(table).isEqualTo(rows(NORTH, table));
    }
  }

  /** Statements by chance, of few different rows. */
  private static Callable<Void> load(long seed, int count) {
    Set<Integer> refused = Set.of(1062, 1205, 1213);
    return () -> {
      Random random = new Random(seed);
      try (Connection connection = cells.server(NORTH).rootConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        for (int i = 0; i < count; i++) {
          try {
            for (int rows = random.nextInt(3); rows >= 0; rows--) {
              statement.execute(any(random));
            }
            connection.commit();
          } catch (SQLException e) {
            connection.rollback();
            if (!refused.contains(e.getErrorCode())) {
              throw e;
            }
          }
        }
      }
      return null;
    };
  }

  private static String any(Random random) {
    String[] texts = {"'a'", "'A'", "'a '", "NULL", "'ä'"};
    String v = texts[random.nextInt(texts.length)];
    String w = texts[random.nextInt(texts.length)];
    int n = random.nextInt(3);
    return switch (random.nextInt(8)) {
      case 0 -> "INSERT INTO trade.tally VALUES (%s, %d), (%s, %d)".formatted(v, n, w, n);
      case 1 -> "UPDATE trade.tally SET v = %s WHERE n = %d LIMIT 1".formatted(v, n);
      case 2 -> "DELETE FROM trade.tally WHERE v <=> %s LIMIT 1".formatted(v);
      case 3 -> "INSERT INTO account.mark VALUES (%d, %s, %d)".formatted(n, v, n);
      case 4 -> "UPDATE account.mark SET v = %s WHERE slot = %d LIMIT 2".formatted(v, n);
      case 5 -> "DELETE FROM account.mark WHERE slot = %d AND v <=> %s LIMIT 1".formatted(n, v);
      case 6 ->
          "INSERT INTO trade.maybe VALUES (%s, %s)".formatted(n == 0 ? "NULL" : n + "" + n, v);
      default -> "DELETE FROM trade.maybe WHERE v <=> %s LIMIT 1".formatted(v);
    };
  }

  @Test
  void whatSeveralWritersDoToEqualRowsArrives() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(4);
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      List<Future<Void>> loads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        loads.add(writers.submit(load(i, 150)));
      }
      for (Future<Void> load : loads) {
        load.get();
      }
      cells.awaitArrival(NORTH, SOUTH);
      requireEqual("trade.tally", "account.mark", "trade.maybe");
      assertThat(pipeline.status().conflicts()).isZero();
      assertThat(rows(SOUTH, "trade.tally")).isNotEmpty();
    } finally {
      writers.shutdownNow();
    }
  }

  @Test
  void aRowThatIsNotThereStopsItsTableAndNothingElse() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(NORTH, "INSERT INTO trade.tally VALUES ('lost', 1), ('kept', 1)");
      cells.awaitArrival(NORTH, SOUTH);
      long stranded = pipeline.status().stranded();
      cells.run(SOUTH, "SET sql_log_bin = 0", "UPDATE trade.tally SET v = 'LOST' WHERE v = 'lost'");
      for (String change :
          List.of("UPDATE trade.tally SET n = 2", "DELETE FROM trade.tally WHERE v = 'lost'")) {
        cells.run(NORTH, change + " LIMIT 1", "INSERT INTO trade.tally VALUES ('behind', 1)");
      }
      cells.run(NORTH, "INSERT INTO account.wallet VALUES (77, 1, 'w', 1, 0, NULL)");
      awaitState(pipeline, State.BROKEN);
      await(
          "a row of another table",
          Duration.ofSeconds(20),
          () -> !cells.query(SOUTH, "SELECT id FROM account.wallet WHERE id = 77").isEmpty());
      assertThat(pipeline.status().detail())
          .startsWith("TRANSACTION_REFUSED: " + cells.uuid(NORTH))
          .contains("trade.tally has no key, and no row at the target is as the source had it")
          .contains(": v=lost n=1; put that row there");
      assertThat(rows(SOUTH, "trade.tally")).containsExactly("LOST,1", "kept,1");

      cells.run(SOUTH, "SET sql_log_bin = 0", "UPDATE trade.tally SET v = 'lost' WHERE v = 'LOST'");
      awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
      requireEqual("trade.tally");
      assertThat(pipeline.status().conflicts()).isZero();
      assertThat(pipeline.status().stranded()).isEqualTo(stranded);
    }
  }

  @Test
  void aLargeTransactionChangesEachRowOnceAndStopsAtOneThatIsNotThere() throws Exception {
    try (Pipeline pipeline =
        Pipeline.start(
            cells
                .settings(NORTH, SOUTH)
                .withTransactionLimits(new TransactionAssembler.Limits(300, 1 << 20)),
            new SimpleMeterRegistry())) {
      cells.run(
          NORTH,
          "BEGIN",
          "INSERT INTO trade.tally SELECT 'same', n DIV 100 FROM (WITH RECURSIVE c (n) AS (SELECT 0"
              + " UNION ALL SELECT n + 1 FROM c WHERE n < 899) SELECT n FROM c) x",
          "UPDATE trade.tally SET v = 'other' WHERE n = 3 LIMIT 50",
          "DELETE FROM trade.tally WHERE n = 4 LIMIT 99",
          "COMMIT");
      cells.awaitArrival(NORTH, SOUTH);
      requireEqual("trade.tally");
      assertThat(rows(SOUTH, "trade.tally")).hasSize(801);

      cells.run(
          SOUTH, "SET sql_log_bin = 0", "UPDATE trade.tally SET v = 'Other' WHERE n = 3 LIMIT 1");
      cells.run(NORTH, "UPDATE trade.tally SET n = n + 1 ORDER BY n DESC");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .startsWith("TRANSACTION_REFUSED")
          .contains("trade.tally has no key", "n=3");
      assertThat(cells.query(SOUTH, "SELECT MAX(n) FROM trade.tally")).containsExactly("8");
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM trade.tally");
      cells.run(SOUTH, "SET sql_log_bin = 0", "INSERT INTO trade.tally " + before());
      cells.awaitArrival(NORTH, SOUTH);
      requireEqual("trade.tally");
    }
  }

  /** The rows of north as they were one update ago. */
  private static String before() throws SQLException {
    return "VALUES "
        + String.join(
            ",",
            cells.query(NORTH, "SELECT CONCAT('(', QUOTE(v), ', ', n - 1, ')') FROM trade.tally"));
  }

  @Test
  void aStrandedTransactionIsReplayedWhereItsRowsAre() throws Exception {
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "INSERT INTO account.mark VALUES (5, 'A', 1), (5, 'a', 1), (5, 'a', 1), (5, NULL, 2),"
              + " (5, 'gone', 3)",
          "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = 5");
    }
    cells.run(SOUTH, "SET sql_log_bin = 0", "UPDATE account.mark SET n = 4 WHERE v = 'gone'");
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_lease SET expires_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR");
    cells.run(
        NORTH,
        "BEGIN",
        "INSERT INTO account.mark VALUES (5, 'A', 1)",
        "UPDATE account.mark SET n = 9 WHERE BINARY v = 'a' LIMIT 1",
        "DELETE FROM account.mark WHERE v IS NULL",
        "COMMIT",
        "UPDATE account.mark SET n = 5 WHERE v = 'gone'");
    StrandedTransactions stranded = new StrandedTransactions(cells.database(SOUTH));
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      await("stranded", Duration.ofSeconds(5), () -> pipeline.status().stranded() == 2);
    }
    List<String> kept =
        cells.query(
            SOUTH,
            "SELECT gtid FROM homecell.hc_stranded ORDER BY committed_at, LENGTH(gtid), gtid");
    stranded.replay(new Decision(kept.get(0), "ann", "", false));
    assertThat(rows(SOUTH, "account.mark"))
        .containsExactlyInAnyOrder("5,A,1", "5,A,1", "5,a,1", "5,a,9", "5,gone,4");
    assertThatThrownBy(() -> stranded.replay(new Decision(kept.get(1), "ann", "", false)))
        .isInstanceOf(StrandedRefusedException.class)
        .hasMessageContaining("1 rows are not as it had found them: account.mark");
    stranded.replay(new Decision(kept.get(1), "ann", "agreed", true));
    assertThat(rows(SOUTH, "account.mark")).contains("5,gone,4", "5,gone,5").hasSize(6);
  }

  private static Row row(@Nullable String v, long n) {
    return new Row(COLUMNS, new @Nullable Object[] {v, n});
  }

  /** It was empty in the middle of the window: what is missing was of a row from before. */
  @Test
  void inALoadsWindowWhatIsMissingIsPassedOver() throws Exception {
    TableShapes shapes = new TableShapes();
    try (Connection connection = cells.server(SOUTH).rootConnection()) {
      shapes.load(connection, TALLY);
    }
    Gtid gtid = new Gtid("55555555-5555-5555-5555-555555555555", 1);
    GtidSet window = new GtidSet();
    window.add(gtid);
    List<RowChange> changes =
        List.of(
            new RowChange.Update(TALLY, row("old", 1), row("old", 2)),
            new RowChange.Insert(TALLY, row("a", 1)),
            new RowChange.Insert(TALLY, row("a", 1)),
            new RowChange.Delete(TALLY, row("old", 2)),
            new RowChange.Update(TALLY, row("a", 1), row(null, 2)),
            new RowChange.Insert(TALLY, row("b", 1)),
            new RowChange.Delete(TALLY, row("b", 1)));
    try (TransactionApplier applier =
        TransactionApplier.open(
            cells.database(SOUTH), shapes, new Origins(cells.database(SOUTH)), window)) {
      SourceTransaction transaction = new SourceTransaction(gtid, Instant.now(), changes, 100);
      assertThat(applier.apply(Plan.of(transaction, shapes)))
          .isEqualTo(new Outcome(Kind.APPLIED, 7, 0));
      assertThat(applier.apply(Plan.of(transaction, shapes)).kind()).isEqualTo(Kind.SKIPPED);
    }
    assertThat(rows(SOUTH, "trade.tally")).containsExactly("a,1", "null,2");
  }
}
