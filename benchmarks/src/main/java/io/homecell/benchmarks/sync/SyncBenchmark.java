package io.homecell.benchmarks.sync;

import io.homecell.benchmarks.ProcessCpu;
import io.homecell.core.topology.Topology;
import io.homecell.local.LocalMysql;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.StartPosition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * dc-sync beside MySQL's own replication: the same backlog drained by each in turn, then the lag of
 * each at a steady rate. All servers are real ones, started and stopped by it.
 */
@Command(name = "sync-benchmark", mixinStandardHelpOptions = true)
public final class SyncBenchmark implements Callable<Integer> {
  private static final Duration DRAIN_WITHIN = Duration.ofMinutes(15);

  @Option(names = "--one-row", defaultValue = "200000", description = "one-row transactions")
  private int oneRow;

  @Option(names = "--ten-row", defaultValue = "50000", description = "ten-row transactions")
  private int tenRow;

  @Option(names = "--rounds", defaultValue = "2", description = "rounds that count")
  private int rounds;

  @Option(names = "--warm-up", defaultValue = "20000", description = "transactions before")
  private int warmUp;

  @Option(names = "--workers", split = ",", defaultValue = "4,16", description = "native workers")
  private int[] workers = {};

  @Option(
      names = "--durable",
      arity = "1",
      split = ",",
      defaultValue = "true,false",
      description = "whether a commit of a follower waits for its disk; ${DEFAULT-VALUE}")
  private boolean[] durables = {};

  @Option(names = "--rate", defaultValue = "500", description = "steady transactions/s; 0 for none")
  private int rate;

  @Option(names = "--steady", defaultValue = "30", description = "seconds at the steady rate")
  private int steadySeconds;

  @Option(
      names = "--capture",
      split = ",",
      defaultValue = "debezium",
      description =
          "how dc-sync reads its source: ${COMPLETION-CANDIDATES}; a target for each, in turn")
  private Topology.Capture[] captures = {};

  @Option(names = "--folder", description = "where the servers live; a temporary one if not given")
  private Optional<Path> folder = Optional.empty();

  /** Runs it. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new SyncBenchmark());
    System.exit(line.setCaseInsensitiveEnumValuesAllowed(true).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Path place = folder.isPresent() ? folder.get() : Files.createTempDirectory("sync-benchmark");
    try (Servers servers = Servers.start(place, captures.length + workers.length)) {
      List<Follower> followers = followers(servers);
      Load load = new Load(servers.source());
      for (int i = 0; i < 2; i++) {
        drainAll("warm-up", servers, load, followers, warmUp, i == 0 ? 1 : 10);
      }
      for (boolean durable : durables) {
        servers.durable(durable);
        String what = durable ? "durable" : "relaxed";
        for (int round = 1; round <= rounds; round++) {
          drainAll(what + " " + round, servers, load, followers, oneRow, 1);
          drainAll(what + " " + round, servers, load, followers, tenRow, 10);
        }
      }
      servers.durable(true);
      if (rate > 0) {
        for (Follower follower : followers) {
          lag(servers, load, follower);
        }
      }
    }
    return 0;
  }

  private List<Follower> followers(Servers servers) throws SQLException {
    List<Follower> followers = new ArrayList<>();
    for (Topology.Capture capture : captures) {
      int index = followers.size();
      followers.add(
          new Follower.DcSync(
              servers.pipeline(index).withCapture(capture), servers.follower(index)));
    }
    for (int count : workers) {
      Follower.Native follower =
          new Follower.Native(
              count, servers.source(), servers.follower(followers.size()), servers.replication());
      follower.connect();
      followers.add(follower);
    }
    return followers;
  }

  private static void drainAll(
      String what, Servers servers, Load load, List<Follower> followers, int transactions, int rows)
      throws Exception {
    if (transactions == 0) {
      return;
    }
    load.backlog(transactions, rows);
    for (Follower follower : followers) {
      follower.prepare();
      drain(what + ", rows " + rows, servers, follower);
    }
  }

  /**
   * The clock runs from the first transaction applied: how long a connection takes is not speed.
   */
  private static void drain(String what, Servers servers, Follower follower) throws Exception {
    GtidSet wanted;
    try (Connection source = servers.source().rootConnection()) {
      wanted = StartPosition.executed(source);
    }
    try (Connection target = follower.server().rootConnection()) {
      long first = StartPosition.executed(target).size();
      AutoCloseable running = follower.start();
      long deadline = System.nanoTime() + DRAIN_WITHIN.toNanos();
      long began = 0;
      long beganAt = first;
      ProcessCpu cpu = cpu(servers, follower.server());
      while (true) {
        GtidSet now = StartPosition.executed(target);
        if (began == 0 && now.size() > first) {
          began = System.nanoTime();
          beganAt = now.size();
          cpu = cpu(servers, follower.server());
        }
        if (wanted.subtract(now).isEmpty()) {
          double seconds = (System.nanoTime() - began) / 1e9;
          System.out.printf(
              "%-20s %-10s %8.0f transactions/s (%d in %.1f s; CPU: %s)%n",
              what,
              follower.name(),
              (now.size() - beganAt) / seconds,
              now.size() - beganAt,
              seconds,
              cpu.sinceStart());
          break;
        }
        if (System.nanoTime() - deadline > 0) {
          throw new IllegalStateException(
              follower.name() + " has not drained the backlog within " + DRAIN_WITHIN);
        }
        LockSupport.parkNanos(20_000_000);
      }
      running.close();
    }
  }

