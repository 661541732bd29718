package io.homecell.trade.order;

import io.homecell.api.trade.OrderStatus;
import io.homecell.api.trade.StaleJobException;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.fence.Tx;
import io.homecell.core.route.Routes;
import io.homecell.trade.job.JobEpoch;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels orders that nobody paid in time, in the slots that this cell owns: one transaction for
 * each slot of a batch. An order whose payment has begun in the meantime is left alone. Safe for
 * any number of threads.
 */
public final class Expiry {
  private static final Logger log = LoggerFactory.getLogger(Expiry.class);
  private static final int PAGE = 100;

  private final String cell;
  private final FencedDatabase database;
  private final Routes routes;
  private final Clock clock;
  private final Duration unpaidFor;

  /**
   * @param unpaidFor how long an order may wait for its payment
   */
  public Expiry(
      String cell, FencedDatabase database, Routes routes, Clock clock, Duration unpaidFor) {
    this.cell = cell;
    this.database = database;
    this.routes = routes;
    this.clock = clock;
    this.unpaidFor = unpaidFor;
  }

  /**
   * Cancels what is due.
   *
   * @return how many orders were cancelled
   * @throws StaleJobException if a newer run has written here; what was cancelled before stays so
   */
  public int run(JobEpoch run) {
    if (!run.begin(cell, database, routes)) {
      return 0;
    }
    Instant before = Orders.now(clock).minus(unpaidFor);
    OrderRows.Position position = OrderRows.Position.START;
    int expired = 0;
    while (true) {
      OrderRows.Position after = position;
      List<StoredOrder> page =
          database.read(tx -> OrderRows.placedBefore(tx, OrderStatus.PLACED, before, after, PAGE));
      Map<Integer, List<StoredOrder>> bySlot =
          page.stream()
              .filter(order -> routes.current().of(order.slot()).owner().equals(cell))
              .collect(Collectors.groupingBy(StoredOrder::slot, TreeMap::new, Collectors.toList()));
      for (Map.Entry<Integer, List<StoredOrder>> slot : bySlot.entrySet()) {
        expired += expire(slot.getKey(), slot.getValue(), run);
      }
      if (page.size() < PAGE) {
        return expired;
      }
      position = OrderRows.Position.of(page.get(PAGE - 1));
    }
  }

  private int expire(int slot, List<StoredOrder> orders, JobEpoch run) {
    try {
      return database.write(Set.of(slot), tx -> expire(tx, orders, run));
    } catch (NotHomeException moved) {
      log.info("{} expiry: slot {} is {}'s by now", cell, slot, moved.owner());
      return 0;
    }
  }

  private int expire(Tx tx, List<StoredOrder> orders, JobEpoch run) throws SQLException {
    run.check(tx);
    int expired = 0;
    for (StoredOrder seen : orders) {
      Optional<StoredOrder> order = OrderRows.lock(tx, seen.orderId());
      if (order.isPresent()
          && order.get().state().on(new OrderEvent.Expired()) instanceof Step.Changed changed) {
        OrderRows.save(tx, order.get(), changed.next(), Orders.now(clock));
        expired++;
      }
    }
    return expired;
  }
}
