package io.homecell.sync;

import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineSettings;
import io.homecell.sync.pipeline.PipelineStatus;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.StartPosition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** Real MySQL servers, provisioned as the cells of one group. */
public class Cells implements AutoCloseable {
  public static final String NORTH = "north-1";
  public static final String SOUTH = "south-1";

  private static final int NO_SUCH_THREAD = 1094;

  private static final List<String> TABLES =
      List.of("account.wallet", "account.entry", "account.every_type");

  private final Path folder;
  private final TestTopology topology;
  private final Map<String, LocalMysql> servers = new ConcurrentHashMap<>();
  private Topology.Capture capture = Topology.Capture.DEBEZIUM;

  Cells(Path folder, TestTopology topology) {
    this.folder = folder;
    this.topology = topology;
    topology.topology().cells().keySet().forEach(this::startServer);
    CellProvisioning.provisionAll(
        topology.topology(), servers, SchemaFiles.onClassPath(), topology.credentials());
  }

  /** Pipelines that are made from now on read their source so. */
  public final void captureBy(Topology.Capture other) {
    capture = other;
  }

  public final void startServer(String cell) {
    MysqlDistribution mysql =
        MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED)));
    servers.put(
        cell,
        LocalMysql.start(
            mysql, folder.resolve(cell), topology.topology().cell(cell).mysql(), index(cell) + 1));
  }

  private int index(String cell) {
    return List.copyOf(topology.topology().cells().keySet()).indexOf(cell);
  }

  /** From now on another server is the cell's; the former is not stopped. */
  public final void replaceServer(String cell, LocalMysql server) {
    servers.put(cell, server);
  }

  public LocalMysql server(String cell) {
    LocalMysql server = servers.get(cell);
    if (server == null) {
      throw new IllegalArgumentException(cell + " (expected: one of " + servers.keySet() + ")");
    }
    return server;
  }

  /** Where a server that was not replaced keeps what it stores. */
  public Path data(String cell) {
    return folder.resolve(cell).resolve("data");
  }

  public TestTopology topology() {
    return topology;
  }

  public CellDatabase database(String cell) {
    return new CellDatabase(
        cell, server(cell).endpoint(), topology.credentials().get(Role.REPLICATION));
  }

  public PipelineSettings settings(String source, String target) {
    return PipelineSettings.of(database(source), database(target), 1_000_000 + index(target))
        .withCapture(capture)
        .withHaltedPause(Duration.ofMillis(500));
  }

  public Pipeline pipeline(String source, String target) {
    Pipeline pipeline = Pipeline.start(settings(source, target), new SimpleMeterRegistry());
    return pipeline;
  }

  /** Runs statements as the superuser, in one session. */
  public void run(String cell, String... statements) throws SQLException {
    try (Connection connection = server(cell).rootConnection();
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Ends a connection to a cell, unless it has ended by itself meanwhile. */
  public void kill(String cell, String connection) throws SQLException {
    try {
      run(cell, "KILL " + connection);
    } catch (SQLException e) {
      if (e.getErrorCode() != NO_SUCH_THREAD) {
        throw e;
      }
    }
  }

  /** Purges what a cell has logged so far; a log that somebody is still sent stays until then. */
  public void purgeLogs(String cell) throws Exception {
    run(cell, "FLUSH BINARY LOGS");
    await(
        "the purge of all logs of " + cell + " but the last",
        Duration.ofSeconds(20),
        () -> {
          List<String> logs = query(cell, "SHOW BINARY LOGS");
          String last = logs.get(logs.size() - 1).replaceAll(",.*", "");
          run(cell, "PURGE BINARY LOGS TO '" + last + "'");
          return query(cell, "SHOW BINARY LOGS").size() == 1;
        });
  }

  /** The rows of a query, each with its columns joined by commas. */
  public List<String> query(String cell, String sql) throws SQLException {
    try (Connection connection = server(cell).rootConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        all.add(String.join(",", row));
      }
      return all;
    }
  }

  public GtidSet executed(String cell) throws SQLException {
    try (Connection connection = server(cell).rootConnection()) {
      return StartPosition.executed(connection);
    }
  }

  public String uuid(String cell) throws SQLException {
    return query(cell, "SELECT @@server_uuid").get(0);
  }

  /** Checksums of all replicated tables. */
  public List<String> checksums(String cell) throws SQLException {
    return query(
        cell,
        "CHECKSUM TABLE "
            + String.join(", ", TABLES)
            + ", trade.product, homecell.hc_slot, homecell.hc_server, homecell.hc_heartbeat");
  }

  /** Waits until the target has executed all that the source has executed by now. */
  public void awaitArrival(String source, String target) throws Exception {
    GtidSet wanted = executed(source);
    await(
        "the transactions of " + source + " at " + target,
        Duration.ofSeconds(60),
        () -> wanted.subtract(executed(target)).isEmpty());
  }

  public static void awaitState(Pipeline pipeline, PipelineStatus.State state) throws Exception {
    await(
        pipeline.name() + " " + state + ", it is " + pipeline.status(),
        Duration.ofSeconds(60),
        () -> pipeline.status().state() == state);
  }

  /** Polls a condition; the deadline is an error that says what was waited for. */
  public static void await(String what, Duration within, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + within.toSeconds() + " s: " + what);
      }
      Thread.sleep(20);
    }
  }

  /**
   * After all that wrote or carried over has stopped: lets what is still under way arrive
   * everywhere, and requires that all cells are the same then.
   */
  public void settle() throws Exception {
    long since = Instant.now().toEpochMilli() * 1_000;
    List<Pipeline> quiet = new ArrayList<>();
    try {
      for (String source : servers.keySet()) {
        for (String target : servers.keySet()) {
          if (!source.equals(target)) {
            // each writes one beat when it starts, and nothing is written behind the last of them
            quiet.add(
                Pipeline.start(
                    settings(source, target).withHeartbeatPeriod(Duration.ofHours(1)),
                    new SimpleMeterRegistry()));
          }
        }
      }
      String beats = "SELECT COUNT(*) FROM homecell.hc_heartbeat WHERE beat > " + since;
      String all = Integer.toString(quiet.size());
      await(
          "the last beats, and the same transactions everywhere",
          Duration.ofSeconds(90),
          () -> {
            Set<GtidSet> executed = new HashSet<>();
            boolean arrived = true;
            for (String cell : servers.keySet()) {
              arrived &= query(cell, beats).contains(all);
              executed.add(executed(cell));
            }
            quiet.forEach(Cells::requireSound);
            return arrived && executed.size() == 1;
          });
    } finally {
      quiet.forEach(Pipeline::stop);
      quiet.forEach(Pipeline::close);
    }
    Set<List<String>> checksums = new HashSet<>();
    for (String cell : servers.keySet()) {
      checksums.add(checksums(cell));
      if (!query(cell, "SELECT * FROM homecell.hc_stranded").isEmpty()) {
        throw new AssertionError("stranded at " + cell);
      }
    }
    if (checksums.size() > 1) {
      throw new AssertionError("the cells differ: " + checksums);
    }
  }

  /** Nothing that it has carried over was in dispute, and it does not stand still. */
  public static void requireSound(Pipeline pipeline) {
    PipelineStatus status = pipeline.status();
    if (status.state() == PipelineStatus.State.BROKEN
        || status.conflicts() + status.stranded() > 0) {
      throw new AssertionError(status.toString());
    }
  }

  @Override
  public void close() {
    servers.values().forEach(LocalMysql::kill);
  }
}
