package io.homecell.sync.projection;

import com.alibaba.otter.canal.protocol.exception.CanalClientException;
import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the merchant view of one cell: reads the cell's own binlog through its Canal server and
 * writes, through the fence, the orders of merchants whose slots this cell owns.
 *
 * <p>Orders of users of other cells reach the binlog through replication, so every cell of a group
 * sees every order, and each writes the part that it owns. Nothing is sent between cells, and a
 * switch needs no hand-over: when slots come to this cell, all orders that the view lacks or shows
 * in an earlier state are written ({@link #catchUp}); an order that was skipped because another
 * cell owned its merchant then is in the table by the time that is looked for. The same comparison
 * is made at each start, so a lost position loses nothing.
 *
 * <p>Invariants: each order is in the view once, in its last state in the end; a batch is
 * acknowledged to Canal only after its write. One thread, named after the cell.
 */
public final class MerchantProjection implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MerchantProjection.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration MOVE_WAIT = Duration.ofSeconds(5);
  private static final Duration RETRY_PAUSE = Duration.ofMillis(500);
  private static final Duration COMPARE_EVERY = Duration.ofSeconds(60);
  private static final int PAGE = 500;

  private final String cell;
  private final Routes routes;
  private final MerchantOrders orders;
  private final InstanceDirectory directory;
  private final Counter written;
  private final Counter repeated;
  private final Thread thread;
  private volatile boolean closed;
  private volatile String state = "STARTING";

  /** The slots that were owned here when the view was last compared. Used by the thread alone. */
  private BitSet comparedSlots = new BitSet();

  private long comparedAtNanos;

  private MerchantProjection(
      String cell,
      Routes routes,
      FencedDatabase database,
      InstanceDirectory directory,
      MeterRegistry metrics) {
    this.cell = cell;
    this.routes = routes;
    this.orders = new MerchantOrders(database);
    this.directory = directory;
    this.written = Counter.builder("hc.projection.orders").tag("cell", cell).register(metrics);
    this.repeated = Counter.builder("hc.projection.caught.up").tag("cell", cell).register(metrics);
    Gauge.builder("hc.projection.streaming", () -> isStreaming() ? 1 : 0)
        .tag("cell", cell)
        .register(metrics);
    this.thread = new Thread(this::run, "merchant-projection-" + cell);
  }

  /**
   * Starts projecting.
   *
   * @param database the cell's own database; not closed here
   * @param directory where the cell's Canal server registers, as service {@code canal}
   */
  public static MerchantProjection start(
      String cell,
      Routes routes,
      FencedDatabase database,
      InstanceDirectory directory,
      MeterRegistry metrics) {
    MerchantProjection projection =
        new MerchantProjection(cell, routes, database, directory, metrics);
    projection.thread.start();
    return projection;
  }

  /** {@code STREAMING}, or why it is not, in words. */
  public String state() {
    return state;
  }

  private boolean isStreaming() {
    return state.equals("STREAMING");
  }

  private void run() {
    while (!closed) {
      try {
        stream();
      } catch (CanalClientException | DatabaseUnavailableException | CellFencedException e) {
        pauseBecause(String.valueOf(e.getMessage()));
      } catch (CommitUnknownException | IllegalStateException | IllegalArgumentException e) {
        log.warn("{} merchant projection starts again: {}", cell, e.toString());
        pauseBecause(e.toString());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void stream() throws InterruptedException {
    InetSocketAddress server =
        directory.of("canal", cell).stream()
            .findFirst()
            .map(instance -> new InetSocketAddress(instance.host(), instance.port()))
            .orElseThrow(
                () -> new CanalClientException("no canal server of " + cell + " is registered"));
    try (CanalOrderSource source = CanalOrderSource.connect(server, cell)) {
      comparedSlots = new BitSet();
      while (!closed) {
        catchUpIfDue();
        CanalOrderSource.Batch batch = source.next(POLL);
        if (!batch.orders().isEmpty()) {
          write(batch.orders());
        }
        source.acknowledge(batch);
        announce("STREAMING");
      }
    }
  }

  /** Compares the whole view when slots have come to this cell, and now and then besides. */
  private void catchUpIfDue() throws InterruptedException {
    BitSet owned = ownedSlots(routes.current());
    BitSet gained = (BitSet) owned.clone();
    gained.andNot(comparedSlots);
    boolean overdue = System.nanoTime() - comparedAtNanos > COMPARE_EVERY.toNanos();
    if (gained.isEmpty() && !overdue) {
      comparedSlots = owned;
      return;
    }
    int found = catchUp();
    if (found > 0) {
      log.info(
          "{} merchant projection: {} orders caught up ({} slots newly owned)",
          cell,
          found,
          gained.cardinality());
    }
    comparedSlots = owned;
    comparedAtNanos = System.nanoTime();
  }

  private int catchUp() throws InterruptedException {
    int found = 0;
    long after = -1;
    while (!closed) {
      List<OrderImage> page = orders.behind(after, PAGE);
      if (page.isEmpty()) {
        break;
      }
      int projected = write(page);
      found += projected;
      repeated.increment(projected);
      after = page.get(page.size() - 1).orderId();
    }
    return found;
  }

  private BitSet ownedSlots(RouteTable table) {
    BitSet owned = new BitSet(table.slots().count());
    table.ownedBy(cell).forEach(owned::set);
    return owned;
  }

  /**
   * Writes what this cell owns of a batch. A slot that is being moved away is waited for: once it
   * is open elsewhere, its orders are the new owner's business.
   */
  private int write(List<OrderImage> changes) throws InterruptedException {
    while (true) {
      RouteTable table = routes.current();
      Map<Integer, List<OrderImage>> mine =
          LatestOrders.bySlot(
              changes, table.slots()::of, slot -> table.of(slot).owner().equals(cell));
      if (mine.isEmpty()) {
        return 0;
      }
      try {
        orders.write(mine);
        int count = mine.values().stream().mapToInt(List::size).sum();
        written.increment(count);
        return count;
      } catch (NotHomeException moved) {
        announce("WAITING for slot " + moved.slot() + " to reach epoch " + moved.epoch());
        routes.awaitSlotEpoch(moved.slot(), moved.epoch(), MOVE_WAIT);
        if (closed) {
          return 0;
        }
      }
    }
  }

  private void announce(String now) {
    if (!now.equals(state)) {
      state = now;
      log.info("{} merchant projection: {}", cell, now);
    }
  }

  private void pauseBecause(String reason) {
    announce("WAITING: " + reason);
    try {
      Thread.sleep(RETRY_PAUSE.toMillis());
    } catch (InterruptedException e) {
      closed = true;
    }
  }

  @Override
  public void close() {
    closed = true;
    try {
      thread.join(2_000);
      if (thread.isAlive()) {
        thread.interrupt();
        thread.join(2_000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
