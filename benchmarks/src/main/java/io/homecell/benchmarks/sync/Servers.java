package io.homecell.benchmarks.sync;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.homecell.sync.pipeline.PipelineSettings;
import io.homecell.sync.position.CellDatabase;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One source and the servers that are to follow it, by dc-sync or by MySQL itself. */
final class Servers implements AutoCloseable {
  static final String SOURCE = "north-1";
  static final String TARGET = "south-1";
  private static final int SERVER_ID = 900;

  private static final String SCHEMA =
      """
      CREATE DATABASE IF NOT EXISTS account
      ;
      CREATE DATABASE IF NOT EXISTS trade
      ;
      CREATE TABLE IF NOT EXISTS account.bench (
        id     BIGINT NOT NULL PRIMARY KEY,
        slot   SMALLINT UNSIGNED NOT NULL,
        holder VARCHAR(100),
        amount DECIMAL(18,2),
        at     DATETIME(6))
      """;

  private final TestTopology test;
  private final LocalMysql source;
  private final List<LocalMysql> followers = new ArrayList<>();

  private Servers(TestTopology test, LocalMysql source) {
    this.test = test;
    this.source = source;
  }

  /** Starts a source and so many followers, each of which is the other cell to it. */
  static Servers start(Path folder, int followers) throws SQLException {
    TestTopology test = TestTopology.create(folder);
    Topology topology = test.topology();
    MysqlDistribution mysql =
        MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED)));
    LocalMysql source =
        LocalMysql.start(mysql, folder.resolve("source"), topology.cell(SOURCE).mysql(), 1);
    Servers servers = new Servers(test, source);
    for (int i = 0; i < followers; i++) {
      LocalMysql follower =
          LocalMysql.start(
              mysql,
              folder.resolve("follower-" + i),
              i == 0
                  ? topology.cell(TARGET).mysql()
                  : new Topology.Endpoint("127.0.0.1", FreePorts.takeOne()),
              2 + i);
      servers.followers.add(follower);
      CellProvisioning.provisionAll(
          topology, Map.of(SOURCE, source, TARGET, follower), schemas(), test.credentials());
    }
    run(
        source,
        "SET GLOBAL binlog_transaction_dependency_tracking = WRITESET",
        // how fast the load is made is not what is measured
        "SET GLOBAL sync_binlog = 0",
        "SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    return servers;
  }

  private static List<String> schemas() {
    List<String> all = new ArrayList<>(SchemaFiles.onClassPath());
    all.add(SCHEMA);
    return all;
  }

  List<LocalMysql> all() {
    List<LocalMysql> all = new ArrayList<>(List.of(source));
    all.addAll(followers);
    return all;
  }

  LocalMysql source() {
    return source;
  }

  LocalMysql follower(int index) {
    return followers.get(index);
  }

  /** Whether a commit at the followers waits for the disk. */
  void durable(boolean durable) throws SQLException {
    for (LocalMysql follower : followers) {
      run(
          follower,
          "SET GLOBAL sync_binlog = " + (durable ? 1 : 0),
          "SET GLOBAL innodb_flush_log_at_trx_commit = " + (durable ? 1 : 2));
    }
  }

  /** A pipeline to a follower. */
  PipelineSettings pipeline(int index) {
    return PipelineSettings.of(
        database(SOURCE, source), database(TARGET, follower(index)), SERVER_ID + index);
  }

  Credentials replication() {
    Credentials replication = test.credentials().get(Role.REPLICATION);
    if (replication == null) {
      throw new IllegalStateException("no credentials for " + Role.REPLICATION);
    }
    return replication;
  }

  private CellDatabase database(String cell, LocalMysql server) {
    return new CellDatabase(cell, server.endpoint(), replication());
  }

  static void run(LocalMysql server, String... statements) throws SQLException {
    try (Connection connection = server.rootConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Override
  public void close() {
    all().forEach(LocalMysql::close);
  }
}
