package io.homecell.sync;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Writers at one cell that live through its faults. Each has a wallet of its own and counts in it:
 * the n-th transaction adds one and leaves entry n. What was acknowledged is remembered; what was
 * not is unknown, and tried again under the same number, so it can't count twice unnoticed.
 */
final class CountedWrites implements AutoCloseable {
  private static final long PAUSE_MILLIS = 5;
  private static final long AWAY_NANOS = 50_000_000;

  private final Cells cells;
  private final String cell;
  private final List<Thread> threads = new ArrayList<>();
  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
  private final Set<String> attempted = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  private CountedWrites(Cells cells, String cell) {
    this.cells = cells;
    this.cell = cell;
  }

  /** Makes the wallets, of slots from the first on, and starts a writer for each. */
  static CountedWrites start(Cells cells, String cell, int firstSlot, int writers)
      throws SQLException {
    CountedWrites writes = new CountedWrites(cells, cell);
    for (int i = 0; i < writers; i++) {
      int slot = firstSlot + i;
      cells.run(
          cell,
          "INSERT INTO account.wallet VALUES (%d, %d, 'w', 0, 0, NULL)".formatted(slot, slot));
      writes.threads.add(new Thread(() -> writes.run(slot), "writer-" + slot));
    }
    writes.threads.forEach(Thread::start);
    return writes;
  }

  private void run(int wallet) {
    while (!stopping) {
      try (Connection connection = cells.server(cell).rootConnection();
          Statement statement = connection.createStatement()) {
        connection.setAutoCommit(false);
        while (!stopping) {
          write(connection, statement, wallet);
          Thread.sleep(PAUSE_MILLIS);
        }
      } catch (SQLException away) {
        LockSupport.parkNanos(AWAY_NANOS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void write(Connection connection, Statement statement, int wallet) throws SQLException {
    int number;
    // waits for a transaction of a former connection that the server has not given up yet
    try (ResultSet row =
        statement.executeQuery(
            "SELECT version FROM account.wallet WHERE id = " + wallet + " FOR UPDATE")) {
      row.next();
      number = row.getInt(1) + 1;
    }
    String entry = wallet + "," + number;
    statement.execute(
        "UPDATE account.wallet SET balance = balance + 1, version = "
            + number
            + " WHERE id = "
            + wallet);
    statement.execute(
        "INSERT INTO account.entry VALUES (%d, %d, %d, 1)".formatted(wallet, number, wallet));
    attempted.add(entry);
    connection.commit();
    acknowledged.add(entry);
  }

  /** {@code wallet,number} of each transaction whose commit was answered. */
  Set<String> acknowledged() {
    return acknowledged;
  }

  /** Of each that was to be committed, answered or not. */
  Set<String> attempted() {
    return attempted;
  }

  @Override
  public void close() throws InterruptedException {
    stopping = true;
    for (Thread thread : threads) {
      thread.join();
    }
  }
}
