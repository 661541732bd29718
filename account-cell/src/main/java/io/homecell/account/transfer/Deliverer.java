package io.homecell.account.transfer;

import io.homecell.api.account.AccountService;
import io.homecell.api.account.TransferOutcome;
import io.homecell.api.account.TransferStatus;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings transfers to the payees' homes, again and again until each is answered: those in the
 * outbox whose payer's slot this cell owns now, whoever put them there.
 *
 * <p>Nothing is claimed: the payee's home takes a transfer in once, and its answer is recorded
 * once, so it does no harm if two cells deliver the same one around a move. A payee's cell that
 * can't be reached is left alone for a while; transfers to other cells pass it by. Thread-safe.
 */
public final class Deliverer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Deliverer.class);

  private static final int THREADS = 8;
  private static final int QUEUE = 256;
  private static final int PAGE = 200;
  private static final Duration SCAN_EACH = Duration.ofMillis(500);

  private final String cell;
  private final Transfers transfers;
  private final AccountService accounts;
  private final Routes routes;
  private final Clock clock;
  private final MeterRegistry metrics;
  private final Backoff backoff = new Backoff();
  private final Set<Long> underWay = ConcurrentHashMap.newKeySet();
  private final Semaphore wake = new Semaphore(0);
  private final ThreadPoolExecutor workers;
  private final Thread scanner;
  private @Nullable AutoCloseable routeListener;
  private volatile boolean closed;
  private volatile int depth;
  private volatile Optional<Instant> oldest = Optional.empty();

  /**
   * @param accounts the homes of the payees
   */
  public Deliverer(
      String cell,
      Transfers transfers,
      AccountService accounts,
      Routes routes,
      Clock clock,
      MeterRegistry metrics) {
    this.cell = cell;
    this.transfers = transfers;
    this.accounts = accounts;
    this.routes = routes;
    this.clock = clock;
    this.metrics = metrics;
    AtomicInteger number = new AtomicInteger();
    this.workers =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE),
            task -> {
              Thread worker = new Thread(task, "deliver " + number.incrementAndGet());
              worker.setDaemon(true);
              return worker;
            });
    this.scanner = new Thread(this::scan, "outbox");
    scanner.setDaemon(true);
    metrics.gauge("hc.transfer.outbox.rows", this, deliverer -> deliverer.depth);
    metrics.gauge(
        "hc.transfer.outbox.age.seconds", this, deliverer -> deliverer.age().toMillis() / 1000.0);
  }

  /** Starts to look after the outbox. */
  public Deliverer start() {
    routeListener = routes.onChange(newer -> wake.release());
    scanner.start();
    return this;
  }

  /** How long the oldest undelivered transfer of this cell's slots has waited. */
  private Duration age() {
    return oldest.map(at -> Duration.between(at, clock.instant())).orElse(Duration.ZERO);
  }

  /**
   * Delivers one transfer at once if there is room; else, and if it fails, the outbox will bring
   * it.
   *
   * @return its status in the end, or an exception if it is not known yet
   */
  CompletableFuture<TransferStatus> deliver(Undelivered transfer) {
    if (!underWay.add(transfer.transferId())) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("transfer " + transfer.transferId() + " is under way already"));
    }
    try {
      return CompletableFuture.supplyAsync(() -> deliverNow(transfer), workers)
          .whenComplete((status, failure) -> underWay.remove(transfer.transferId()));
    } catch (RejectedExecutionException full) {
      underWay.remove(transfer.transferId());
      return CompletableFuture.failedFuture(full);
    }
  }

  private TransferStatus deliverNow(Undelivered transfer) {
    String target = ownerOf(transfer.payee()).owner();
    TransferOutcome outcome;
    try {
      outcome =
          accounts.receive(
              transfer.payee(), transfer.transferId(), transfer.payer(), transfer.amount());
    } catch (RuntimeException e) {
      backoff.failed(target, System.nanoTime());
      throw e;
    }
    backoff.succeeded(target);
    TransferStatus status = transfers.end(transfer, outcome);
    metrics.counter("hc.transfers", "outcome", status.name()).increment();
    return status;
  }

  private SlotRoute ownerOf(long id) {
    return routes.current().ofId(id);
  }

  private void scan() {
    while (!closed) {
      try {
        pass();
      } catch (RuntimeException e) {
        log.warn("{}: the outbox can't be read: {}", cell, e.toString());
      }
      try {
        if (wake.tryAcquire(SCAN_EACH.toMillis(), TimeUnit.MILLISECONDS)) {
          wake.drainPermits();
        }
      } catch (InterruptedException stopping) {
        return;
      }
    }
  }

  /** Goes once through the outbox, a page at a time, and waits for each page's deliveries. */
  private void pass() {
    int mine = 0;
    Optional<Instant> first = Optional.empty();
    long after = -1;
    while (!closed) {
      List<Undelivered> page = transfers.undelivered(after, PAGE);
      List<CompletableFuture<TransferStatus>> sent = new ArrayList<>();
      for (Undelivered transfer : page) {
        after = transfer.transferId();
        if (!isOwn(transfer)) {
          continue;
        }
        mine++;
        if (first.isEmpty() || transfer.startedAt().isBefore(first.get())) {
          first = Optional.of(transfer.startedAt());
        }
        if (!backoff.isPaused(ownerOf(transfer.payee()).owner(), System.nanoTime())) {
          sent.add(deliver(transfer));
        }
      }
      sent.forEach(Deliverer::await);
      if (page.size() < PAGE) {
        break;
      }
    }
    depth = mine;
    oldest = first;
  }

  private boolean isOwn(Undelivered transfer) {
    RouteTable table = routes.current();
    SlotRoute route = table.ofId(transfer.payer());
    return route.owner().equals(cell) && !route.isMoving();
  }

  private static void await(CompletableFuture<TransferStatus> delivery) {
    try {
      delivery.join();
    } catch (RuntimeException e) {
      log.debug("not delivered: {}", e.toString());
    }
  }

  @Override
  public void close() {
    closed = true;
    scanner.interrupt();
    workers.shutdown();
    try {
      if (routeListener != null) {
        routeListener.close();
      }
      scanner.join(TimeUnit.SECONDS.toMillis(2));
      if (!workers.awaitTermination(3, TimeUnit.SECONDS)) {
        log.info("{}: deliveries under way are left to the outbox", cell);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      log.warn("{}: the deliverer did not end cleanly", cell, e);
    }
  }
}
