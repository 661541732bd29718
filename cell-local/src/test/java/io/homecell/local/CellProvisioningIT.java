package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class CellProvisioningIT {
  private static LocalMysql north;
  private static LocalMysql south;
  private static TestTopology topology;

  @BeforeAll
  static void start(@TempDir Path folder) {
    MysqlDistribution mysql =
        MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED)));
    topology = TestTopology.create(folder);
    north =
        LocalMysql.start(
            mysql, folder.resolve("north"), topology.topology().cell("north-1").mysql(), 1);
    south =
        LocalMysql.start(
            mysql, folder.resolve("south"), topology.topology().cell("south-1").mysql(), 2);
    provision();
  }

  private static void provision() {
    CellProvisioning.provisionAll(
        topology.topology(),
        Map.of("north-1", north, "south-1", south),
        SchemaFiles.onClassPath(),
        topology.credentials());
  }

  @AfterAll
  static void stop() {
    north.stop();
    south.stop();
  }

  @Test
  void provisionedCellsShareExactlyOneTransaction() throws SQLException {
    String first = CellProvisioning.groupUuid("g1") + ":1";
    assertThat(query(north, "SELECT @@GLOBAL.gtid_executed")).isEqualTo(first);
    assertThat(query(south, "SELECT @@GLOBAL.gtid_executed")).isEqualTo(first);
    assertThat(query(north, "SELECT @@server_uuid"))
        .isNotEqualTo(query(south, "SELECT @@server_uuid"));
  }

  @Test
  void everyCellKnowsEveryServerAndSlot() throws SQLException {
    for (LocalMysql server : List.of(north, south)) {
      assertThat(query(server, "SELECT GROUP_CONCAT(cell ORDER BY cell) FROM homecell.hc_server"))
          .isEqualTo("north-1,south-1");
      assertThat(
              query(
                  server,
                  "SELECT GROUP_CONCAT(t) FROM (SELECT CONCAT(owner, ':', COUNT(*), ':',"
                      + " MIN(slot), '-', MAX(slot), ':', state) t FROM homecell.hc_slot"
                      + " WHERE epoch = 1 GROUP BY owner, state ORDER BY owner) x"))
          .isEqualTo("north-1:512:0-511:OPEN,south-1:512:512-1023:OPEN");
    }
    assertThat(query(south, "SELECT cell FROM homecell.hc_lease")).isEqualTo("south-1");
  }

  @Test
  void provisioningAgainKeepsOwnershipAndAddsNoTransaction() throws SQLException {
    execute(
        north.rootConnection(),
        "SET sql_log_bin=0",
        "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = 7");
    String before = query(north, "SELECT @@GLOBAL.gtid_executed");
    provision();
    assertThat(query(north, "SELECT CONCAT(owner, epoch) FROM homecell.hc_slot WHERE slot = 7"))
        .isEqualTo("south-13");
    assertThat(query(north, "SELECT @@GLOBAL.gtid_executed")).isEqualTo(before);
    execute(
        north.rootConnection(),
        "SET sql_log_bin=0",
        "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = 1 WHERE slot = 7");
  }

  @Test
  void commitStepRefusesAnApplicationWithoutALease() throws SQLException {
    try (Connection application = connect(Role.APPLICATION)) {
      assertThatThrownBy(() -> execute(application, "CALL homecell.hc_commit('1', '1')"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("45503"));
    }
  }

  @Test
  void applicationMayNotTouchTheFence() throws SQLException {
    try (Connection application = connect(Role.APPLICATION)) {
      assertThatThrownBy(
              () -> execute(application, "UPDATE homecell.hc_slot SET epoch = 9 WHERE slot = 1"))
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("denied");
      assertThatThrownBy(() -> execute(application, "SET sql_log_bin=0"))
          .isInstanceOf(SQLException.class);
    }
  }

  @Test
  void onlyTheCenterOfACopyServiceMayWriteItAlsoWhenAnotherMightBefore() throws SQLException {
    for (LocalMysql server : List.of(north, south)) {
      try (Connection root = server.rootConnection()) {
        execute(
            root,
            "SET sql_log_bin=0",
            "CREATE DATABASE catalog",
            "CREATE TABLE catalog.product (sku VARCHAR(32) PRIMARY KEY)",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON catalog.* TO '%s'@'%%'"
                .formatted(topology.credentials().get(Role.APPLICATION).user()));
      }
    }
    provision();
    provision(); // there is nothing to take away any more
    try (Connection atCenter = connect(north, Role.APPLICATION);
        Connection elsewhere = connect(south, Role.APPLICATION)) {
      execute(atCenter, "BEGIN", "INSERT INTO catalog.product VALUES ('a')", "ROLLBACK");
      execute(elsewhere, "SELECT * FROM catalog.product");
      for (String write :
          List.of(
              "INSERT INTO catalog.product VALUES ('a')",
              "UPDATE catalog.product SET sku = 'b'",
              "DELETE FROM catalog.product")) {
        assertThatThrownBy(() -> execute(elsewhere, write))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getErrorCode()).isEqualTo(1142));
      }
    }
    try (Connection replication = connect(south, Role.REPLICATION)) {
      execute(
          replication,
          "BEGIN",
          "INSERT INTO catalog.product VALUES ('a')",
          "ROLLBACK",
          "SET SESSION sql_log_bin=0",
          "ALTER TABLE catalog.product ADD name VARCHAR(9)");
    }
  }

  @Test
  void keeperRenewsTheLeaseOutsideTheBinlog() throws SQLException {
    String before = query(north, "SELECT @@GLOBAL.gtid_executed");
    try (Connection keeper = connect(Role.KEEPER)) {
      execute(
          keeper,
          "SET sql_log_bin=0",
          "UPDATE homecell.hc_lease SET expires_at = '2000-01-01 00:00:01'");
    }
    assertThat(query(north, "SELECT @@GLOBAL.gtid_executed")).isEqualTo(before);
  }

  private static Connection connect(Role role) throws SQLException {
    return connect(north, role);
  }

  private static Connection connect(LocalMysql server, Role role) throws SQLException {
    Credentials credentials = topology.credentials().get(role);
    return DriverManager.getConnection(
        server.jdbcUrl(), credentials.user(), credentials.password());
  }

  private static void execute(Connection connection, String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private static String query(LocalMysql server, String sql) throws SQLException {
    try (Connection root = server.rootConnection();
        Statement statement = root.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      assertThat(result.next()).isTrue();
      return result.getString(1);
    }
  }
}
