package io.homecell.benchmarks.fence;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One real server with the fence, a lease that runs, and the tables of orders. */
final class FencedServer implements AutoCloseable {
  private static final String CELL = "north-1";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);

  private final LocalMysql mysql;
  private final TestTopology test;
  private final List<Connection> open = new ArrayList<>();

  private FencedServer(LocalMysql mysql, TestTopology test) {
    this.mysql = mysql;
    this.test = test;
  }

  static FencedServer start(Optional<Path> folder) throws IOException, SQLException {
    Path place = folder.isPresent() ? folder.get() : Files.createTempDirectory("fence-benchmark");
    TestTopology test = TestTopology.create(place);
    FencedServer server =
        new FencedServer(
            LocalMysql.start(
                MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
                place.resolve("mysql"),
                test.topology().cell(CELL).mysql(),
                1),
            test);
    try {
      server.prepare();
    } catch (SQLException e) {
      server.close();
      throw e;
    }
    return server;
  }

  private void prepare() throws SQLException {
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, test.topology(), CELL, SchemaFiles.onClassPath(), test.credentials());
    }
    execute(
        "CREATE DATABASE IF NOT EXISTS trade CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
        OrderTransaction.ORDERS,
        OrderTransaction.LINES,
        OrderTransaction.ANSWERS,
        OrderTransaction.CATALOG,
        OrderTransaction.PRODUCTS,
        "UPDATE homecell.hc_lease SET expires_at = SYSDATE(6) + INTERVAL 1 DAY");
  }

  /** Whether each commit waits for the disk. */
  void durable(boolean durable) throws SQLException {
    execute(
        "SET GLOBAL sync_binlog = " + (durable ? 1 : 0),
        "SET GLOBAL innodb_flush_log_at_trx_commit = " + (durable ? 1 : 2));
  }

  private void execute(String... statements) throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /**
   * Connections as a service's own, closed with the server.
   *
   * @param variables further ones of the session, each behind a comma
   * @param options further ones of the driver, each behind an ampersand
   */
  List<Connection> connections(int count, String variables, String options) throws SQLException {
    Credentials application = test.credentials().get(Role.APPLICATION);
    if (application == null) {
      throw new IllegalStateException("no credentials for " + Role.APPLICATION);
    }
    String url =
        MysqlUrl.of(test.topology().cell(CELL).mysql(), "trade", CONNECT, ANSWER)
            + "&sessionVariables=transaction_isolation='READ-COMMITTED'"
            + variables
            + "&useLocalTransactionState=true&useServerPrepStmts=true&cachePrepStmts=true"
            + options;
    List<Connection> fresh = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Connection connection =
          DriverManager.getConnection(url, application.user(), application.password());
      open.add(connection);
      connection.setAutoCommit(false);
      fresh.add(connection);
    }
    return fresh;
  }

  @Override
  public void close() throws SQLException {
    try {
      for (Connection connection : open) {
        connection.close();
      }
    } finally {
      mysql.close();
    }
  }
}
