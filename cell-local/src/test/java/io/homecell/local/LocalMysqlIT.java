package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class LocalMysqlIT {
  private static final MysqlDistribution MYSQL =
      MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED)));

  @TempDir private Path folder;

  private LocalMysql start(Path in) {
    return LocalMysql.start(MYSQL, in, new Endpoint("127.0.0.1", FreePorts.takeOne()), 7);
  }

  @Test
  void keepsItsRowsAndIdentityOverKillNine() throws SQLException {
    String uuid;
    try (LocalMysql mysql = start(folder);
        Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("CREATE DATABASE d");
      statement.execute("CREATE TABLE d.t (n INT PRIMARY KEY)");
      statement.execute("INSERT INTO d.t VALUES (1)");
      uuid = one(mysql, "SELECT @@server_uuid");
      mysql.kill();
      assertThat(mysql.process().isAlive()).isFalse();
    }
    try (LocalMysql mysql = start(folder)) {
      assertThat(one(mysql, "SELECT n FROM d.t")).isEqualTo("1");
      assertThat(one(mysql, "SELECT @@server_uuid")).isEqualTo(uuid);
      assertThat(one(mysql, "SELECT @@GLOBAL.gtid_executed")).isEqualTo(uuid + ":1-3");
    }
  }

  @Test
  void runsWithDurableAndReplicableSettings() throws SQLException {
    try (LocalMysql mysql = start(folder)) {
      assertThat(
              one(
                  mysql,
                  "SELECT CONCAT_WS(',', @@sync_binlog, @@innodb_flush_log_at_trx_commit,"
                      + " @@gtid_mode, @@binlog_format, @@binlog_row_image, @@server_id,"
                      + " @@time_zone)"))
          .isEqualTo("1,1,ON,ROW,FULL,7,+00:00");
    }
  }

  @Test
  void rootNeedsAPasswordThatOnlyTheOwnerCanRead() throws IOException {
    try (LocalMysql mysql = start(folder)) {
      assertThatThrownBy(
              () -> java.sql.DriverManager.getConnection(mysql.jdbcUrl(), "root", "").close())
          .isInstanceOf(SQLException.class)
          .hasMessageContaining("Access denied");
      assertThat(
              PosixFilePermissions.toString(
                  Files.getPosixFilePermissions(folder.resolve("root.password"))))
          .isEqualTo("rw-------");
    }
  }

  @Test
  void aServerThatCannotStartIsToldWithTheEndOfItsLog() throws IOException {
    Files.createDirectories(folder.resolve("data"));
    Files.writeString(folder.resolve("data/ibdata1"), "not a tablespace");
    assertThatThrownBy(() -> start(folder))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("has ended with exit code 1")
        .hasMessageContaining("[ERROR]");
  }

  private static String one(LocalMysql mysql, String sql) throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      assertThat(result.next()).isTrue();
      return result.getString(1).replace("\n", "");
    }
  }
}
