package io.homecell.sync.capture;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology;
import io.homecell.sync.TwoCells;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.GtidSet;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only the capture of the log itself can do, and what it refuses by name. */
@Timeout(120)
class BinlogCaptureIT {
  private static final CarriedTables EVERYTHING = new CarriedTables.AllBut(FrameworkTables.LOCAL);
  private static final TransactionAssembler.Limits LIMITS =
      new TransactionAssembler.Limits(1_000, 1 << 20);

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
    cells.captureBy(Topology.Capture.BINLOG);
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  /** Whatever is on its way stays there. */
  @AfterEach
  void leaveOut() throws Exception {
    String missing =
        cells
            .query(NORTH, "SELECT GTID_SUBTRACT(@@gtid_executed, '" + cells.executed(SOUTH) + "')")
            .get(0);
    cells.run(SOUTH, "SET GLOBAL gtid_purged = '+" + missing.replace("\n", "") + "'");
  }

  @Test
  void rowsOlderThanAChangeOfTheirTableAreReadAsTheyWereWritten() throws Exception {
    cells.run(
        NORTH,
        "USE account",
        "CREATE TABLE shape (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, gone BIGINT"
            + " UNSIGNED, size TINYINT UNSIGNED, kind ENUM('a', 'b'), word VARCHAR(20) CHARACTER SET"
            + " latin1)",
        "INSERT INTO shape VALUES (1, 1, 18446744073709551615, 255, 'b', 'Größe')",
        "ALTER TABLE shape DROP COLUMN gone",
        "INSERT INTO shape VALUES (2, 1, 254, 'a', 'é')",
        "ALTER TABLE shape MODIFY kind ENUM('z', 'a', 'b'), MODIFY word VARCHAR(300) CHARACTER SET"
            + " utf8mb4, MODIFY size VARCHAR(9), ADD COLUMN front INT DEFAULT 8 FIRST",
        "UPDATE shape SET kind = 'z', word = '漢' WHERE id = 2",
        "INSERT INTO shape VALUES (3, 3, 1, 'big', 'b', REPEAT('ß', 200))",
        "ALTER TABLE shape RENAME TO shape_now, RENAME COLUMN size TO extent",
        "CREATE TABLE shape_gone (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL)",
        "INSERT INTO shape_gone VALUES (1, 1)",
        "DROP TABLE shape_gone");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    String all = "SELECT * FROM account.shape_now ORDER BY id";
    assertThat(cells.query(SOUTH, all)).isEqualTo(cells.query(NORTH, all)).hasSize(3);
    assertThat(cells.query(SOUTH, "CHECKSUM TABLE account.shape_now"))
        .isEqualTo(cells.query(NORTH, "CHECKSUM TABLE account.shape_now"));
  }

