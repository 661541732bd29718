package io.homecell.sync;

import static io.homecell.sync.TwoCells.NORTH;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writers at north that do what a copy in parts could miss: rows come and go, keys move to places
 * that were read already or not yet, and seats, which are unique, go from ticket to ticket.
 */
final class TicketLoad implements AutoCloseable {
  private static final int WRITERS = 3;

  private final List<Thread> threads = new ArrayList<>();
  private final AtomicLong committed = new AtomicLong();
  private final AtomicReference<Exception> failure = new AtomicReference<>();
  private volatile boolean stopping;

  private TicketLoad() {}

  static TicketLoad start(TwoCells cells) {
    TicketLoad load = new TicketLoad();
    for (int i = 0; i < WRITERS; i++) {
      int seed = i;
      Thread thread = new Thread(() -> load.run(cells, seed));
      load.threads.add(thread);
      thread.start();
    }
    return load;
  }

  private void run(TwoCells cells, int seed) {
    Random random = new Random(seed);
    try (Connection connection = cells.server(NORTH).rootConnection();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      int next = 1_000_000 * (seed + 1);
      while (!stopping) {
        // tickets of one writer only, so that none waits for another
        int one = 3 * random.nextInt(1_000) * WRITERS + 3 * seed;
        try {
          change(statement, random.nextInt(6), "T" + (one / 3), random.nextInt(3), next++, random);
          connection.commit();
          committed.incrementAndGet();
        } catch (SQLException e) {
          connection.rollback(); // a deadlock over gaps, or a key that is taken
          if (e.getErrorCode() != 1213 && e.getErrorCode() != 1062) {
            throw e;
          }
        }
        Thread.sleep(3);
      }
    } catch (SQLException | InterruptedException e) {
      failure.compareAndSet(null, e);
    }
  }

  private static void change(
      Statement statement, int kind, String code, int part, int fresh, Random random)
      throws SQLException {
    String ticket = " WHERE code = '" + code + "' AND part = " + part;
    String other = " WHERE code = '" + code + "' AND part = " + (part + 1) % 3;
    switch (kind) {
      case 0 -> statement.execute("UPDATE trade.ticket SET note = REPEAT('y', 40)" + ticket);
      case 1 -> statement.execute("DELETE FROM trade.ticket" + ticket);
      case 2 ->
          statement.execute(
              "INSERT INTO trade.ticket VALUES ('%s', %d, %d, NULL, 'new')"
                  .formatted("N" + random.nextInt(100_000), part, fresh % 1_000));
      // to the end or to the front of the order in which rows are copied
      case 3 ->
          statement.execute(
              "UPDATE trade.ticket SET code = '"
                  + (random.nextBoolean() ? "Z" : "A")
                  + fresh
                  + "'"
                  + ticket);
      case 4 -> {
        // two tickets exchange their seats
        statement.execute("SELECT @a := MAX(seat) FROM trade.ticket" + ticket);
        statement.execute("SELECT @b := MAX(seat) FROM trade.ticket" + other);
        statement.execute("UPDATE trade.ticket SET seat = NULL" + ticket);
        statement.execute("UPDATE trade.ticket SET seat = @a" + other);
        statement.execute("UPDATE trade.ticket SET seat = @b" + ticket);
      }
      default -> {
        statement.execute(
            "UPDATE account.wallet SET balance = balance + 1, version = version + 1 WHERE id = "
                + (1 + random.nextInt(50_000)));
        statement.execute(
            "INSERT INTO account.entry VALUES (%d, %d, %d, 1)"
                .formatted(fresh, part, fresh % 1000));
      }
    }
  }

  long committed() {
    return committed.get();
  }

  void awaitCommitted(long number) throws Exception {
    TwoCells.await(
        number + " transactions",
        Duration.ofSeconds(60),
        () -> failure.get() != null || committed.get() >= number);
    if (failure.get() != null) {
      throw failure.get();
    }
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
