package io.homecell.benchmarks.fence;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * What fence and lease cost: the transaction that places an order, ended by {@code CALL hc_commit}
 * and by {@code COMMIT}, in turn at one real server.
 */
@Command(name = "fence-benchmark", mixinStandardHelpOptions = true)
public final class FenceBenchmark implements Callable<Integer> {
  private static final String CELL = "north-1";
  private static final Duration CONNECT = Duration.ofSeconds(5);
  private static final Duration ANSWER = Duration.ofSeconds(30);
  private static final int WARM_UP_SECONDS = 5;

  @Option(names = "--connections", defaultValue = "16", description = "default: ${DEFAULT-VALUE}")
  private int connections;

  @Option(names = "--rounds", defaultValue = "7", description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "6", description = "of each; ${DEFAULT-VALUE}")
  private int seconds;

  @Option(names = "--folder", description = "where the server lives; a temporary one if not given")
  private Optional<Path> folder = Optional.empty();

  private final AtomicLong ids = new AtomicLong();

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new FenceBenchmark()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path place = folder.isPresent() ? folder.get() : Files.createTempDirectory("fence-benchmark");
    TestTopology test = TestTopology.create(place);
    try (LocalMysql mysql =
        LocalMysql.start(
            MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
            place.resolve("mysql"),
            test.topology().cell(CELL).mysql(),
            1)) {
      prepare(mysql, test);
      Credentials application = test.credentials().get(Role.APPLICATION);
      if (application == null) {
        throw new IllegalStateException("no credentials for " + Role.APPLICATION);
      }
      String url =
          MysqlUrl.of(test.topology().cell(CELL).mysql(), "trade", CONNECT, ANSWER)
              + "&sessionVariables=transaction_isolation='READ-COMMITTED'"
              + "&useLocalTransactionState=true&useServerPrepStmts=true&cachePrepStmts=true";
      for (boolean durable : List.of(true, false)) {
        execute(
            mysql,
            "SET GLOBAL sync_binlog = " + (durable ? 1 : 0),
            "SET GLOBAL innodb_flush_log_at_trx_commit = " + (durable ? 1 : 2));
        measure(durable ? "durable" : "relaxed", url, application);
      }
    }
    return 0;
  }

  private static void prepare(LocalMysql mysql, TestTopology test) throws SQLException {
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, test.topology(), CELL, SchemaFiles.onClassPath(), test.credentials());
    }
    execute(
        mysql,
        "CREATE DATABASE IF NOT EXISTS trade CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_bin",
        OrderTransaction.ORDERS,
        OrderTransaction.LINES,
        OrderTransaction.ANSWERS,
        OrderTransaction.CATALOG,
        OrderTransaction.PRODUCTS,
        "UPDATE homecell.hc_lease SET expires_at = SYSDATE(6) + INTERVAL 1 DAY");
  }

  private static void execute(LocalMysql mysql, String... statements) throws SQLException {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private void measure(String name, String url, Credentials user) throws Exception {
    List<Connection> open = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      for (int i = 0; i < connections; i++) {
        Connection connection = DriverManager.getConnection(url, user.user(), user.password());
        connection.setAutoCommit(false);
        open.add(connection);
      }
      for (boolean fenced : List.of(true, false)) {
        run(threads, open, fenced, WARM_UP_SECONDS);
      }
      double[] ratios = new double[rounds];
      double[] fencedRates = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        boolean fencedFirst = round % 2 == 0;
        double first = run(threads, open, fencedFirst, seconds);
        double second = run(threads, open, !fencedFirst, seconds);
        fencedRates[round] = fencedFirst ? first : second;
        ratios[round] = fencedFirst ? first / second : second / first;
        System.out.printf(
            "%s, round %d: fenced %.0f, unfenced %.0f transactions/s, ratio %.3f%n",
            name, round + 1, fencedRates[round], fencedFirst ? second : first, ratios[round]);
      }
      Arrays.sort(ratios);
      System.out.printf(
          "%s: ratio min %.3f, median %.3f, max %.3f; fenced, mean %.0f transactions/s%n",
          name,
          ratios[0],
          ratios[rounds / 2],
          ratios[rounds - 1],
          Arrays.stream(fencedRates).average().orElse(0));
    } finally {
      threads.shutdownNow();
      for (Connection connection : open) {
        connection.close();
      }
    }
  }

  /** Transactions in a second. */
  private double run(ExecutorService threads, List<Connection> open, boolean fenced, int forSeconds)
      throws InterruptedException, ExecutionException {
    long begun = System.nanoTime();
    long end = begun + TimeUnit.SECONDS.toNanos(forSeconds);
    List<Future<Integer>> counts = new ArrayList<>();
    for (Connection connection : open) {
      counts.add(threads.submit(() -> untilEnd(connection, fenced, end)));
    }
    int all = 0;
    for (Future<Integer> count : counts) {
      all += count.get();
    }
    return all * 1e9 / (System.nanoTime() - begun);
  }

  private int untilEnd(Connection connection, boolean fenced, long endNanos) throws SQLException {
    int count = 0;
    while (System.nanoTime() < endNanos) {
      OrderTransaction.run(connection, ids.incrementAndGet(), fenced);
      count++;
    }
    return count;
  }
}
