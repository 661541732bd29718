package io.homecell.sync.pipeline;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.pipeline.SchemaDecision.Action;
import io.homecell.sync.position.Gtid;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Schema changes at north, carried over to south. */
@Timeout(180)
class SchemaChangeIT {
  static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  private static void assertSame(String table) throws Exception {
    for (String query :
        List.of("SHOW CREATE TABLE " + table, "SELECT * FROM " + table + " ORDER BY 1")) {
      assertThat(cells.query(SOUTH, query)).isEqualTo(cells.query(NORTH, query)).isNotEmpty();
    }
  }

  private static List<String> tablesLike(String cell, String pattern) throws Exception {
    return cells.query(
        cell,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'account'"
            + " AND table_name LIKE '"
            + pattern
            + "' ORDER BY 1");
  }

  @Test
  void tablesComeChangeAndGoInOrderBetweenTheirRows() throws Exception {
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);
      cells.run(
          NORTH,
          "USE account",
          "CREATE TABLE step (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, a"
              + " VARCHAR(20), gone INT DEFAULT 7)",
          "INSERT INTO step (id, slot, a) VALUES (1, 1, 'one')",
          "ALTER TABLE step ADD COLUMN b INT NOT NULL DEFAULT 5 AFTER slot",
          "INSERT INTO step (id, slot, a, b) VALUES (2, 1, 'two', 2)",
          "ALTER TABLE step DROP COLUMN gone, RENAME COLUMN b TO c",
          "UPDATE step SET c = c + 1",
          "CREATE UNIQUE INDEX by_a ON step (a)",
          // means another thing in another mode of the session
          "SET SESSION sql_mode = 'PIPES_AS_CONCAT'",
          "ALTER TABLE step ADD COLUMN loud VARCHAR(30) AS (a || '!') STORED",
          "SET SESSION sql_mode = DEFAULT",
          "RENAME TABLE step TO stage",
          "INSERT INTO stage (id, slot, a, c) VALUES (3, 2, 'drei', 3)",
          "ALTER TABLE stage RENAME TO step2, COMMENT 'größer'",
          "INSERT INTO step2 (id, slot, a, c) VALUES (4, 2, 'four', 4)",
          "CREATE TABLE step3 LIKE step2",
          "INSERT INTO step3 (id, slot, a, c) VALUES (9, 2, 'nine', 9)",
          "TRUNCATE TABLE step3",
          "INSERT INTO step3 (id, slot, a, c) VALUES (10, 2, 'ten', 10)",
          "CREATE TABLE step4 (id INT PRIMARY KEY)",
          "CREATE TABLE step5 (id INT PRIMARY KEY)",
          "DROP TABLE step4, step5",
          "SET SESSION foreign_key_checks = 0",
          "CREATE TABLE step6 (id BIGINT PRIMARY KEY, FOREIGN KEY (id) REFERENCES later (id))",
          "CREATE TABLE later (id BIGINT PRIMARY KEY)",
          "DROP INDEX by_a ON step2");
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().detail()).isEmpty();
      assertThat(pipeline.status().conflicts()).isZero();
    }
    assertSame("account.step2");
    assertSame("account.step3");
    assertThat(tablesLike(SOUTH, "st%")).containsExactly("step2", "step3", "step6");
    assertThat(cells.executed(SOUTH).subtract(cells.executed(NORTH)).isEmpty()).isTrue();
  }

  @Test
  void changesInTheMiddleOfWritesAsAToolMakesThemLoseNothing() throws Exception {
    cells.run(
        NORTH,
        "CREATE TABLE account.busy (id BIGINT PRIMARY KEY AUTO_INCREMENT, slot SMALLINT UNSIGNED"
            + " NOT NULL, n INT NOT NULL, dropped INT DEFAULT 1)");
    AtomicBoolean stop = new AtomicBoolean();
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);
      List<CompletableFuture<Void>> writers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        int slot = i;
        writers.add(CompletableFuture.runAsync(() -> write(slot, stop)));
      }
      TwoCells.await(
          "writes before the first change",
          Duration.ofSeconds(20),
          () -> !cells.query(NORTH, "SELECT id FROM account.busy LIMIT 1").isEmpty());
      cells.run(NORTH, "ALTER TABLE account.busy ADD COLUMN added VARCHAR(9) DEFAULT 'x' FIRST");
      cells.run(NORTH, "ALTER TABLE account.busy DROP COLUMN dropped, MODIFY n BIGINT NOT NULL");
      // gh-ost: a copy, swapped in one statement
      cells.run(
          NORTH,
          "create /* gh-ost */ table `account`.`_busy_gho` like `account`.`busy`",
          "alter /* gh-ost */ table `account`.`_busy_gho` add column ghost int not null default 3",
          "LOCK TABLES account.busy WRITE, account._busy_gho WRITE",
          "INSERT INTO account._busy_gho (added, id, slot, n) SELECT added, id, slot, n FROM"
              + " account.busy",
          "RENAME TABLE account.busy TO account._busy_del, account._busy_gho TO account.busy",
          "UNLOCK TABLES",
          "drop /* gh-ost */ table if exists `account`.`_busy_del`");
      long after = Long.parseLong(cells.query(NORTH, "SELECT MAX(id) FROM account.busy").get(0));
      TwoCells.await(
          "writes after the swap",
          Duration.ofSeconds(20),
          () ->
              Long.parseLong(cells.query(NORTH, "SELECT MAX(id) FROM account.busy").get(0))
                  > after + 20);
      stop.set(true);
      writers.forEach(CompletableFuture::join);
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
      assertThat(pipeline.status().state()).isNotEqualTo(State.BROKEN);
    }
    assertSame("account.busy");
    assertThat(tablesLike(SOUTH, "%busy%")).containsExactly("busy");
  }

  private static void write(int slot, AtomicBoolean stop) {
    try (Connection connection = cells.server(NORTH).rootConnection();
        Statement statement = connection.createStatement()) {
      while (!stop.get()) {
        statement.execute("INSERT INTO account.busy (slot, n) VALUES (" + slot + ", 1)");
        statement.execute(
            "UPDATE account.busy SET n = n + 1 WHERE slot = " + slot + " ORDER BY id DESC LIMIT 2");
      }
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aChangeThatWasLeftInTheMiddleIsMadeOnceAndARestartGoesOnBehindIt() throws Exception {
    cells.run(
        NORTH, "CREATE TABLE account.left_off (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED)");
    try (Connection reader = cells.server(SOUTH).rootConnection();
        Statement hold = reader.createStatement()) {
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        cells.awaitArrival(NORTH, SOUTH);
        hold.execute("BEGIN");
        hold.executeQuery("SELECT * FROM account.left_off").close();
        cells.run(
            NORTH,
            "INSERT INTO account.left_off VALUES (1, 1)",
            "ALTER TABLE account.left_off ADD COLUMN c INT DEFAULT 4",
            "INSERT INTO account.left_off VALUES (2, 1, 2)");
        TwoCells.await(
            "an ALTER that waits for the reader",
            Duration.ofSeconds(20),
            () ->
                !cells
                    .query(
                        SOUTH,
                        "SELECT id FROM information_schema.processlist WHERE info LIKE 'ALTER%'")
                    .isEmpty());
        assertThat(pipeline.status().state()).isNotEqualTo(State.BROKEN);
      }
      hold.execute("COMMIT");
    }
    try (Pipeline again = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(again.status().conflicts()).isZero();
    }
    assertSame("account.left_off");
  }

  @Test
  void rowsOlderThanAChangeThatWasMadeBeforeTheStartAreReadByTheirOwnShape() throws Exception {
    cells.run(
        NORTH,
        "CREATE TABLE account.old_rows (id INT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, a"
            + " INT, b INT, y YEAR, c INT UNSIGNED, f FLOAT UNSIGNED)",
        "CREATE TABLE account.old_gone (id INT PRIMARY KEY)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().detail()).isEmpty();
    }
    cells.run(
        NORTH,
        "INSERT INTO account.old_rows VALUES (1, 1, 11, 12, 2026, 4294967295, 1.5)",
        "INSERT INTO account.old_gone VALUES (1)",
        "ALTER TABLE account.old_rows RENAME COLUMN a TO b, RENAME COLUMN b TO a",
        "INSERT INTO account.old_rows (id, slot, a, b) VALUES (2, 1, 21, 22)",
        "ALTER TABLE account.old_rows DROP COLUMN b, MODIFY c BIGINT, MODIFY a VARCHAR(9)",
        "INSERT INTO account.old_rows (id, slot, a, c) VALUES (3, 1, 'text', -1)",
        "DROP TABLE account.old_gone",
        "RENAME TABLE account.old_rows TO account.new_rows",
        "INSERT INTO account.new_rows (id, slot, a, c) VALUES (4, 1, 'more', -2)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    assertSame("account.new_rows");
  }

  @Test
  void aTableThatIsNotTheSameAtBothSidesStopsThePipelineBeforeARowIsMisread() throws Exception {
    cells.run(NORTH, "CREATE TABLE account.differs (id INT PRIMARY KEY, n INT, u INT)");
    for (String[] byHand :
        new String[][] {
          {"MODIFY n BIGINT", "n is LONGLONG"},
          {"MODIFY u INT UNSIGNED", "u is LONG UNSIGNED"},
          {"RENAME COLUMN n TO m", "columns [id, m, u]"},
        }) {
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        cells.awaitArrival(NORTH, SOUTH);
        cells.run(NORTH, "SET sql_log_bin = 0", "ALTER TABLE account.differs " + byHand[0]);
        cells.run(NORTH, "INSERT INTO account.differs SELECT COUNT(*), 2, 3 FROM account.differs");
        awaitState(pipeline, State.BROKEN);
        assertThat(pipeline.status().detail())
            .startsWith("SCHEMA_CHANGE")
            .contains("account.differs")
            .contains(byHand[1]);
        cells.run(SOUTH, "SET sql_log_bin = 0", "ALTER TABLE account.differs " + byHand[0]);
        cells.awaitArrival(NORTH, SOUTH);
        assertThat(pipeline.status().conflicts()).isZero();
      }
    }
    assertSame("account.differs");
  }

  @Test
  void aChangeThatComesBackToItsCellIsKnownThere() throws Exception {
    try (Pipeline there = cells.pipeline(NORTH, SOUTH);
        Pipeline back = cells.pipeline(SOUTH, NORTH)) {
      awaitState(there, State.STREAMING);
      awaitState(back, State.STREAMING);
      cells.run(NORTH, "CREATE TABLE account.both (id INT PRIMARY KEY)", "DROP TABLE account.both");
      cells.awaitArrival(NORTH, SOUTH);
      cells.run(SOUTH, "INSERT INTO trade.product VALUES ('both', 1)");
      cells.awaitArrival(SOUTH, NORTH);
      assertThat(back.status().detail()).isEmpty();
    }
  }

  @Test
  void whatIsNotCarriedOverWaitsForAPersonWhoAppliesOrSkipsIt() throws Exception {
    String user = cells.database(SOUTH).replication().user();
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);
      cells.run(
          NORTH,
          "CREATE DEFINER = '" + user + "'@'%' VIEW account.seen AS SELECT id FROM account.wallet",
          "INSERT INTO trade.product VALUES ('behind', 1)");
      Stand atView = standsAt(pipeline, "SCHEMA_CHANGE");
      Gtid first = atView.gtid();
      assertThat(atView.detail()).contains("VIEW").contains("cellctl sync ddl");
      assertThat(cells.query(SOUTH, "SELECT * FROM trade.product WHERE sku = 'behind'")).isEmpty();

      Gtid other = new Gtid(first.uuid(), first.number() + 1);
      assertThatThrownBy(() -> settle(pipeline, other, Action.SKIP))
          .hasMessageContaining("stands at " + first);
      // with the rights of the replication user, and no others
      assertThatThrownBy(() -> settle(pipeline, first, Action.APPLY))
          .isInstanceOf(SchemaDecision.Refused.class)
          .hasMessageContaining("denied");
      cells.run(SOUTH, "SET sql_log_bin = 0", "GRANT CREATE VIEW ON account.* TO '" + user + "'");
      assertThat(settle(pipeline, first, Action.APPLY)).contains("VIEW");
      assertThatThrownBy(() -> settle(pipeline, first, Action.APPLY))
          .isInstanceOf(SchemaDecision.Refused.class);
      awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);

      cells.run(NORTH, "CREATE VIEW account.unseen AS SELECT id FROM account.wallet");
      settle(pipeline, standsAt(pipeline, "SCHEMA_CHANGE").gtid(), Action.SKIP);
      cells.run(NORTH, "CREATE TABLE account.filled (PRIMARY KEY (id)) SELECT 1 AS id");
      settle(pipeline, standsAt(pipeline, "SCHEMA_CHANGE").gtid(), Action.SKIP);
      cells.run(NORTH, "CREATE USER somebody IDENTIFIED BY 'x'");
      Stand last = standsAt(pipeline, "SCHEMA_CHANGE");
      assertThat(last.detail()).contains("CREATE USER").doesNotContain("*");
      settle(pipeline, last.gtid(), Action.SKIP);
      cells.run(NORTH, "INSERT INTO trade.product VALUES ('last', 1)");
      cells.awaitArrival(NORTH, SOUTH);
      awaitState(pipeline, State.STREAMING);
    }
    assertThat(tablesLike(SOUTH, "%seen")).containsExactly("seen");
    assertThat(tablesLike(SOUTH, "filled")).isEmpty();
  }

  private static String settle(Pipeline pipeline, Gtid gtid, Action action)
      throws SchemaDecision.Refused {
    return pipeline.settle(new SchemaDecision(pipeline.name(), gtid, action));
  }

  private record Stand(Gtid gtid, String detail) {}

  /** Where the pipeline stands, which looks again twice a second; not where it stood before. */
  private static Stand standsAt(Pipeline pipeline, String reason) throws Exception {
    List<Stand> found = new ArrayList<>();
    TwoCells.await(
        reason,
        Duration.ofSeconds(30),
        () -> {
          PipelineStatus now = pipeline.status();
          Matcher gtid = Pattern.compile("[0-9a-f-]{36}:[0-9]+").matcher(now.detail());
          found.clear();
          return now.state() == State.BROKEN
              && now.detail().startsWith(reason)
              && gtid.find()
              && found.add(new Stand(Gtid.parse(gtid.group()), now.detail()))
              && !cells.executed(SOUTH).contains(found.get(0).gtid());
        });
    return found.get(0);
  }

  @Test
  void whatTheTargetRefusesIsNamedAndGoesOnWhenItIsMended() throws Exception {
    cells.run(SOUTH, "SET sql_log_bin = 0", "CREATE TABLE account.there (id INT PRIMARY KEY)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(NORTH, "CREATE TABLE account.there (id INT PRIMARY KEY, c INT)");
      assertThat(standsAt(pipeline, "SCHEMA_CHANGE").detail())
          .contains("already exists")
          .contains("CREATE TABLE");
      cells.run(SOUTH, "SET sql_log_bin = 0", "DROP TABLE account.there");
      cells.awaitArrival(NORTH, SOUTH);
    }
    assertThat(cells.query(SOUTH, "SHOW CREATE TABLE account.there"))
        .isEqualTo(cells.query(NORTH, "SHOW CREATE TABLE account.there"));
  }
}
