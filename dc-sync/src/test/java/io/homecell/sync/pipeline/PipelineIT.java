package io.homecell.sync.pipeline;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One direction, north to south, unless a test says otherwise; slots 0-511 are north's. */
@Timeout(180)
class PipelineIT {
  static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  private static String wallet(long id, int slot, String balance) {
    return "INSERT INTO account.wallet VALUES (%d, %d, 'w', %s, 0, NULL)"
        .formatted(id, slot, balance);
  }

  private static List<String> wallets(String cell, String where) throws Exception {
    return cells.query(
        cell, "SELECT id, balance, version FROM account.wallet WHERE " + where + " ORDER BY id");
  }

  @Test
  void everyTypeArrivesExactly() throws Exception {
    String insert = "INSERT INTO account.every_type SET id = %d, slot = 1, ";
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(
          NORTH,
          "SET SESSION sql_mode = ''",
          insert.formatted(1)
              + "big = -9223372036854775808, big_unsigned = 18446744073709551615,"
              + " number = -2147483648, number_unsigned = 4294967295, medium = -8388608,"
              + " small = -32768, tiny = -128, tiny_unsigned = 255, flag = 2, flag_bool = TRUE,"
              + " money = -9999999999999999.99,"
              + " exact = 12345678901234567890123456789012345.123456789012345678901234567891,"
              + " exact_unsigned = 99999999999999999999, single_real = 1.17549e-38,"
              + " double_real = 1.7976931348623157e308, bits = b'1000000000001', one_bit = b'1',"
              + " name = 'quote '' back \\\\ null \\0 nl \\n percent % ; -- 😀 Zoë',"
              + " name_bin = 'ÀÉ', latin = 'Größe', fixed = 'a  ', long_text = REPEAT('xyzß', 50000),"
              + " document = '{\"a\": [1, 2.5, null, true, \"ü\\\\\"\"], \"big\": 9223372036854775807}',"
              + " kind = 'it''s, odd', tags = 'a,c', fixed_bytes = x'00ff27',"
              + " some_bytes = x'00275c0aff', blob_bytes = x'', day = '1000-01-01',"
              + " moment = '9999-12-31 23:59:59.999999', moment_milli = '1969-12-31 23:59:59.999',"
              + " moment_second = '2026-03-29 02:30:00', stamp = '2026-03-29 02:30:00.123456',"
              + " time_of_day = '-838:59:58.999999', a_year = 2155, `odd ``name, select` = 7",
          insert.formatted(2) + "name = ''",
          insert.formatted(3)
              + "document = CAST('null' AS JSON), time_of_day = '838:59:58', stamp ="
              + " '1970-01-01 00:00:01', moment = '1000-01-01', a_year = 1901, double_real = -0.1,"
              + " single_real = 3.4e38, bits = 0, name = NULL, flag = 0, day = '9999-12-31',"
              + " kind = 4",
          "UPDATE account.every_type SET number = 5, kind = 'PAID', document = JSON_SET(document,"
              + " '$.b', -0.25) WHERE id = 1",
          "UPDATE account.every_type SET id = 4, money = NULL WHERE id = 2",
          insert.formatted(5) + "name = 'gone'",
          "DELETE FROM account.every_type WHERE id = 5");
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    String all = "SELECT * FROM account.every_type ORDER BY id";
    assertThat(cells.query(SOUTH, all)).isEqualTo(cells.query(NORTH, all)).hasSize(3);
    assertThat(cells.query(SOUTH, "CHECKSUM TABLE account.every_type"))
        .isEqualTo(cells.query(NORTH, "CHECKSUM TABLE account.every_type"));
  }

