package io.homecell.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.fence.NotHomeException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many writers against closings: after a closing has returned, nothing of the slot is committed,
 * and in the binlog, which replication follows, nothing of the slot stands behind the closing.
 */
@Timeout(180)
class FenceStressIT {
  private static final int SLOT = 3;
  private static final int WRITERS = 8;
  private static final int CLOSINGS = 40;

  private static FenceFixture cell;

  private final AtomicBoolean stop = new AtomicBoolean();
  private final AtomicLong acknowledged = new AtomicLong();
  private final AtomicLong refused = new AtomicLong();

  @BeforeAll
  static void start(@TempDir Path folder) throws SQLException {
    cell = FenceFixture.start(folder);
  }

  @AfterAll
  static void stop() {
    cell.close();
  }

  @Test
  void nothingIsCommittedBehindAClosing() throws Exception {
    cell.reset();
    ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
    try (Connection closer = cell.mysql.rootConnection()) {
      String from = binlogPosition(closer);
      List<CompletableFuture<Void>> writing = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        // Some name a second slot that is never closed.
        List<Integer> slots = i % 2 == 0 ? List.of(SLOT) : List.of(SLOT, SLOT + 1 + i);
        writing.add(CompletableFuture.runAsync(() -> write(slots), threads));
      }
      for (int closing = 0; closing < CLOSINGS; closing++) {
        long before = acknowledged.get();
        FenceFixture.await("commits", () -> acknowledged.get() >= before + 20);
        set(closer, "CLOSED");
        long committed = entries(closer);
        long refusedBefore = refused.get();
        FenceFixture.await("refusals", () -> refused.get() >= refusedBefore + 2 * WRITERS);
        assertThat(entries(closer)).isEqualTo(committed);
        set(closer, "OPEN");
      }
      stop.set(true);
      CompletableFuture.allOf(writing.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);
      assertThat(entries(closer)).isEqualTo(acknowledged.get());
      assertThat(writesWhileClosed(closer, from)).isEmpty();
    } finally {
      stop.set(true);
      threads.shutdownNow();
    }
  }

  private void write(List<Integer> slots) {
    while (!stop.get()) {
      try {
        cell.database.write(
            slots, tx -> tx.update("INSERT INTO entry (slot, v) VALUES (?, 1)", SLOT));
        acknowledged.incrementAndGet();
      } catch (NotHomeException e) {
        refused.incrementAndGet();
      }
    }
  }

  private static void set(Connection closer, String state) throws SQLException {
    try (Statement statement = closer.createStatement()) {
      statement.execute(
          "UPDATE homecell.hc_slot SET epoch = epoch + 1, state = '"
              + state
              + "' WHERE slot = "
              + SLOT);
    }
  }

  private static long entries(Connection connection) throws SQLException {
    return FenceFixture.number(connection, "SELECT COUNT(*) FROM account.entry");
  }

  private static String binlogPosition(Connection connection) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement("SHOW MASTER STATUS");
        ResultSet row = statement.executeQuery()) {
      row.next();
      return "IN '" + row.getString(1) + "' FROM " + row.getLong(2);
    }
  }

  /** Positions of writes to the table between a closing and the opening after it. */
  private static List<String> writesWhileClosed(Connection connection, String from)
      throws SQLException {
    List<String> found = new ArrayList<>();
    int changes = 0;
    int writes = 0;
    try (PreparedStatement statement = connection.prepareStatement("SHOW BINLOG EVENTS " + from);
        ResultSet event = statement.executeQuery()) {
      while (event.next()) {
        if (!event.getString("Event_type").equals("Table_map")) {
          continue;
        }
        String table = event.getString("Info");
        if (table.contains("(homecell.hc_slot)")) {
          changes++;
        } else if (table.contains("(account.entry)")) {
          writes++;
          if (changes % 2 == 1) {
            found.add(event.getString("Pos"));
          }
        }
      }
    }
    assertThat(changes).isEqualTo(2 * CLOSINGS);
    assertThat(writes).isGreaterThanOrEqualTo(CLOSINGS * 20);
    return found;
  }
}