  @Test
  void rowsOfAShapeThatTheTargetLacksAreRefusedByName() throws Exception {
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "CREATE TABLE account.other (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL)");
    cells.run(
        NORTH,
        "SET sql_log_bin = 0",
        "CREATE TABLE account.other (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, n INT)",
        "SET sql_log_bin = 1",
        "INSERT INTO account.other VALUES (1, 1, 1)");
    assertThat(halt()).startsWith("TABLE_UNUSABLE").contains("account.other").contains("n");
  }

  @Test
  void whatASessionsSettingsWouldDistortIsRefusedByName() throws Exception {
    String update = "UPDATE account.wallet SET balance = balance + 1 WHERE id = ";
    cells.run(NORTH, wallet(1), wallet(2));
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().detail()).isEmpty();
    }
    cells.run(NORTH, "SET SESSION binlog_row_image = MINIMAL", update + 1);
    assertThat(halt()).startsWith("SOURCE_SETTINGS").contains("binlog_row_image='FULL'");

    cells.run(NORTH, "SET SESSION binlog_transaction_compression = ON", update + 1);
    assertThat(halt())
        .startsWith("SOURCE_SETTINGS")
        .contains("binlog_transaction_compression='OFF'");

    cells.run(
        NORTH,
        "INSERT INTO account.every_type SET id = 900, slot = 1, document = '{\"a\": \"longer\"}'",
        "SET SESSION binlog_row_value_options = PARTIAL_JSON",
        "UPDATE account.every_type SET document = JSON_SET(document, '$.a', 'x') WHERE id = 900");
    assertThat(halt()).startsWith("SOURCE_SETTINGS").contains("binlog_row_value_options=''");

    cells.run(NORTH, "SET SESSION binlog_format = STATEMENT", update + 1);
    assertThat(halt()).startsWith("SCHEMA_CHANGE").contains("UPDATE account.wallet");

    cells.run(NORTH, "XA START 'x'", update + 1, "XA END 'x'", "XA PREPARE 'x'", "XA ROLLBACK 'x'");
    assertThat(halt()).startsWith("SCHEMA_CHANGE").contains("XA START");
  }

  @Test
  void rowsWithoutNamesOfColumnsAreRefusedByName() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      TwoCells.awaitState(pipeline, State.STREAMING);
      cells.run(
          NORTH,
          "SET GLOBAL binlog_row_metadata = MINIMAL",
          wallet(11),
          "SET GLOBAL binlog_row_metadata = FULL");
      TwoCells.awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .startsWith("SOURCE_SETTINGS")
          .contains("binlog_row_metadata='FULL'");
    }
  }

  @Test
  void savepointsAndEmptyTransactionsAreNothingSpecial() throws Exception {
    cells.run(
        NORTH,
        "BEGIN",
        wallet(21),
        "SAVEPOINT one",
        wallet(22),
        "ROLLBACK TO SAVEPOINT one",
        "SAVEPOINT two",
        wallet(23),
        "COMMIT",
        "SET SESSION binlog_rows_query_log_events = ON",
        wallet(24),
        "BEGIN",
        "UPDATE homecell.hc_job SET epoch = 1 WHERE job = 'none'",
        "COMMIT");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    assertThat(cells.query(SOUTH, "SELECT id FROM account.wallet WHERE id > 20 ORDER BY id"))
        .containsExactly("21", "23", "24");
  }

  @Test
  void aLostConnectionEndsItAndNothingIsReadAgain() throws Exception {
    GtidSet from = cells.executed(NORTH);
    LinkedBlockingQueue<SourceTransaction> taken = new LinkedBlockingQueue<>();
    try (Capture capture = capture(from, taken::add)) {
      cells.run(NORTH, wallet(31));
      SourceTransaction first = taken.poll(20, TimeUnit.SECONDS);
      assertThat(first).isNotNull();
      assertThat(first.changes()).hasSize(1);
      String newest =
          "SELECT MAX(id) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'";
      cells.kill(NORTH, cells.query(NORTH, newest).get(0));
      assertThatThrownBy(() -> capture.ended().get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(IOException.class);
    }
    assertThat(taken).isEmpty();
  }

  @Test
  void aFailingSinkEndsItWithItsReason() throws Exception {
    TransactionSink failing =
        transaction -> {
          throw new IllegalStateException("no more");
        };
    try (Capture capture = capture(cells.executed(NORTH), failing)) {
      cells.run(NORTH, wallet(41));
      assertThatThrownBy(() -> capture.ended().get(20, TimeUnit.SECONDS))
          .hasRootCauseMessage("no more");
    }
  }

  @Test
  void itClosesWhileTheSinkIsFull() throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    Capture capture =
        capture(
            cells.executed(NORTH),
            transaction -> {
              waiting.countDown();
              never.await();
            });
    cells.run(NORTH, wallet(51));
    assertThat(waiting.await(20, TimeUnit.SECONDS)).isTrue();
    long began = System.nanoTime();
    capture.close();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    assertThat(capture.ended()).isCompleted();
  }

  private static Capture capture(GtidSet from, TransactionSink sink) {
    return BinlogCapture.start("test", cells.database(NORTH), 77, from, EVERYTHING, LIMITS, sink);
  }

  private static String wallet(long id) {
    return "INSERT INTO account.wallet VALUES (%d, 1, 'w', 1, 0, NULL)".formatted(id);
  }

  /** Why a pipeline stops; what it stopped at is left out. */
  private String halt() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      TwoCells.awaitState(pipeline, State.BROKEN);
      return pipeline.status().detail();
    } finally {
      leaveOut();
    }
  }
}
