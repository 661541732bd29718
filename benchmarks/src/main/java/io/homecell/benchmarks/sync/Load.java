package io.homecell.benchmarks.sync;

import io.homecell.local.LocalMysql;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/** Makes transactions at the source; ids grow, slots are those that the source owns. */
final class Load {
  private static final int THREADS = 16;
  private static final int SLOTS = 512;

  private final LocalMysql source;
  private final AtomicLong nextId = new AtomicLong(1);

  Load(LocalMysql source) {
    this.source = source;
  }

  /** A backlog of transactions, each of so many rows. */
  void backlog(int transactions, int rows) throws InterruptedException, ExecutionException {
    AtomicLong left = new AtomicLong(transactions);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        running.add(
            threads.submit(
                () -> {
                  try (Connection connection = source.rootConnection();
                      Statement statement = connection.createStatement()) {
                    while (left.getAndDecrement() > 0) {
                      statement.execute(insert(nextId.getAndAdd(rows), rows));
                    }
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    } finally {
      threads.shutdownNow();
    }
  }

  /** One transaction of one row on a connection; its id. */
  long one(Statement statement) throws SQLException {
    long id = nextId.getAndIncrement();
    statement.execute(insert(id, 1));
    return id;
  }

  private static String insert(long firstId, int rows) {
    StringBuilder sql = new StringBuilder("INSERT INTO account.bench VALUES ");
    long slot = firstId % SLOTS;
    for (int i = 0; i < rows; i++) {
      sql.append(i == 0 ? "(" : ",(").append(firstId + i).append(',').append(slot);
      sql.append(",'holder number ").append(firstId).append("',").append(i).append(".25,NOW(6))");
    }
    return sql.toString();
  }
}
