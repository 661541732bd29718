package io.homecell.benchmarks.sync;

import io.homecell.local.LocalMysql;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.StartPosition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code sysbench oltp_read_write} at one cell while dc-sync carries it over to another, its tables
 * included: are they equal afterwards, and how long after the last commit? Exit code 1 if not.
 */
@Command(name = "sysbench-run", mixinStandardHelpOptions = true)
public final class SysbenchRun implements Callable<Integer> {
  private static final String SCHEMA = "account";
  private static final String USER = "sysbench";
  private static final Duration ARRIVES_WITHIN = Duration.ofMinutes(15);

  @Option(names = "--tables", defaultValue = "4", description = "default: ${DEFAULT-VALUE}")
  private int tables;

  @Option(names = "--rows", defaultValue = "10000", description = "of each; ${DEFAULT-VALUE}")
  private int rows;

  @Option(names = "--threads", defaultValue = "4", description = "default: ${DEFAULT-VALUE}")
  private int threads;

  @Option(names = "--seconds", defaultValue = "60", description = "default: ${DEFAULT-VALUE}")
  private int seconds;

  @Option(names = "--folder", description = "where the servers live; a temporary one if not given")
  private Optional<Path> folder = Optional.empty();

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new SysbenchRun()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Optional<Path> sysbench = sysbench();
    if (sysbench.isEmpty()) {
      System.err.println(
          "sysbench is not on the PATH; install it (Debian: apt-get install sysbench)");
      return 2;
    }
    Path place = folder.isPresent() ? folder.get() : Files.createTempDirectory("sysbench-run");
    try (Servers servers = Servers.start(place, 1)) {
      for (LocalMysql server : servers.all()) {
        Servers.run(
            server, "SET GLOBAL sync_binlog = 1", "SET GLOBAL innodb_flush_log_at_trx_commit = 1");
      }
      String password = UUID.randomUUID().toString();
      Servers.run(
          servers.source(),
          "SET sql_log_bin = 0",
          "CREATE USER " + USER + " IDENTIFIED WITH mysql_native_password BY '" + password + "'",
          "GRANT ALL ON " + SCHEMA + ".* TO " + USER);
      try (Pipeline pipeline = Pipeline.start(servers.pipeline(0), new SimpleMeterRegistry())) {
        List<String> command = command(sysbench.get(), servers.source(), password);
        run(place, command, "prepare");
        System.out.printf("prepared, carried over %.1f s later%n", arrival(servers, pipeline));
        for (String line : run(place, command, "run")) {
          if (line.matches("\\s*(transactions|ignored errors|reconnects|avg|95th percentile):.*")) {
            System.out.println("sysbench: " + line.strip());
          }
        }
        System.out.printf(
            "carried over %.1f s after the last commit%n", arrival(servers, pipeline));
        return compare(servers, pipeline.status());
      }
    }
  }

  private static Optional<Path> sysbench() {
    for (String place : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path program = Path.of(place, "sysbench");
      if (!place.isBlank() && Files.isExecutable(program)) {
        return Optional.of(program);
      }
    }
    return Optional.empty();
  }

  private List<String> command(Path sysbench, LocalMysql source, String password) {
    return List.of(
        sysbench.toString(),
        "oltp_read_write",
        "--db-driver=mysql",
        "--mysql-host=" + source.endpoint().host(),
        "--mysql-port=" + source.endpoint().port(),
        "--mysql-user=" + USER,
        "--mysql-password=" + password,
        "--mysql-db=" + SCHEMA,
        "--tables=" + tables,
        "--table-size=" + rows,
        "--threads=" + threads,
        "--time=" + seconds);
  }

  private static List<String> run(Path place, List<String> command, String phase)
      throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(command);
    whole.add(phase);
    Process process =
        new ProcessBuilder(whole).directory(place.toFile()).redirectErrorStream(true).start();
    List<String> lines = new ArrayList<>();
    try (BufferedReader reader = process.inputReader()) {
      reader.lines().forEach(lines::add);
    }
    if (process.waitFor() != 0) {
      throw new IllegalStateException(
          "sysbench "
              + phase
              + " has ended with "
              + process.exitValue()
              + ":\n"
              + String.join("\n", lines));
    }
    return lines;
  }

  /** Seconds until the target has all that the source has now. */
  private static double arrival(Servers servers, Pipeline pipeline) throws SQLException {
    long from = System.nanoTime();
    try (Connection source = servers.source().rootConnection();
        Connection target = servers.follower(0).rootConnection()) {
      GtidSet wanted = StartPosition.executed(source);
      while (!wanted.subtract(StartPosition.executed(target)).isEmpty()) {
        PipelineStatus status = pipeline.status();
        if (status.state() == State.BROKEN || System.nanoTime() - from > ARRIVES_WITHIN.toNanos()) {
          throw new IllegalStateException("it does not arrive: " + status);
        }
        LockSupport.parkNanos(20_000_000);
      }
    }
    return (System.nanoTime() - from) / 1e9;
  }

  private int compare(Servers servers, PipelineStatus status) throws SQLException {
    StringBuilder query = new StringBuilder("CHECKSUM TABLE ");
    for (int table = 1; table <= tables; table++) {
      query.append(table == 1 ? "" : ", ").append(SCHEMA).append(".sbtest").append(table);
    }
    List<String> source = rows(servers.source(), query.toString());
    List<String> target = rows(servers.follower(0), query.toString());
    boolean equal = source.equals(target) && status.conflicts() == 0 && status.stranded() == 0;
    System.out.printf(
        "tables %s; %d transactions applied, %d conflicts, %d stranded%n",
        source.equals(target) ? "equal" : "DIFFER: " + source + " at the source, " + target,
        status.applied(),
        status.conflicts(),
        status.stranded());
    return equal ? 0 : 1;
  }

  private static List<String> rows(LocalMysql server, String query) throws SQLException {
    try (Connection connection = server.rootConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      List<String> all = new ArrayList<>();
      while (rows.next()) {
        all.add(rows.getString(1) + "=" + rows.getString(2));
      }
      return all;
    }
  }
}
