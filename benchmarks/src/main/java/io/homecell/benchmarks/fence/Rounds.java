package io.homecell.benchmarks.fence;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.Option;

/**
 * Two ways to do the same transaction, in turn at one server: what else the machine does meets
 * both. Ratios are taken within a round, whose order changes from one to the next.
 */
final class Rounds {
  private static final int WARM_UP_SECONDS = 5;

  @Option(names = "--connections", defaultValue = "16", description = "default: ${DEFAULT-VALUE}")
  int connections;

  @Option(names = "--rounds", defaultValue = "7", description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "6", description = "of each; ${DEFAULT-VALUE}")
  private int seconds;

  @Option(names = "--folder", description = "where the server lives; a temporary one if not given")
  Optional<Path> folder = Optional.empty();

  private final AtomicLong ids = new AtomicLong();

  /** One transaction on a connection. */
  interface Transaction {
    void run(Connection connection, long id) throws SQLException;
  }

  /** One of the two ways. */
  record Way(String name, List<Connection> connections, Transaction transaction) {}

  /** Runs both, and prints each round and what comes out: the first's rate by the second's. */
  void measure(String name, Way one, Way other) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      run(threads, one, WARM_UP_SECONDS);
      run(threads, other, WARM_UP_SECONDS);
      double[] ratios = new double[rounds];
      double[] rates = new double[rounds];
      double[] micros = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        boolean oneFirst = round % 2 == 0;
        double first = run(threads, oneFirst ? one : other, seconds);
        double second = run(threads, oneFirst ? other : one, seconds);
        rates[round] = oneFirst ? first : second;
        double others = oneFirst ? second : first;
        ratios[round] = rates[round] / others;
        micros[round] = connections * 1e6 * (1 / rates[round] - 1 / others);
        System.out.printf(
            "%s, round %d: %s %.0f, %s %.0f transactions/s, ratio %.3f, %+.0f us each%n",
            name,
            round + 1,
            one.name(),
            rates[round],
            other.name(),
            others,
            ratios[round],
            micros[round]);
      }
      Arrays.sort(ratios);
      Arrays.sort(micros);
      System.out.printf(
          "%s: ratio min %.3f, median %.3f, max %.3f, median %+.0f us each; %s, mean %.0f"
              + " transactions/s%n",
          name,
          ratios[0],
          ratios[rounds / 2],
          ratios[rounds - 1],
          micros[rounds / 2],
          one.name(),
          Arrays.stream(rates).average().orElse(0));
    } finally {
      threads.shutdownNow();
    }
  }

  /** Transactions in a second. */
  private double run(ExecutorService threads, Way way, int forSeconds)
      throws InterruptedException, ExecutionException {
    long begun = System.nanoTime();
    long end = begun + TimeUnit.SECONDS.toNanos(forSeconds);
    List<Future<Integer>> counts = new ArrayList<>();
    for (Connection connection : way.connections()) {
      counts.add(threads.submit(() -> untilEnd(connection, way.transaction(), end)));
    }
    int all = 0;
    for (Future<Integer> count : counts) {
      all += count.get();
    }
    return all * 1e9 / (System.nanoTime() - begun);
  }

  private int untilEnd(Connection connection, Transaction transaction, long endNanos)
      throws SQLException {
    int count = 0;
    while (System.nanoTime() < endNanos) {
      transaction.run(connection, ids.incrementAndGet());
      count++;
    }
    return count;
  }
}
