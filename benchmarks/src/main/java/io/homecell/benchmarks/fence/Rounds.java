package io.homecell.benchmarks.fence;

import io.homecell.benchmarks.ProcessCpu;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
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

  /**
   * What a run comes to.
   *
   * @param cpuMicros of this process and its server, for each transaction
   */
  private record Result(double perSecond, double cpuMicros) {}

  /** Runs both, and prints each round and what comes out: the first beside the second. */
  void measure(String name, Way one, Way other) throws InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(connections);
    try {
      run(threads, one, WARM_UP_SECONDS);
      run(threads, other, WARM_UP_SECONDS);
      double[] ratios = new double[rounds];
      double[] rates = new double[rounds];
      double[] cpuRatios = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        boolean oneFirst = round % 2 == 0;
        Result first = run(threads, oneFirst ? one : other, seconds);
        Result second = run(threads, oneFirst ? other : one, seconds);
        Result ofOne = oneFirst ? first : second;
        Result ofOther = oneFirst ? second : first;
        rates[round] = ofOne.perSecond;
        ratios[round] = ofOne.perSecond / ofOther.perSecond;
        cpuRatios[round] = ofOne.cpuMicros / ofOther.cpuMicros;
        System.out.printf(
            "%s, round %d: %s %.0f, %s %.0f transactions/s, ratio %.3f; CPU %.0f and %.0f us each,"
                + " ratio %.3f%n",
            name,
            round + 1,
            one.name(),
            ofOne.perSecond,
            other.name(),
            ofOther.perSecond,
            ratios[round],
            ofOne.cpuMicros,
            ofOther.cpuMicros,
            cpuRatios[round]);
      }
      Arrays.sort(ratios);
      Arrays.sort(cpuRatios);
      System.out.printf(
          "%s: ratio min %.3f, median %.3f, max %.3f; CPU ratio min %.3f, median %.3f, max %.3f;"
              + " %s, mean %.0f transactions/s%n",
          name,
          ratios[0],
          ratios[rounds / 2],
          ratios[rounds - 1],
          cpuRatios[0],
          cpuRatios[rounds / 2],
          cpuRatios[rounds - 1],
          one.name(),
          Arrays.stream(rates).average().orElse(0));
    } finally {
      threads.shutdownNow();
    }
  }

  private Result run(ExecutorService threads, Way way, int forSeconds)
      throws InterruptedException, ExecutionException {
    Duration cpuBefore = ProcessCpu.takenByAllOf(ProcessHandle.current());
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
    double perSecond = all * 1e9 / (System.nanoTime() - begun);
    Duration cpu = ProcessCpu.takenByAllOf(ProcessHandle.current()).minus(cpuBefore);
    return new Result(perSecond, cpu.toNanos() / 1e3 / all);
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
