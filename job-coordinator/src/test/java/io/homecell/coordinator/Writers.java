package io.homecell.coordinator;

import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.route.RouteWatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One writer at each cell, through the fence, to the slots that the table gives the cell and to
 * ones that it does not: whatever is acknowledged must be on both sides in the end.
 */
final class Writers implements AutoCloseable {
  private static final AtomicLong IDS = new AtomicLong();

  private final AtomicBoolean closed = new AtomicBoolean();
  private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();
  private final List<AutoCloseable> parts = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();

  Writers(TwoCells cells) {
    for (String cell : cells.topology.cells().keySet()) {
      RouteWatch routes = cells.routes(cells.client, cell + "-writer");
      MysqlFencedDatabase database = cells.fenced(cell, routes);
      parts.add(database);
      parts.add(routes);
      counts.put(cell, new AtomicLong());
      Thread thread = new Thread(() -> write(cell, database), "writer " + cell);
      threads.add(thread);
      thread.start();
    }
  }

  private void write(String cell, MysqlFencedDatabase database) {
    while (!closed.get()) {
      long id = IDS.incrementAndGet();
      int slot = (int) (id * 37 % 1_024);
      try {
        database.write(
            List.of(slot),
            tx ->
                tx.update(
                    "INSERT INTO account.probe (id, slot, cell) VALUES (?, ?, ?)", id, slot, cell));
        acknowledged.add(id);
        counts.get(cell).incrementAndGet();
      } catch (RuntimeException refused) {
        // moved, fenced or away: what counts is what was acknowledged
      }
      try {
        Thread.sleep(2);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  Set<Long> acknowledged() {
    return Set.copyOf(acknowledged);
  }

  /** Waits until some more writes were acknowledged. */
  void awaitProgress() throws Exception {
    long before = acknowledged.size();
    TwoCells.eventually(
        Duration.ofSeconds(20),
        "writes are acknowledged",
        () -> acknowledged.size() > before + 20 ? Optional.of(true) : Optional.empty());
  }

  void awaitProgress(String cell) throws Exception {
    long before = counts.get(cell).get();
    TwoCells.eventually(
        Duration.ofSeconds(20),
        "writes are acknowledged by " + cell,
        () -> counts.get(cell).get() > before + 20 ? Optional.of(true) : Optional.empty());
  }

  @Override
  public void close() throws Exception {
    closed.set(true);
    for (Thread thread : threads) {
      thread.join(30_000);
    }
    for (AutoCloseable part : parts) {
      part.close();
    }
    parts.clear();
  }
}
