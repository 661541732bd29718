package io.homecell.trade.order;

import io.homecell.api.Page;
import io.homecell.api.trade.NewOrder;
import io.homecell.api.trade.Order;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import io.homecell.core.http.ProblemException;
import io.homecell.core.id.IdSource;
import io.homecell.core.idempotency.Idempotency;
import io.homecell.core.slot.Slots;
import io.homecell.trade.catalog.Catalog;
import io.homecell.trade.list.Cursor;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Placing and reading orders. An order lives in its user's slot: its id is drawn there.
 *
 * <p>Invariant: an order is shown to its user only, and placed at most once for an idempotency key.
 * Safe for any number of threads.
 */
public final class Orders {
  /** Where answers are kept by idempotency key. */
  static final String ANSWERS = "trade.idempotency";

  private final FencedDatabase database;
  private final Idempotency idempotency;
  private final Slots slots;
  private final IdSource ids;
  private final Clock clock;

  public Orders(FencedDatabase database, Slots slots, IdSource ids, Clock clock) {
    this.database = database;
    this.idempotency = new Idempotency(database, ANSWERS, clock);
    this.slots = slots;
    this.ids = ids;
    this.clock = clock;
  }

  /**
   * Places an order at the prices of this moment.
   *
   * @throws ProblemException 400 or 422 if the order makes no sense, 403 if it is for another user,
   *     422 if the key was used for another request
   */
  public Order place(Caller caller, @Nullable NewOrder body) {
    OrderRequest request = OrderRequest.of(body, caller.userId());
    int slot = slots.of(request.userId());
    long orderId = ids.next(slot);
    return idempotency
        .run(slot, caller.key(), 201, Order.class, tx -> insert(tx, request, orderId, slot))
        .body();
  }

  private Order insert(Tx tx, OrderRequest request, long orderId, int slot) throws SQLException {
    Map<String, BigDecimal> prices =
        Catalog.prices(tx, request.lines().stream().map(OrderRequest.Line::sku).toList());
    List<PricedLine> lines = request.priced(prices);
    StoredOrder order =
        new StoredOrder(
            orderId,
            slot,
            request.userId(),
            request.merchantId(),
            total(lines),
            OrderState.PLACED,
            now(clock));
    OrderRows.insert(tx, order, lines);
    return order.view(lines);
  }

  private static BigDecimal total(List<PricedLine> lines) {
    try {
      return PricedLine.totalOf(lines);
    } catch (IllegalArgumentException tooMuch) {
      throw new ProblemException(422, "total-too-large", String.valueOf(tooMuch.getMessage()));
    }
  }

  /**
   * One order.
   *
   * @throws ProblemException 404 if there is none, 403 if it is another user's
   */
  public Order order(long userId, long orderId) {
    return database.read(
        tx -> {
          StoredOrder order = ownedBy(userId, orderId, OrderRows.find(tx, orderId).orElse(null));
          return order.view(OrderRows.lines(tx, orderId));
        });
  }

  /**
   * A page of a user's orders, the newest first.
   *
   * @param cursor the {@code next} of the page before, if any
   */
  public Page<Order> ofUser(long userId, @Nullable String cursor, int atMost) {
    long below = Cursor.readId(cursor, Long.MAX_VALUE);
    return database.read(
        tx -> {
          List<StoredOrder> found = OrderRows.ofUser(tx, userId, below, atMost + 1);
          Map<Long, List<PricedLine>> lines = OrderRows.lines(tx, found);
          List<Order> views =
              found.stream().map(o -> o.view(lines.getOrDefault(o.orderId(), List.of()))).toList();
          return Cursor.page(views, atMost, Order::orderId);
        });
  }

  /** The order, if the user may see it. */
  static StoredOrder ownedBy(long userId, long orderId, @Nullable StoredOrder order) {
    if (order == null) {
      throw new ProblemException(404, "no-such-order", "orderId: " + orderId + " does not exist");
    }
    if (order.userId() != userId) {
      throw new ProblemException(403, "not-yours", "order " + orderId + " is another user's");
    }
    return order;
  }

  /** The time as the database keeps it. */
  static Instant now(Clock clock) {
    return clock.instant().truncatedTo(ChronoUnit.MICROS);
  }
}