  @Test
  void aTransactionArrivesWholeUnderItsOwnIdentifierAndARestartSendsNothingAgain()
      throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(
          NORTH,
          "BEGIN",
          wallet(100, 1, "10"),
          wallet(101, 2, "20"),
          "UPDATE account.wallet SET balance = balance - 5, version = 1 WHERE id = 100",
          "DELETE FROM account.wallet WHERE id = 101",
          "COMMIT",
          "BEGIN",
          "COMMIT");
      awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(wallets(SOUTH, "id IN (100, 101)")).containsExactly("100,5.00,1");
    }
    // south made none of its own; a beat that north wrote during the close may be on its way
    assertThat(cells.executed(SOUTH).subtract(cells.executed(NORTH)).isEmpty()).isTrue();

    try (Pipeline again = cells.pipeline(NORTH, SOUTH)) {
      cells.run(NORTH, wallet(102, 3, "1"));
      cells.awaitArrival(NORTH, SOUTH);
      awaitState(again, State.STREAMING);
      PipelineStatus status = again.status();
      assertThat(status.skipped()).isZero();
      // the wallet and beats, of which two come in a second
      assertThat(status.applied()).isLessThan(40);
    }
  }

  @Test
  void aTransactionOfACellThatLostTheSlotIsKeptAndNotApplied() throws Exception {
    cells.run(SOUTH, "SET sql_log_bin = 0", wallet(200, 5, "77"));
    cells.run(NORTH, "SET sql_log_bin = 0", wallet(200, 5, "77"));
    // south has taken over slot 5 while north was away
    cells.run(SOUTH, "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = 5");
    cells.run(
        NORTH,
        "BEGIN",
        "UPDATE account.wallet SET balance = 70.10, version = 1 WHERE id = 200",
        "INSERT INTO account.entry VALUES (200, 1, 5, -6.90)",
        wallet(201, 6, "1"),
        "COMMIT");
    String gtid = cells.executed(NORTH).subtract(cells.executed(SOUTH)).toString();
    gtid = cells.uuid(NORTH) + ":" + gtid.replaceAll(".*[-:]", "");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      TwoCells.await("stranded", Duration.ofSeconds(5), () -> pipeline.status().stranded() == 1);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    assertThat(wallets(SOUTH, "id IN (200, 201)")).containsExactly("200,77.00,0");
    assertThat(
            cells.query(
                SOUTH,
                "SELECT gtid, source_cell, slots, state, changes->>'$[0].op',"
                    + " changes->>'$[0].before.balance', changes->>'$[0].after.balance',"
                    + " changes->>'$[1].table', changes->>'$[1].after.amount',"
                    + " changes->>'$[2].after.id' FROM homecell.hc_stranded"))
        .containsExactly(gtid + ",north-1,[5, 6],OPEN,UPDATE,77.00,70.10,entry,-6.90,201");
    // the other way: north learns who owns the slot, and later changes of south's go in
    try (Pipeline back = cells.pipeline(SOUTH, NORTH)) {
      cells.run(SOUTH, "UPDATE account.wallet SET balance = 50, version = 9 WHERE id = 200");
      cells.awaitArrival(SOUTH, NORTH);
      assertThat(back.status().stranded()).isZero();
    }
    assertThat(cells.query(NORTH, "SELECT owner, epoch FROM homecell.hc_slot WHERE slot = 5"))
        .containsExactly("south-1,3");
    assertThat(wallets(NORTH, "id = 200")).containsExactly("200,50.00,9");
    cells.run(NORTH, "SET sql_log_bin = 0", "DELETE FROM account.entry WHERE wallet = 200");
    cells.run(NORTH, "SET sql_log_bin = 0", "DELETE FROM account.wallet WHERE id = 201");
  }

  @Test
  void theHigherFenceEpochWinsAndComesBehindTheDataBeforeIt() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);
      for (int round = 0; round < 20; round++) {
        String[] statements = new String[31];
        for (int i = 0; i < 30; i++) {
          statements[i] = wallet(10_000 + round * 100 + i, 20 + i, "1");
        }
        int epoch = 100 + round;
        statements[30] =
            "UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = %d WHERE slot = 300"
                .formatted(epoch);
        cells.run(NORTH, statements);
        // one snapshot: if the fence row is there, so is all that was committed before it
        String seen =
            "SELECT (SELECT epoch FROM homecell.hc_slot WHERE slot = 300),"
                + " (SELECT COUNT(*) FROM account.wallet WHERE id BETWEEN %d AND %d)"
                    .formatted(10_000 + round * 100, 10_000 + round * 100 + 29);
        TwoCells.await(
            "fence row of round " + round,
            Duration.ofSeconds(20),
            () -> {
              String[] row = cells.query(SOUTH, seen).get(0).split(",");
              boolean arrived = Integer.parseInt(row[0]) >= epoch;
              assertThat(arrived && !row[1].equals("30")).as("%s", (Object) row).isFalse();
              return arrived;
            });
      }
      // an older fence row is overtaken
      cells.run(
          SOUTH, "SET sql_log_bin = 0", "UPDATE homecell.hc_slot SET epoch = 500 WHERE slot = 301");
      cells.run(
          NORTH, "UPDATE homecell.hc_slot SET owner = 'nobody', epoch = 400 WHERE slot = 301");
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(cells.query(SOUTH, "SELECT owner, epoch FROM homecell.hc_slot WHERE slot = 301"))
          .containsExactly("north-1,500");
    }
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = 600, state = 'OPEN' WHERE slot IN (300, 301)");
    cells.run(
        NORTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = 600, state = 'OPEN' WHERE slot IN (300, 301)");
  }

  @Test
  void aRowThatIsNotAsTheOwnerHasItGivesWayAndIsCounted() throws Exception {
    cells.run(SOUTH, "SET sql_log_bin = 0", wallet(400, 7, "1"));
    cells.run(NORTH, "SET sql_log_bin = 0", wallet(401, 7, "1"), wallet(402, 7, "1"));
    cells.run(
        NORTH,
        wallet(400, 7, "40"),
        "UPDATE account.wallet SET balance = 41 WHERE id = 401",
        "DELETE FROM account.wallet WHERE id = 402");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      TwoCells.await("counted", Duration.ofSeconds(5), () -> pipeline.status().conflicts() == 3);
    }
    assertThat(wallets(SOUTH, "id BETWEEN 400 AND 402"))
        .containsExactly("400,40.00,0", "401,41.00,0");
  }

  @Test
  void localTablesStayWhereTheyAre() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(
          NORTH,
          "INSERT INTO homecell.hc_job VALUES ('settlement', 7)",
          "BEGIN",
          "UPDATE homecell.hc_job SET epoch = 8 WHERE job = 'settlement'",
          wallet(450, 8, "1"),
          "COMMIT");
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().state()).isNotEqualTo(State.BROKEN);
    }
    assertThat(cells.query(SOUTH, "SELECT * FROM homecell.hc_job")).isEmpty();
    assertThat(wallets(SOUTH, "id = 450")).hasSize(1);
  }

  @Test
  void aServerThatNobodyNamedStopsThePipelineUntilItIsNamed() throws Exception {
    String stranger = "33333333-3333-3333-3333-333333333333";
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(
          NORTH,
          "SET GTID_NEXT = '" + stranger + ":1'",
          "BEGIN",
          wallet(500, 9, "1"),
          "COMMIT",
          "SET GTID_NEXT = 'AUTOMATIC'");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail()).contains("UNKNOWN_ORIGIN");
      assertThat(wallets(SOUTH, "id = 500")).isEmpty();
      for (String cell : List.of(NORTH, SOUTH)) {
        cells.run(
            cell,
            "SET sql_log_bin = 0",
            "INSERT INTO homecell.hc_server VALUES ('" + stranger + "', 'north-1')");
      }
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(wallets(SOUTH, "id = 500")).hasSize(1);
    }
  }

  @Test
  void aConnectionCutInTheMiddleOfApplyLeavesTheTransactionAppliedOnce() throws Exception {
    try (Connection blocker = cells.server(SOUTH).rootConnection();
        Statement lock = blocker.createStatement();
        Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(NORTH, wallet(600, 11, "1"));
      cells.awaitArrival(NORTH, SOUTH);
      awaitState(pipeline, State.STREAMING);
      lock.execute("BEGIN");
      lock.execute("SELECT * FROM account.wallet WHERE id = 600 FOR UPDATE");
      cells.run(
          NORTH,
          "BEGIN",
          wallet(601, 11, "1"),
          "UPDATE account.wallet SET balance = balance + 1, version = version + 1 WHERE id = 600",
          "COMMIT");
      // the applier has inserted 601 and waits for 600: cut it there, several times
      for (int cut = 0; cut < 3; cut++) {
        String waiting =
            "SELECT id FROM information_schema.processlist WHERE user = '"
                + cells.database(SOUTH).replication().user()
                + "' AND info LIKE '%UPDATE%wallet%'";
        TwoCells.await(
            "an applier that waits",
            Duration.ofSeconds(30),
            () -> !cells.query(SOUTH, waiting).isEmpty());
        for (String id : cells.query(SOUTH, waiting)) {
          cells.kill(SOUTH, id);
        }
        TwoCells.await(
            "the cut", Duration.ofSeconds(30), () -> pipeline.status().state() != State.STREAMING);
      }
      assertThat(wallets(SOUTH, "id IN (600, 601)")).containsExactly("600,1.00,0");
      lock.execute("ROLLBACK");
      cells.awaitArrival(NORTH, SOUTH);
    }
    assertThat(wallets(SOUTH, "id IN (600, 601)")).containsExactly("600,2.00,1", "601,1.00,0");
  }

  @Test
  void whatIsNotCarriedOverStopsThePipelineWithAWayOutThatWorks() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);

      cells.run(NORTH, "CREATE USER nobody IDENTIFIED BY 'x'");
      closeAfter(pipeline, "SCHEMA_CHANGE", "BEGIN", "COMMIT");

      cells.run(NORTH, "INSERT INTO trade.product VALUES ('a', 1.50)");
      cells.awaitArrival(NORTH, SOUTH);
    }
    assertThat(cells.query(SOUTH, "SELECT * FROM trade.product")).containsExactly("a,1.50");
  }

  /** Closes the identifier that the detail names, at the target, by the statements given. */
  private static void closeAfter(Pipeline pipeline, String reason, String... statements)
      throws Exception {
    awaitState(pipeline, State.BROKEN);
    String detail = pipeline.status().detail();
    assertThat(detail).startsWith(reason);
    Matcher gtid = Pattern.compile("[0-9a-f-]{36}:[0-9]+").matcher(detail);
    assertThat(gtid.find()).as(detail).isTrue();
    String[] all = new String[statements.length + 2];
    all[0] = "SET GTID_NEXT = '" + gtid.group() + "'";
    System.arraycopy(statements, 0, all, 1, statements.length);
    all[all.length - 1] = "SET GTID_NEXT = 'AUTOMATIC'";
    cells.run(SOUTH, all);
    awaitState(pipeline, State.STREAMING);
  }

  @Test
  void anEnumWithOtherMembersAtTheTargetStopsByNameUntilTheyAreTheSame() throws Exception {
    cells.run(NORTH, "CREATE TABLE trade.size (id INT PRIMARY KEY, size ENUM('s', 'm', 'l'))");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      cells.run(
          SOUTH, "SET sql_log_bin = 0", "ALTER TABLE trade.size MODIFY size ENUM('m', 's', 'l')");
      cells.run(NORTH, "INSERT INTO trade.size VALUES (1, 'l')");
      cells.awaitArrival(NORTH, SOUTH);
      cells.run(NORTH, "INSERT INTO trade.size VALUES (2, 's')");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .contains("TABLE_UNUSABLE", "trade.size")
          .contains("member 1 is 's' at the source, 'm' at the target");
      assertThat(cells.query(SOUTH, "SELECT * FROM trade.size")).containsExactly("1,l");

      cells.run(
          SOUTH, "SET sql_log_bin = 0", "ALTER TABLE trade.size MODIFY size ENUM('s', 'm', 'l')");
      awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
    }
    assertThat(cells.query(SOUTH, "SELECT * FROM trade.size")).containsExactly("1,l", "2,s");
  }

  @Test
  void whatTheTargetRefusesStopsWhatDependsOnItAndNothingElse() throws Exception {
    cells.run(
        NORTH,
        "CREATE TABLE account.ticket (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, name"
            + " VARCHAR(20) NOT NULL UNIQUE)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      cells.run(
          SOUTH, "SET sql_log_bin = 0", "INSERT INTO account.ticket VALUES (999, 3, 'taken')");
      cells.run(
          NORTH,
          "INSERT INTO account.ticket VALUES (1, 1, 'taken')",
          "INSERT INTO account.ticket VALUES (2, 1, 'same slot')",
          "INSERT INTO account.ticket VALUES (3, 2, 'free')",
          "INSERT INTO account.ticket VALUES (4, 4, 'free, too')");
      TwoCells.await(
          "the others",
          Duration.ofSeconds(20),
          () -> cells.query(SOUTH, "SELECT id FROM account.ticket WHERE id < 999").size() == 2);
      awaitState(pipeline, State.BROKEN);
      String uuid = cells.uuid(NORTH);
      assertThat(pipeline.status().detail())
          .startsWith("TRANSACTION_REFUSED: " + uuid)
          .contains("'taken'")
          .contains("goes on");
      assertThat(cells.query(SOUTH, "SELECT id FROM account.ticket ORDER BY id"))
          .containsExactly("3", "4", "999");
      // goes on beside it, behind heartbeats, and after a restart
      String beat =
          "SELECT MAX(beat) FROM homecell.hc_heartbeat WHERE target_cell = '" + SOUTH + "'";
      for (int i = 0; i < 2; i++) {
        long since = Long.parseLong(cells.query(NORTH, beat).get(0));
        TwoCells.await(
            "a heartbeat",
            Duration.ofSeconds(20),
            () -> Long.parseLong(cells.query(SOUTH, beat).get(0)) > since);
      }
      cells.run(NORTH, "INSERT INTO account.ticket VALUES (5, 5, 'later')");
      TwoCells.await(
          "a later one",
          Duration.ofSeconds(20),
          () -> !cells.query(SOUTH, "SELECT id FROM account.ticket WHERE id = 5").isEmpty());
    }
    try (Pipeline again = cells.pipeline(NORTH, SOUTH)) {
      awaitState(again, State.BROKEN);
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.ticket WHERE id = 999");
      awaitState(again, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(again.status().conflicts()).isZero();
    }
    assertThat(cells.query(SOUTH, "SELECT * FROM account.ticket ORDER BY id"))
        .isEqualTo(cells.query(NORTH, "SELECT * FROM account.ticket ORDER BY id"))
        .hasSize(5);
  }
}
