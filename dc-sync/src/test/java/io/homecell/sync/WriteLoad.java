package io.homecell.sync;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Transactions on the wallets of one cell's slots, from several connections: each changes two
 * wallets and adds an entry to both, so that any half or repeated transaction shows.
 */
public final class WriteLoad implements AutoCloseable {
  static final int WALLETS = 200;

  /** How many wallets are not as their entries say: each change has exactly one. */
  public static final String WRONG =
      "SELECT COUNT(*) FROM account.wallet w WHERE version <>"
          + " (SELECT COUNT(*) FROM account.entry e WHERE e.wallet = w.id) OR balance"
          + " <> 1000 + (SELECT COALESCE(SUM(amount), 0) FROM account.entry e"
          + " WHERE e.wallet = w.id)";

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong committed = new AtomicLong();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private volatile boolean stopping;

  /** Creates the wallets; ids tell their slots. */
  public static void prepare(Cells cells, String cell, int firstSlot) throws SQLException {
    String[] inserts = new String[WALLETS];
    for (int i = 0; i < WALLETS; i++) {
      inserts[i] =
          "INSERT INTO account.wallet VALUES (%d, %d, 'w', 1000, 0, NOW(6))"
              .formatted(id(firstSlot, i), firstSlot + i);
    }
    cells.run(cell, inserts);
  }

  public static long id(int firstSlot, int index) {
    return 1_000_000L + firstSlot * 10L + index;
  }

  public static WriteLoad start(
      Cells cells, String cell, int firstSlot, int connections, long pauseMillis) {
    WriteLoad load = new WriteLoad();
    for (int i = 0; i < connections; i++) {
      int seed = i;
      Thread thread =
          new Thread(() -> load.run(cells, cell, firstSlot, seed, connections, pauseMillis));
      load.threads.add(thread);
      thread.start();
    }
    return load;
  }

  private void run(
      Cells cells, String cell, int firstSlot, int seed, int connections, long pauseMillis) {
    Random random = new Random(seed);
    try (Connection connection = cells.server(cell).rootConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      int own = WALLETS / connections;
      while (!stopping) {
        // its own wallets only: connections never wait for each other
        int from = seed * own + random.nextInt(own);
        int to = seed * own + random.nextInt(own);
        change(statement, id(firstSlot, from), firstSlot + from, -1);
        change(statement, id(firstSlot, to), firstSlot + to, 1);
        connection.commit();
        committed.incrementAndGet();
        Thread.sleep(pauseMillis);
      }
    } catch (SQLException | InterruptedException e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void change(Statement statement, long id, int slot, int amount)
      throws SQLException {
    statement.execute(
        "UPDATE account.wallet SET balance = balance + %d, version = version + 1, changed_at = NOW(6)"
                .formatted(amount)
            + " WHERE id = "
            + id);
    statement.execute(
        "INSERT INTO account.entry SELECT id, version, slot, %d FROM account.wallet WHERE id = %d"
            .formatted(amount, id));
  }

  public long committed() {
    return committed.get();
  }

  @Override
  public void close() throws Exception {
    stopping = true;
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw failure.get();
    }
  }
}
