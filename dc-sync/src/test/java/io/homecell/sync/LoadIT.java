package io.homecell.sync;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology;
import io.homecell.sync.load.LoadPlan;
import io.homecell.sync.load.LoadRefusedException;
import io.homecell.sync.load.LoadRequests;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** South is empty, north is at work; every slot is north's. */
@Timeout(180)
class LoadIT {
  private static final int ROWS = 50_000;
  private static final String NUMBERS =
      "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
          + " SELECT n FROM c) x";

  private TwoCells cells;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    cells.run(NORTH, "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = epoch + 1");
    cells.run(
        NORTH,
        "CREATE TABLE trade.ticket (code VARCHAR(20) COLLATE utf8mb4_0900_ai_ci NOT NULL,"
            + " part INT NOT NULL, slot SMALLINT UNSIGNED NOT NULL, seat INT NULL, note TEXT,"
            + " PRIMARY KEY (code, part), UNIQUE (seat))",
        "SET SESSION cte_max_recursion_depth = " + (ROWS + 1),
        "INSERT INTO account.wallet SELECT n, n % 1000, 'w', n, 0, NULL FROM "
            + NUMBERS.formatted(ROWS),
        "INSERT INTO trade.ticket SELECT CONCAT('T', n DIV 3), n % 3, n % 1000, n, 'x' FROM "
            + NUMBERS.formatted(9_000));
    everyType();
  }

  @AfterEach
  void stop() {
    cells.close();
  }

  /** Rows that are easily distorted. */
  private void everyType() throws SQLException {
    String insert = "INSERT INTO account.every_type SET id = %d, slot = 1, ";
    cells.run(
        NORTH,
        "SET SESSION sql_mode = ''",
        insert.formatted(1)
            + "big = -9223372036854775808, big_unsigned = 18446744073709551615, number = 7,"
            + " exact = 12345678901234567890123456789012345.123456789012345678901234567891,"
            + " single_real = 1.17549e-38, double_real = 1.7976931348623157e308,"
            + " bits = b'1000000000001', one_bit = b'1', name = 'it''s \\\\ \uD83D\uDE00',"
            + " latin = '\u00e9\u20ac', fixed = 'a', document = '{\"a\": [1, 2.5, \"x\"]}',"
            + " kind = 'it''s, odd', tags = 'a,c', fixed_bytes = x'00ff', some_bytes = x'0027',"
            + " blob_bytes = x'', day = '1000-01-01', moment = '9999-12-31 23:59:59.999999',"
            + " stamp = '2038-01-19 03:14:07.999999', time_of_day = '-838:59:59', a_year = 2155",
        insert.formatted(2)
            + "double_real = -0e0, single_real = 0.1, day = '0000-00-00', kind = 'none',"
            + " moment = '0000-00-00 00:00:00', a_year = 0, long_text = '', tags = ''",
        insert.formatted(3) + "name = NULL",
        "CREATE TABLE trade.json_source (ts TIMESTAMP(6) NULL, tb TINYBLOB, bb BLOB, mb MEDIUMBLOB, lb"
            + " LONGBLOB, b4 BINARY(4), bits BIT(12))",
        "INSERT INTO trade.json_source VALUES ('2026-01-02 03:04:05.000006', x'00', REPEAT(x'ff',"
            + " 200), x'0102', x'', x'00ff', b'100000000001')",
        insert.formatted(4)
            + "kind = 'none', document = JSON_OBJECT('d', 1.50, 'day', CAST('2026-01-02' AS DATE),"
            + " 't', CAST('-100:00:00.25' AS TIME(6)), 'm', CAST('2026-01-02 03:04:05' AS DATETIME),"
            + " 'u', CAST(5 AS UNSIGNED), 's', CAST(5000000000 AS SIGNED), 'b', x'00ff',"
            + " 'it''s \"q\" |', JSON_ARRAY(1, -0e0, 1e0, 1e21, 0.25, 7., TRUE, NULL, 'base64:type252:AP8=',"
            + " 18446744073709551615, -9223372036854775808, 5000000000, JSON_ARRAY(JSON_OBJECT('x',"
            + " JSON_ARRAY(2.5, JSON_OBJECT('y', 3.5))), 4.5), JSON_OBJECT()))",
        "INSERT INTO account.every_type (id, slot, document) SELECT 5, 1, JSON_ARRAY(ts, tb, bb, mb, lb,"
            + " b4, bits, JSON_OBJECT('ts', ts)) FROM trade.json_source",
        "INSERT INTO account.every_type (id, slot, document) SELECT 6, 1, CAST(ts AS JSON) FROM"
            + " trade.json_source",
        insert.formatted(7) + "document = CAST(CAST(3 AS UNSIGNED) AS JSON)",
        insert.formatted(8) + "document = '\"text\"'",
        insert.formatted(9) + "document = CAST(-0.001 AS JSON)",
        "DROP TABLE trade.json_source");
  }

  /** Both logs have each row once more when it is deleted: as it is stored there. */
  private void assertEveryTypeIsStoredAlike() throws Exception {
    cells.run(NORTH, "DELETE FROM account.every_type");
    cells.awaitArrival(NORTH, SOUTH);
    Map<String, String> here = LoggedRows.read(cells.data(SOUTH));
    here.keySet().removeIf(key -> !key.endsWith(" account.every_type"));
    assertThat(here).hasSize(1); // nothing of the copy was logged
    assertThat(LoggedRows.read(cells.data(NORTH))).containsAllEntriesOf(here);
  }

  @Test
  void everyTypeIsCopiedBitByBit() throws Exception {
    requests().begin(false, "test");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitDone(pipeline);
      assertEqualAtRest();
      assertEveryTypeIsStoredAlike();
    }
  }

  @Test
  void aCellIsLoadedByTheLogItself() throws Exception {
    cells.captureBy(Topology.Capture.BINLOG);
    try (TicketLoad writers = TicketLoad.start(cells)) {
      writers.awaitCommitted(50);
      requests().begin(false, "test");
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        awaitDone(pipeline);
        TwoCells.awaitState(pipeline, State.STREAMING);
        writers.close();
        assertEqualAtRest();
        assertEveryTypeIsStoredAlike();
      }
    }
  }

  private LoadRequests requests() {
    return new LoadRequests(cells.database(NORTH), cells.database(SOUTH));
  }

  private void awaitDone(Pipeline pipeline) throws Exception {
    TwoCells.await(
        "the end of the load, it is at " + pipeline.status(),
        Duration.ofSeconds(90),
        () -> {
          assertThat(pipeline.status().detail()).doesNotContain("LOAD_DISTURBED");
          return phase().equals("DONE");
        });
  }

  private String phase() throws SQLException {
    return cells.query(SOUTH, "SELECT phase FROM homecell.hc_load").stream()
        .findFirst()
        .orElse("NONE");
  }

  private List<String> checksums(String cell) throws SQLException {
    return cells.query(
        cell,
        "CHECKSUM TABLE account.wallet, account.entry, account.every_type, trade.product,"
            + " trade.ticket, trade.no_key, homecell.hc_slot, homecell.hc_server");
  }

  private void assertEqualAtRest() throws Exception {
    cells.awaitArrival(NORTH, SOUTH);
    assertThat(checksums(SOUTH)).isEqualTo(checksums(NORTH));
  }

  @Test
  void anEmptyCellBecomesEqualWhileItsSourceIsWritten() throws Exception {
    try (TicketLoad writers = TicketLoad.start(cells)) {
      writers.awaitCommitted(200);
      LoadPlan plan = requests().begin(false, "test");
      assertThat(plan.tables()).contains(new LoadPlan.Table("account.every_type", 9));
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH);
          Pipeline back = cells.pipeline(SOUTH, NORTH)) {
        TwoCells.await(
            "progress",
            Duration.ofSeconds(60),
            () ->
                pipeline
                    .status()
                    .detail()
                    .matches(
                        "loads from north-1: table \\d of 6, [a-z.]+, \\d+ of \\d+ rows, \\d+ %"));
        assertThat(pipeline.status().state()).isEqualTo(State.LOADING);
        awaitDone(pipeline);
        TwoCells.awaitState(pipeline, State.STREAMING);
        long committed = writers.committed();
        writers.awaitCommitted(committed + 50); // strict again, and still right
        writers.close();
        assertThat(committed).isGreaterThan(200);
        assertEqualAtRest();
        assertThat(pipeline.status().conflicts()).isZero();
        assertThat(pipeline.status().stranded()).isZero();
        assertThat(cells.query(SOUTH, "SELECT COUNT(*) FROM account.every_type"))
            .containsExactly("9");
        TwoCells.awaitState(back, State.STREAMING);
      }
    }
    assertThat(cells.executed(NORTH).subtract(cells.executed(SOUTH)).size()).isLessThan(5);
  }

  @Test
  void aKilledWorkerAndAKilledTargetGoOnWhereTheyWere(@TempDir Path folder) throws Exception {
    SyncProcess south = new SyncProcess(cells, "south", folder.resolve("sync-south"));
    south.start();
    south.awaitReady();
    try (Connection holding = cells.server(SOUTH).rootConnection();
        Statement locks = holding.createStatement()) {
      holdCopy(locks);
      assertThat(south.post("/sync/load", "{\"pipeline\": \"south-1-north-1\"}"))
          .contains("expected: one of [north-1-south-1]");
      assertThat(
              south.post("/sync/load", "{\"pipeline\": \"north-1-south-1\", \"by\": \"a test\"}"))
          .contains("account.wallet");
      awaitCopied(10_000);
      south.kill();
      assertThat(phase()).isEqualTo("COPYING");
      locks.executeQuery("SELECT RELEASE_LOCK('first')").close();
      south.start();
      awaitCopied(25_000);
      assertThat(phase()).isEqualTo("COPYING");
      cells.server(SOUTH).kill();
      holding.abort(Runnable::run); // or its close would speak to a server that is gone
      cells.startServer(SOUTH);
      TwoCells.await("the end", Duration.ofSeconds(90), () -> phase().equals("DONE"));
      // each row was read once, whatever was killed
      assertThat(copied()).isEqualTo(ROWS);
      assertEqualAtRest();
      TwoCells.await(
          "streaming", Duration.ofSeconds(20), () -> south.get("/sync").contains("STREAMING"));
    } finally {
      south.kill();
    }
  }

  /**
   * Holds up the copy of the wallets behind 10,000 rows, until a lock is released, and behind
   * 26,000: what is killed is killed in the middle, however fast it is.
   */
  private void holdCopy(Statement locks) throws SQLException {
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "CREATE TRIGGER homecell.held BEFORE UPDATE ON homecell.hc_load_table FOR EACH ROW"
            + " SET @held = IF(NEW.table_name = 'wallet' AND NEW.rows_copied > 10000,"
            + " GET_LOCK(IF(NEW.rows_copied > 26000, 'second', 'first'), 100), 0)");
    locks.executeQuery("SELECT GET_LOCK('first', 0), GET_LOCK('second', 0)").close();
  }

  private long copied() throws SQLException {
    return cells
        .query(SOUTH, "SELECT rows_copied FROM homecell.hc_load_table WHERE table_name = 'wallet'")
        .stream()
        .mapToLong(Long::parseLong)
        .sum();
  }

  private void awaitCopied(long rows) throws Exception {
    TwoCells.await(rows + " rows", Duration.ofSeconds(90), () -> copied() >= rows);
  }

  @Test
  void whatSpeaksAgainstALoadIsNamedAndAPurgedHistoryIsHealedByOne() throws Exception {
    cells.run(
        NORTH,
        "CREATE TABLE trade.parent (id INT PRIMARY KEY)",
        "CREATE TABLE trade.child (id INT PRIMARY KEY, parent INT, CONSTRAINT of_parent FOREIGN KEY"
            + " (parent) REFERENCES trade.parent (id) ON DELETE CASCADE)",
        "INSERT INTO trade.no_key VALUES (1, 'x')",
        "UPDATE homecell.hc_slot SET owner = 'south-1' WHERE slot = 7");
    assertThat(requests().plan(false).refusals())
        .anyMatch(one -> one.startsWith("south-1 owns 1 slots by the rows of north-1"))
        .anyMatch(one -> one.startsWith("trade.child has the foreign key of_parent"))
        .anyMatch(one -> one.startsWith("trade.no_key has rows and no primary key"))
        .hasSize(3);
    String lost = cells.uuid(SOUTH) + ":900";
    cells.run(NORTH, "SET GTID_NEXT = '" + lost + "'", "BEGIN", "COMMIT");
    assertThat(requests().plan(false).refusals())
        .anyMatch(one -> one.contains(lost) && one.contains("remove auto.cnf"));
    cells.run(SOUTH, "SET GTID_NEXT = '" + lost + "'", "BEGIN", "COMMIT");

    assertThatThrownBy(() -> requests().begin(true, "test"))
        .isInstanceOf(LoadRefusedException.class);
    assertThat(phase()).isEqualTo("NONE");
    cells.run(
        NORTH,
        "DROP TABLE trade.child",
        "TRUNCATE trade.no_key",
        "UPDATE homecell.hc_slot SET owner = 'north-1' WHERE slot = 7");

    cells.run(SOUTH, "SET sql_log_bin = 0", "INSERT INTO trade.product VALUES ('old', 1)");
    cells.purgeLogs(NORTH);
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      TwoCells.awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .startsWith("PURGED_AT_SOURCE")
          .contains("cellctl sync load --cell south-1 --from north-1 --restart");
      assertThat(requests().plan(false).refusals())
          .singleElement()
          .asString()
          .contains("south-1 is not empty: trade.product")
          .contains("--restart");
      requests().begin(true, "test");
      awaitDone(pipeline);
      TwoCells.awaitState(pipeline, State.STREAMING);
      assertEqualAtRest();
    }
    assertThat(cells.query(SOUTH, "SELECT COUNT(*) FROM trade.product")).containsExactly("0");
    assertThat(requests().plan(false).refusals()).hasSize(1);
  }

  @Test
  void aLargeTransactionMeanwhileAndASchemaChangeThatStopsTheLoad() throws Exception {
    requests().begin(false, "test");
    try (Connection lock = cells.server(SOUTH).rootConnection();
        Statement statement = lock.createStatement()) {
      statement.execute("BEGIN");
      statement.execute("SELECT * FROM homecell.hc_load_table FOR UPDATE");
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        TwoCells.await(
            "the position is taken",
            Duration.ofSeconds(60),
            () ->
                cells.query(SOUTH, "SELECT info FROM information_schema.processlist").stream()
                    .anyMatch(info -> info.startsWith("INSERT INTO homecell.hc_load_table")));
        // copied as it is after them, and applied again: in parts, since it is large
        cells.run(
            NORTH,
            "SET SESSION cte_max_recursion_depth = 12001",
            "INSERT INTO account.entry SELECT n, 1, n % 1000, 1 FROM " + NUMBERS.formatted(12_000));
        cells.run(NORTH, "ALTER TABLE trade.product ADD COLUMN note VARCHAR(10)");
        statement.execute("ROLLBACK");
        TwoCells.awaitState(pipeline, State.BROKEN);
        assertThat(pipeline.status().detail())
            .startsWith("loading: LOAD_DISTURBED")
            .contains("ALTER TABLE trade.product")
            .contains("cellctl sync load --restart");
        assertThat(cells.query(SOUTH, "CHECKSUM TABLE account.entry"))
            .isEqualTo(cells.query(NORTH, "CHECKSUM TABLE account.entry"));
        assertThat(pipeline.status().applied()).isPositive();
        assertThat(pipeline.status().conflicts()).isZero();
        assertThat(requests().plan(false).refusals())
            .singleElement()
            .asString()
            .contains("is being loaded from north-1");
        requests().begin(true, "test");
        TwoCells.await("the end", Duration.ofSeconds(60), () -> phase().equals("DONE"));
        cells.run(NORTH, "INSERT INTO trade.product VALUES ('a', 1.50, 'new')");
        assertEqualAtRest();
      }
    }
    assertThat(cells.query(SOUTH, "SELECT * FROM trade.product")).containsExactly("a,1.50,new");
  }
}
