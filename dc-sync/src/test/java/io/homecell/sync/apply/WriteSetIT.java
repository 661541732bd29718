package io.homecell.sync.apply;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Keys beside slot and primary key keep the source's order, on real servers, with eight lanes. */
@Timeout(120)
class WriteSetIT {
  private static final List<String> TABLES =
      List.of("account.badge", "account.team", "account.member", "account.box", "account.thing");

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "CREATE TABLE account.badge (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL,"
              + " code VARCHAR(20), room INT, UNIQUE KEY code (code), UNIQUE KEY half (room, code(2)))",
          "CREATE TABLE account.team (name VARCHAR(20) COLLATE utf8mb4_general_ci PRIMARY KEY,"
              + " size INT)",
          "CREATE TABLE account.member (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL,"
              + " Team VARCHAR(20) COLLATE utf8mb4_general_ci, email VARCHAR(30),"
              + " UNIQUE KEY folded ((LOWER(email))),"
              + " FOREIGN KEY (team) REFERENCES account.team (name))",
          "CREATE TABLE account.box (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL)",
          "CREATE TABLE account.thing (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL,"
              + " box BIGINT, owner BIGINT, label VARCHAR(20) UNIQUE,"
              + " FOREIGN KEY (box) REFERENCES account.box (id) ON DELETE CASCADE,"
              + " FOREIGN KEY (owner) REFERENCES account.box (id) ON DELETE SET NULL)");
    }
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  /** Runs statements by chance; what the source refuses, no other sees. */
  private static Callable<Void> load(long seed, int count) {
    Set<Integer> refused = Set.of(1062, 1205, 1213, 1451, 1452);
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
    int id = random.nextInt(40);
    int slot = random.nextInt(100);
    String[] names = {"'red'", "'Red '", "'rosé'", "'rose'", "'蓝'", "NULL"};
    String name = names[random.nextInt(names.length)];
    String code = random.nextInt(6) == 0 ? "NULL" : "'c" + random.nextInt(12) + "'";
    return switch (random.nextInt(11)) {
      case 0 ->
          "INSERT INTO account.badge VALUES (%d, %d, %s, %d)".formatted(id, slot, code, id % 3);
      case 1 -> "UPDATE account.badge SET code = %s WHERE id = %d".formatted(code, id);
      case 2 -> "UPDATE account.badge SET slot = %d WHERE code = %s".formatted(slot, code);
      case 3 -> "DELETE FROM account.badge WHERE id = " + id;
      case 4 ->
          "INSERT INTO account.team SELECT n, 1 FROM (SELECT %s n) x WHERE n > ''".formatted(name);
      case 5 -> "DELETE FROM account.team WHERE name = " + name;
      case 6 ->
          "INSERT INTO account.member VALUES (%d, %d, %s, 'M%d@x')"
              .formatted(id, slot, name, random.nextInt(20));
      case 7 -> "DELETE FROM account.member WHERE id = " + id;
      case 8 -> "INSERT INTO account.box VALUES (%d, %d)".formatted(id % 9, slot);
      case 9 -> "DELETE FROM account.box WHERE id = " + id % 9;
      default ->
          "REPLACE INTO account.thing VALUES (%d, %d, %d, %d, %s)"
              .formatted(id, slot, id % 9, random.nextInt(9), code);
    };
  }

  @Test
  void valuesHandedFromRowToRowArriveInOrder() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Void>> running = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        running.add(threads.submit(load(i, 1_500)));
      }
      for (Future<Void> future : running) {
        future.get();
      }
    } finally {
      threads.shutdownNow();
    }
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
      assertThat(pipeline.status().applied()).isGreaterThan(1_000);
    }
    for (String table : TABLES) {
      String all = "SELECT * FROM " + table + " ORDER BY 1";
      assertThat(cells.query(SOUTH, all)).isEqualTo(cells.query(NORTH, all));
    }
  }

  @Test
  void aRowOfAnotherKeyIsNeverDeletedToMakeRoom() throws Exception {
    cells.run(
        SOUTH, "SET sql_log_bin = 0", "INSERT INTO account.badge VALUES (901, 1, 'bob', NULL)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      awaitState(pipeline, State.STREAMING);
      cells.run(NORTH, "INSERT INTO account.badge VALUES (900, 2, 'bob', NULL)");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .contains("TRANSACTION_REFUSED")
          .contains("'bob' for key 'badge.code'");
      String badges = "SELECT id, slot FROM account.badge WHERE id >= 900 ORDER BY id";
      assertThat(cells.query(SOUTH, badges)).containsExactly("901,1");
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.badge WHERE id = 901");
      awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(cells.query(SOUTH, badges)).containsExactly("900,2");

      // a row of the same key gives way, a key that changes takes its row along
      cells.run(
          SOUTH,
          "SET sql_log_bin = 0",
          "INSERT INTO account.badge VALUES (902, 3, 'rob', NULL), (903, 3, 'tom', NULL)");
      cells.run(
          NORTH,
          "INSERT INTO account.badge VALUES (902, 4, 'ann', NULL)",
          "UPDATE account.badge SET id = 903, code = 'eve' WHERE id = 900");
      cells.awaitArrival(NORTH, SOUTH);
      TwoCells.await("counted", Duration.ofSeconds(5), () -> pipeline.status().conflicts() == 2);
      assertThat(cells.query(SOUTH, badges)).isEqualTo(cells.query(NORTH, badges)).hasSize(2);
    }
  }

  /** What {@link KeyPart} says of collations, asked of the server. */
  @Test
  void theCharactersToldApartDifferInEveryCollation() throws Exception {
    List<String> ascii = new ArrayList<>();
    for (char c = ' '; c <= '~'; c++) {
      assertThat(KeyPart.toldApart(c)).isTrue();
      ascii.add("SELECT _utf8mb4 x'%02x' COLLATE utf8mb4_bin c".formatted((int) c));
    }
    String characters = "WITH c AS (" + String.join(" UNION ALL ", ascii) + ") ";
    for (String collation :
        List.of(
            "ascii_general_ci",
            "utf8mb3_general_ci",
            "utf8mb3_unicode_ci",
            "utf8mb4_general_ci",
            "utf8mb4_unicode_ci",
            "utf8mb4_unicode_520_ci",
            "utf8mb4_0900_ai_ci",
            "utf8mb4_0900_as_ci",
            "utf8mb4_0900_as_cs")) {
      assertThat(KeyPart.equality("varchar", collation)).isEqualTo(KeyPart.Equality.LETTERS);
      String charset = collation.substring(0, collation.indexOf('_'));
      String converted = "CONVERT(%s USING " + charset + ") COLLATE " + collation;
      String weight = "HEX(WEIGHT_STRING(" + converted + "))";
      assertThat(
              cells.query(
                  NORTH,
                  characters
                      + "SELECT a.c, b.c FROM c a JOIN c b ON "
                      + converted.formatted("a.c")
                      + " = "
                      + converted.formatted("b.c")
                      + " WHERE UPPER(a.c) <> UPPER(b.c) COLLATE utf8mb4_bin"))
          .as(collation)
          .isEmpty();
      if (collation.contains("_as_")) {
        continue; // of the same weights as utf8mb4_0900_ai_ci, and more behind them
      }
      // no two together weigh other than one by one
      assertThat(
              cells.query(
                  NORTH,
                  characters
                      + "SELECT a.c, b.c FROM c a JOIN c b WHERE "
                      + weight.formatted("CONCAT(a.c, b.c)")
                      + " <> CONCAT("
                      + weight.formatted("a.c")
                      + ", "
                      + weight.formatted("b.c")
                      + ")"))
          .as(collation)
          .isEmpty();
      if (!charset.equals("ascii")) {
        String han =
            characters
                + ", h (n) AS (SELECT 0x4E00 + 256 * a.n + b.n FROM (%1$s) a JOIN (%1$s) b), "
                    .formatted(numbers(256))
                + "g (c) AS (SELECT CONVERT(CHAR(n USING ucs2) USING utf8mb4) FROM h"
                + " WHERE n <= 0x9FA5 UNION ALL SELECT c FROM c WHERE c < 'a' OR c > 'z')"
                + " SELECT COUNT(*), COUNT(DISTINCT "
                + weight.formatted("c")
                + ") FROM g";
        assertThat(cells.query(NORTH, han)).as(collation).containsExactly("20971,20971");
      }
    }
  }

  private static String numbers(int count) {
    return "WITH RECURSIVE r (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM r WHERE n < "
        + (count - 1)
        + ") SELECT n FROM r";
  }
}
