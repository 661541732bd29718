package io.homecell.tests.fence;

import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/**
 * Cell north-1 on a real MySQL, with a table {@code account.entry(id, slot, v)}, and the fenced
 * database over it; its clock, lease and fence rows are in the hands of the test.
 */
final class FenceFixture implements AutoCloseable {
  static final String CELL = "north-1";
  private static final Duration WITHIN = Duration.ofSeconds(20);

  final LocalMysql mysql;
  final TestTopology test;
  final SettableRoutes routes;
  final MeterRegistry metrics = new SimpleMeterRegistry();
  final MysqlFencedDatabase database;

  private FenceFixture(LocalMysql mysql, TestTopology test) {
    this.mysql = mysql;
    this.test = test;
    this.routes = new SettableRoutes(RouteTable.initial(test.topology()));
    this.database =
        MysqlFencedDatabase.open(
            cell(), "account", test.credentials().get(Role.APPLICATION), routes, metrics);
  }

  static FenceFixture start(Path folder) throws SQLException {
    return start(folder, TestTopology.create(folder));
  }

  static FenceFixture start(Path folder, TestTopology test) throws SQLException {
    LocalMysql mysql =
        LocalMysql.start(
            MysqlDistribution.locate(Optional.empty()),
            folder.resolve("mysql"),
            test.topology().cell(CELL).mysql(),
            1);
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, test.topology(), CELL, SchemaFiles.onClassPath(), test.credentials());
      try (Statement statement = root.createStatement()) {
        statement.execute("CREATE DATABASE IF NOT EXISTS account");
        statement.execute(
            "CREATE TABLE account.entry (id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
                + " slot SMALLINT UNSIGNED NOT NULL, v BIGINT NOT NULL, KEY (slot))");
      }
    }
    return new FenceFixture(mysql, test);
  }

  Topology.Cell cell() {
    return test.topology().cell(CELL);
  }

  /** Everything as it is in a healthy cell. */
  void reset() throws SQLException {
    routes.set(RouteTable.initial(test.topology()));
    execute(
        "DELETE FROM account.entry",
        "UPDATE homecell.hc_slot SET owner = IF(slot < 512, 'north-1', 'south-1'), epoch = 1,"
            + " state = 'OPEN'");
    leaseEndsIn(Duration.ofHours(1));
  }

  void leaseEndsIn(Duration duration) throws SQLException {
    execute(
        "UPDATE homecell.hc_lease SET expires_at = SYSDATE(6) + INTERVAL "
            + duration.toMillis() * 1_000
            + " MICROSECOND");
  }

  long write(int slot, long value) {
    return database.write(
        java.util.List.of(slot),
        tx -> (long) tx.update("INSERT INTO entry (slot, v) VALUES (?, ?)", slot, value));
  }

  void execute(String... statements) throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  long number(String sql) throws SQLException {
    try (Connection root = mysql.rootConnection()) {
      return number(root, sql);
    }
  }

  /** A counter of the server, such as {@code Questions}. */
  static long status(Connection connection, String name) throws SQLException {
    try (PreparedStatement statement =
            connection.prepareStatement("SHOW GLOBAL STATUS LIKE '" + name + "'");
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("no status: " + name);
      }
      return row.getLong(2);
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet row = statement.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("no row: " + sql);
      }
      return row.getLong(1);
    }
  }

  long entries() throws SQLException {
    return number("SELECT COUNT(*) FROM account.entry");
  }

  boolean leaseIsOver() throws SQLException {
    return number("SELECT SYSDATE(6) > expires_at FROM homecell.hc_lease") == 1;
  }

  /** Waits until so many transactions wait for a row's lock. */
  void awaitLockWaits(int count) throws Exception {
    await(
        count + " lock waits",
        // InnoDB shows what it has shown before to whoever asks again within 0.1 s.
        Duration.ofMillis(120),
        () ->
            number(
                    "SELECT COUNT(*) FROM information_schema.innodb_trx"
                        + " WHERE trx_state = 'LOCK WAIT'")
                == count);
  }

  static void await(String what, Callable<Boolean> condition) throws Exception {
    await(what, Duration.ofMillis(5), condition);
  }

  private static void await(String what, Duration askEach, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() - deadline >= 0) {
        throw new AssertionError("not within " + WITHIN.toSeconds() + " s: " + what);
      }
      LockSupport.parkNanos(askEach.toNanos());
    }
  }

  @Override
  public void close() {
    database.close();
    mysql.kill();
  }
}
