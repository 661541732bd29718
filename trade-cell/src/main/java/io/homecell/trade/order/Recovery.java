package io.homecell.trade.order;

import io.homecell.api.trade.OrderStatus;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Completes payments and refunds that were left half done, by a crash, a lost answer or a move of
 * their slot: looks every second for orders that have been {@code PAYING} or {@code REFUNDING} for
 * a while in slots that this cell owns. Several instances of a cell may do it at once: each step is
 * idempotent.
 */
public final class Recovery implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Recovery.class);
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final int PAGE = 100;

  /** After so many failures in a row the account cell is taken for unreachable until next round. */
  private static final int FAILURES_MAX = 3;

  private final String cell;
  private final FencedDatabase database;
  private final Routes routes;
  private final Payments payments;
  private final Cancellations cancellations;
  private final Clock clock;
  private final Duration patience;
  private final Counter completed;
  private final Counter failed;
  private final ScheduledExecutorService thread;

  /**
   * @param patience how long an order is left to the request that is working on it
   */
  public Recovery(
      String cell,
      FencedDatabase database,
      Routes routes,
      Payments payments,
      Cancellations cancellations,
      Clock clock,
      Duration patience,
      MeterRegistry metrics) {
    this.cell = cell;
    this.database = database;
    this.routes = routes;
    this.payments = payments;
    this.cancellations = cancellations;
    this.clock = clock;
    this.patience = patience;
    this.completed =
        Counter.builder("hc_trade_recovered")
            .description("Payments and refunds that were left half done and have been completed")
            .register(metrics);
    this.failed =
        Counter.builder("hc_trade_recovery_failures")
            .description("Attempts to complete one that failed; the next round tries again")
            .register(metrics);
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread recovery = new Thread(task, "recovery");
              recovery.setDaemon(true);
              return recovery;
            });
  }

  /** Starts the rounds. */
  @SuppressWarnings("FutureReturnValueIgnored") // a round never throws
  public Recovery start() {
    thread.scheduleWithFixedDelay(
        this::round, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    return this;
  }

  private void round() {
    try {
      runOnce();
    } catch (RuntimeException e) {
      log.warn("{} recovery: no round this time: {}", cell, e.toString());
    }
  }

  /**
   * One round.
   *
   * @return how many payments and refunds were completed
   */
  int runOnce() {
    return walk(OrderStatus.PAYING) + walk(OrderStatus.REFUNDING);
  }

  private int walk(OrderStatus status) {
    Instant before = Orders.now(clock).minus(patience);
    OrderRows.Position position = OrderRows.Position.START;
    int done = 0;
    int failures = 0;
    while (true) {
      OrderRows.Position after = position;
      List<StoredOrder> page =
          database.read(tx -> OrderRows.unchangedSince(tx, status, before, after, PAGE));
      for (StoredOrder order : page) {
        if (!isHere(order)) {
          continue;
        }
        if (complete(status, order)) {
          done++;
          failures = 0;
        } else if (++failures == FAILURES_MAX) {
          return done;
        }
      }
      if (page.size() < PAGE) {
        return done;
      }
      position = OrderRows.Position.of(page.get(PAGE - 1));
    }
  }

  private boolean isHere(StoredOrder order) {
    RouteTable table = routes.current();
    return table.of(order.slot()).owner().equals(cell) && !table.of(order.slot()).isMoving();
  }

  private boolean complete(OrderStatus status, StoredOrder order) {
    try {
      if (status == OrderStatus.PAYING) {
        payments.recover(order.orderId());
      } else {
        cancellations.recover(order.orderId());
      }
      completed.increment();
      log.info("{} recovery: order {} was {}, completed", cell, order.orderId(), status);
      return true;
    } catch (RuntimeException e) {
      failed.increment();
      log.warn(
          "{} recovery: order {} is still {}: {}", cell, order.orderId(), status, e.toString());
      return false;
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