  private static ProcessCpu cpu(Servers servers, LocalMysql target) {
    return new ProcessCpu(
        Map.of(
            "source", servers.source().process().handle(),
            "target", target.process().handle(),
            "this JVM", ProcessHandle.current()));
  }

  /** From the commit's answer at the source to the row being seen at the follower, to the ms. */
  private void lag(Servers servers, Load load, Follower follower) throws Exception {
    follower.prepare();
    AutoCloseable running = follower.start();
    ConcurrentSkipListMap<Long, Long> committed = new ConcurrentSkipListMap<>();
    int total = rate * steadySeconds;
    int skipped = total / 5; // until caches and code are warm
    Histogram lagMicros = new Histogram(3);
    Thread writer = new Thread(() -> write(servers.source(), load, committed, total), "writer");
    writer.start();
    int seen = 0;
    long deadline = System.nanoTime() + Duration.ofSeconds(steadySeconds + 60L).toNanos();
    try (Connection target = follower.server().rootConnection();
        Statement statement = target.createStatement()) {
      while (seen < total && System.nanoTime() - deadline < 0) {
        Map.Entry<Long, Long> oldest = committed.firstEntry();
        if (oldest == null) {
          LockSupport.parkNanos(200_000);
          continue;
        }
        long highest = oldest.getKey() - 1;
        try (ResultSet rows =
            statement.executeQuery(
                "SELECT id FROM account.bench WHERE id >= " + oldest.getKey() + " ORDER BY id")) {
          while (rows.next() && rows.getLong(1) == highest + 1) {
            highest++;
          }
        }
        long now = System.nanoTime();
        while (oldest != null && oldest.getKey() <= highest) {
          if (seen++ >= skipped) {
            lagMicros.recordValue(Math.max(0, (now - oldest.getValue()) / 1_000));
          }
          committed.remove(oldest.getKey());
          oldest = committed.firstEntry();
        }
        LockSupport.parkNanos(300_000);
      }
    }
    writer.join();
    running.close();
    System.out.printf(
        "lag at %d/s  %-10s p50 %.1f ms, p99 %.1f ms, max %.1f ms (%d of %d seen)%n",
        rate,
        follower.name(),
        lagMicros.getValueAtPercentile(50) / 1_000.0,
        lagMicros.getValueAtPercentile(99) / 1_000.0,
        lagMicros.getMaxValue() / 1_000.0,
        seen,
        total);
  }

  private void write(
      LocalMysql source, Load load, ConcurrentSkipListMap<Long, Long> committed, int total) {
    try (Connection connection = source.rootConnection();
        Statement statement = connection.createStatement()) {
      long start = System.nanoTime();
      for (int i = 0; i < total; i++) {
        long due = start + i * 1_000_000_000L / rate;
        while (System.nanoTime() - due < 0) {
          LockSupport.parkNanos(Math.max(1, due - System.nanoTime()));
        }
        long id = load.one(statement);
        committed.put(id, System.nanoTime());
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the writer failed", e);
    }
  }
}
