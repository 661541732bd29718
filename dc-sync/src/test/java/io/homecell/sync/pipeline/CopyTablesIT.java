package io.homecell.sync.pipeline;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.TwoGroups.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.local.CellProvisioning;
import io.homecell.sync.Cells;
import io.homecell.sync.TwoGroups;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.verify.CopyVerification;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The center cell of a copy service, and a group of two cells that reads it. */
@Timeout(180)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CopyTablesIT {
  private static final String PRODUCTS = "SELECT * FROM catalog.product ORDER BY sku";

  static TwoGroups cells;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoGroups.start(folder);
    for (String cell : List.of(NORTH, SOUTH, WEST)) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "CREATE DATABASE catalog",
          "CREATE TABLE catalog.product (sku VARCHAR(40) PRIMARY KEY, price DECIMAL(18, 2))");
    }
    // groups need not have the same tables, and the capture must not mind
    cells.run(NORTH, "SET sql_log_bin = 0", "CREATE TABLE account.mine (id INT PRIMARY KEY)");
    cells.run(
        NORTH, "SET sql_log_bin = 0", "ALTER TABLE account.wallet ADD shape INT DEFAULT 7 FIRST");
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  private static PipelineSettings copies(String target) {
    return cells.settings(NORTH, target).withCopiesOf(new TreeSet<>(Set.of("catalog")));
  }

  private static Pipeline open(PipelineSettings settings) {
    return Pipeline.start(settings, new SimpleMeterRegistry());
  }

  private static GtidSet groupsFirst(String group) {
    return GtidSet.parse(CellProvisioning.groupUuid(group) + ":1");
  }

  /** What the center has made so far. */
  private static GtidSet made() throws Exception {
    return cells.executed(NORTH).subtract(groupsFirst("g1"));
  }

  private static void awaitArrival(Pipeline pipeline, GtidSet wanted, String... targets)
      throws Exception {
    for (String target : targets) {
      Cells.await(
          wanted + " at " + target + ": " + pipeline.status(),
          Duration.ofSeconds(40),
          () -> wanted.subtract(cells.executed(target)).isEmpty());
    }
  }

  private static void insert(String sku) throws Exception {
    cells.run(NORTH, "INSERT INTO catalog.product (sku, price) VALUES ('" + sku + "', 1.50)");
  }

  @Test
  @Order(1)
  void productsOfTheCenterArriveInEveryCellOfTheOtherGroupAndNothingElseDoes() throws Exception {
    List<String> servers = cells.query(WEST, "SELECT * FROM homecell.hc_server ORDER BY 1");
    insert("before the pipeline");
    // south gets them from its peer alone
    try (Pipeline fromCenter = open(copies(WEST));
        Pipeline withinGroup = open(cells.settings(WEST, SOUTH))) {
      cells.run(
          NORTH,
          "INSERT INTO account.wallet VALUES (7, 1, 3, 'w', 1, 0, NOW(6))",
          "INSERT INTO account.mine VALUES (1)",
          "BEGIN",
          "INSERT INTO account.wallet VALUES (7, 2, 3, 'w', 1, 0, NOW(6))",
          "INSERT INTO catalog.product VALUES ('both', 2)",
          "COMMIT",
          "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 9 WHERE slot = 3",
          "INSERT INTO homecell.hc_server VALUES (UUID(), 'north-1')",
          "UPDATE catalog.product SET price = 3 WHERE sku = 'both'");
      Cells.awaitState(fromCenter, State.STREAMING);
      awaitArrival(fromCenter, made(), WEST, SOUTH);
      assertThat(fromCenter.status().lagMillis()).isPresent();
      assertThat(fromCenter.status().conflicts()).isZero();
      Cells.requireSound(withinGroup);
    }
    for (String cell : List.of(WEST, SOUTH)) {
      assertThat(cells.query(cell, PRODUCTS))
          .containsExactly("before the pipeline,1.50", "both,3.00");
      assertThat(cells.query(cell, "SELECT * FROM account.wallet")).isEmpty();
      assertThat(cells.query(cell, "SELECT epoch FROM homecell.hc_slot WHERE slot = 3"))
          .containsExactly("1");
      assertThat(cells.query(cell, "SELECT * FROM homecell.hc_server ORDER BY 1"))
          .isEqualTo(servers);
      assertThat(groupsFirst("g1").subtract(cells.executed(cell)).isEmpty()).isFalse();
    }
  }

  @Test
  @Order(2)
  void aRestartGoesOnWhereTheTargetIsAndSendsNothingAgain() throws Exception {
    insert("while it was away");
    try (Pipeline again = open(copies(WEST))) {
      Cells.awaitState(again, State.STREAMING);
      awaitArrival(again, made(), WEST);
      assertThat(again.status().skipped()).isZero();
    }
    assertThat(cells.query(WEST, PRODUCTS)).isEqualTo(cells.query(NORTH, PRODUCTS));
  }

  @Test
  @Order(3)
  void schemaChangesOfCopyServicesAreCarriedAndOthersAreEmpty() throws Exception {
    List<String> account = cells.query(WEST, "SHOW TABLES FROM account");
    try (Pipeline pipeline = open(copies(WEST))) {
      cells.run(
          NORTH,
          "ALTER TABLE catalog.product ADD name VARCHAR(20)",
          "CREATE TABLE account.other (id INT PRIMARY KEY)",
          "ALTER TABLE account.mine ADD more INT",
          "INSERT INTO account.mine VALUES (2, 2)",
          "TRUNCATE TABLE account.mine",
          "TRUNCATE TABLE trade.product",
          "CREATE TABLE account.filled AS SELECT * FROM account.wallet",
          "CREATE USER someone",
          "CREATE VIEW account.seen AS SELECT * FROM account.wallet",
          "DROP TABLE account.other",
          "INSERT INTO catalog.product VALUES ('named', 1, 'a name')",
          "CREATE TABLE catalog.shelf (id INT PRIMARY KEY)",
          "INSERT INTO catalog.shelf VALUES (5)");
      awaitArrival(pipeline, made(), WEST);
      assertThat(cells.query(WEST, "SELECT name FROM catalog.product WHERE sku = 'named'"))
          .containsExactly("a name");
      assertThat(cells.query(WEST, "SELECT * FROM catalog.shelf")).containsExactly("5");
      assertThat(cells.query(WEST, "SHOW TABLES FROM account")).isEqualTo(account);
      assertThat(cells.query(WEST, "SELECT user FROM mysql.user WHERE user = 'someone'")).isEmpty();
    }
  }

  @Test
  @Order(4)
  void aStatementOnBothStopsByName() throws Exception {
    try (Pipeline pipeline = open(copies(WEST))) {
      Cells.awaitState(pipeline, State.STREAMING);
      cells.run(NORTH, "DROP TABLE catalog.shelf, account.filled");
      Cells.awaitState(pipeline, State.BROKEN);
      String detail = pipeline.status().detail(); // now: it looks again twice a second
      assertThat(detail).contains("SCHEMA_CHANGE", "catalog", "ddl apply|skip");
      cells.run(WEST, "SET sql_log_bin = 0", "DROP TABLE catalog.shelf");
      pipeline.settle(
          new SchemaDecision(pipeline.name(), standsAt(detail), SchemaDecision.Action.SKIP));
      insert("behind it");
      awaitArrival(pipeline, made(), WEST);
    }
  }

  private static Gtid standsAt(String detail) {
    Matcher gtid = Pattern.compile("[0-9a-f-]{36}:[0-9]+").matcher(detail);
    assertThat(gtid.find()).as(detail).isTrue();
    return Gtid.parse(gtid.group());
  }

  @Test
  @Order(5)
  void whatAnotherGroupMadeStopsAtTheCenter() throws Exception {
    String other = UUID.randomUUID().toString();
    try (Pipeline pipeline = open(copies(WEST))) {
      Cells.awaitState(pipeline, State.STREAMING);
      cells.run(
          NORTH,
          "SET GTID_NEXT = '" + other + ":1'",
          "BEGIN",
          "INSERT INTO catalog.product (sku, price) VALUES ('of a third group', 1)",
          "COMMIT",
          "SET GTID_NEXT = 'AUTOMATIC'");
      insert("behind the third group");
      awaitArrival(pipeline, made().subtract(GtidSet.parse(other + ":1")), WEST);
    }
    assertThat(cells.executed(WEST).toString()).doesNotContain(other);
    try (Pipeline again = open(copies(WEST))) {
      Cells.awaitState(again, State.STREAMING);
    }
    assertThat(cells.executed(WEST).toString()).doesNotContain(other);
    // its own way brings it
    cells.run(
        WEST,
        "SET GTID_NEXT = '" + other + ":1'",
        "BEGIN",
        "INSERT INTO catalog.product (sku, price) VALUES ('of a third group', 1)",
        "COMMIT",
        "SET GTID_NEXT = 'AUTOMATIC'");
    assertThat(cells.query(WEST, PRODUCTS)).isEqualTo(cells.query(NORTH, PRODUCTS));
  }

  @Test
  @Order(6)
  void copiesAreVerifiedOverOnePipeline() throws Exception {
    try (Pipeline pipeline = open(copies(WEST))) {
      Cells.awaitState(pipeline, State.STREAMING);
      assertThat(verify()).isEmpty();
      cells.run(
          WEST, "SET sql_log_bin = 0", "UPDATE catalog.product SET price = 99 WHERE sku = 'both'");
      assertThat(verify()).containsExactly("catalog.product {sku=both} CHANGED [price]");
      cells.run(
          WEST, "SET sql_log_bin = 0", "UPDATE catalog.product SET price = 3 WHERE sku = 'both'");
      Cells.requireSound(pipeline);
    }
  }

  @Test
  @Order(7)
  void copiesAreMendedFromTheirCenterAloneAndNothingOfItGoesElsewhere() throws Exception {
    insert("kept");
    insert("only here");
    try (Pipeline pipeline = open(copies(WEST));
        Pipeline withinGroup = open(cells.settings(WEST, SOUTH))) {
      awaitArrival(pipeline, made(), WEST, SOUTH);
      List<String> right = cells.query(NORTH, PRODUCTS);
      cells.run(
          WEST,
          "SET sql_log_bin = 0",
          "UPDATE catalog.product SET price = 99, name = NULL WHERE sku = 'kept'",
          "DELETE FROM catalog.product WHERE sku = 'only here'",
          "INSERT INTO catalog.product (sku, price) VALUES ('too many', 1)");
      assertThat(repair(Map.of("catalog", SOUTH), true))
          .hasSize(3)
          .allMatch(row -> row.endsWith("NOT_THE_OWNER catalog is written by south-1"));
      assertThat(repair(Map.of("catalog", NORTH), false))
          .containsExactly(
              "product {sku=kept} MENDED",
              "product {sku=only here} MENDED",
              "product {sku=too many} NOT_DELETED north-1 has no such row");
      assertThat(repair(Map.of("catalog", NORTH), true))
          .containsExactly("product {sku=too many} MENDED");
      assertThat(verify()).isEmpty();
      assertThat(cells.query(WEST, PRODUCTS)).isEqualTo(right);
      // what the center writes next finds each row as it was there
      cells.run(NORTH, "UPDATE catalog.product SET price = price + 1");
      awaitArrival(pipeline, made(), WEST, SOUTH);
      for (String cell : List.of(WEST, SOUTH)) {
        assertThat(cells.query(cell, PRODUCTS)).isEqualTo(cells.query(NORTH, PRODUCTS));
      }
      Cells.await(
          "the mended rows' identifiers at each cell of the group",
          Duration.ofSeconds(20),
          () -> cells.executed(WEST).subtract(cells.executed(SOUTH)).isEmpty());
      assertThat(pipeline.status().conflicts()).isZero();
      Cells.requireSound(withinGroup);
      assertThat(withinGroup.status().conflicts()).isZero();
    }
  }

  private static List<String> repair(Map<String, String> centers, boolean deleting)
      throws Exception {
    return CopyVerification.repair(
        cells.database(NORTH),
        cells.database(WEST),
        List.of(cells.database(SOUTH), cells.database(WEST)),
        copies(WEST).carried(),
        centers,
        deleting);
  }

  private static List<String> verify() throws Exception {
    return CopyVerification.differences(
        cells.database(NORTH), cells.database(WEST), copies(WEST).carried());
  }

  @Test
  @Order(8)
  void aCenterThatHasPurgedWhatIsMissingIsNamedAndTheCopyIsMadeByHand() throws Exception {
    insert("purged");
    cells.purgeLogs(NORTH);
    try (Pipeline pipeline = open(copies(WEST))) {
      Cells.awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail()).contains("PURGED_AT_SOURCE", "by hand");
      // as docs/operations.md says
      String missing = made().subtract(cells.executed(WEST)).toString();
      cells.run(
          WEST,
          "SET sql_log_bin = 0",
          "INSERT INTO catalog.product (sku, price) VALUES ('purged', 1.50)",
          "SET GLOBAL gtid_purged = '+" + missing + "'");
      insert("behind the gap");
      awaitArrival(pipeline, made(), WEST);
    }
    assertThat(cells.query(WEST, PRODUCTS)).isEqualTo(cells.query(NORTH, PRODUCTS));
  }
}
