package io.homecell.trade.order;

import static io.homecell.trade.order.PaymentIT.assertProblem;
import static io.homecell.trade.order.PaymentIT.atOnce;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.api.Page;
import io.homecell.api.trade.NewOrder;
import io.homecell.api.trade.Order;
import io.homecell.api.trade.OrderStatus;
import io.homecell.api.trade.Product;
import io.homecell.trade.TradeDatabase;
import io.homecell.trade.catalog.Catalog;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Placing and reading orders, and the catalog that prices them. */
@ExtendWith(TradeDatabase.Extension.class)
@Timeout(180)
class OrdersIT {
  private static final String HASH = "0".repeat(64);
  private static final int SLOT = 40;

  private final TradeDatabase cell;
  private final Orders orders;
  private final Catalog catalog;
  private long user;
  private int keys;

  OrdersIT(TradeDatabase cell) {
    this.cell = cell;
    orders = new Orders(cell.database(), cell.slots(), cell.ids(), Clock.systemUTC());
    catalog = new Catalog(cell.database());
  }

  @BeforeEach
  void newUser() {
    user = cell.newId(SLOT);
  }

  private Caller caller() {
    return Caller.remembered(user, "key-" + ++keys, HASH);
  }

  private NewOrder body(NewOrder.@Nullable Line... lines) {
    return new NewOrder(Long.toString(user), Long.toString(cell.newId(3)), Arrays.asList(lines));
  }

  private static NewOrder.Line line(@Nullable String sku, @Nullable Integer quantity) {
    return new NewOrder.Line(sku, quantity);
  }

  @Test
  void placesAtThePricesOfTheCatalogInTheUsersSlot() {
    NewOrder body = body(line("tea-green", 2), line("gift-box", 3), line("tea-green", 1));
    Order placed = orders.place(caller(), body);

    assertThat(placed.total()).isEqualTo("26.73");
    assertThat(placed.status()).isEqualTo(OrderStatus.PLACED);
    assertThat(placed.version()).isEqualTo(1);
    assertThat(placed.userId()).isEqualTo(Long.toString(user));
    assertThat(placed.merchantId()).isEqualTo(body.merchantId());
    assertThat(placed.lines())
        .containsExactly(
            new Order.Line("tea-green", 2, "8.90"),
            new Order.Line("gift-box", 3, "0.01"),
            new Order.Line("tea-green", 1, "8.90"));
    assertThat(cell.slots().of(Long.parseLong(placed.orderId()))).isEqualTo(SLOT);
    assertThat(orders.order(user, Long.parseLong(placed.orderId()))).isEqualTo(placed);
  }

  @Test
  void theSameKeyPlacesOneOrder() throws Exception {
    Caller caller = caller();
    NewOrder body = body(line("towel", 1));
    List<String> answers = atOnce(8, i -> () -> orders.place(caller, body).toString());

    assertThat(answers.stream().distinct()).hasSize(1);
    assertThat(orders.place(caller, body).toString()).isEqualTo(answers.get(0));
    assertThat(orders.ofUser(user, null, 10).items()).hasSize(1);
    assertProblem(
        422,
        "idempotency-key-reused",
        () -> orders.place(Caller.remembered(user, caller.key().key(), "1".repeat(64)), body));
  }

  @Test
  void aRefusedOrderIsNotKeptUnderItsKey() {
    Caller caller = caller();
    assertProblem(422, "no-such-product", () -> orders.place(caller, body(line("no-such", 1))));

    assertThat(
            orders.place(
                Caller.remembered(user, caller.key().key(), "1".repeat(64)),
                body(line("towel", 1))))
        .isNotNull();
  }

  @Test
  void whatMakesNoSenseIsRefusedAndLeavesNothing() {
    String self = Long.toString(user);
    NewOrder.Line towel = line("towel", 1);
    assertProblem(400, "bad-order", () -> orders.place(caller(), null));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body()));
    assertProblem(400, "bad-order", () -> orders.place(caller(), new NewOrder(self, "7", null)));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body(line("towel", 0))));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body(line("towel", null))));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body(line("towel", 10_001))));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body(line(null, 1))));
    assertProblem(400, "bad-order", () -> orders.place(caller(), body((NewOrder.Line) null)));
    assertProblem(
        400,
        "bad-order",
        () ->
            orders.place(
                caller(), body(Collections.nCopies(101, towel).toArray(new NewOrder.Line[0]))));
    for (String merchant : new String[] {null, "", "-7", "07", "x", "9223372036854775808"}) {
      assertProblem(
          400,
          "bad-id",
          () -> orders.place(caller(), new NewOrder(self, merchant, List.of(towel))));
    }
    assertProblem(
        403, "not-yours", () -> orders.place(caller(), new NewOrder("4711", "7", List.of(towel))));
    assertThat(orders.ofUser(user, null, 10).items()).isEmpty();
  }

  @Test
  void aUsersOrdersAreListedOnceEachTheNewestFirst() {
    List<String> placed = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      placed.add(0, orders.place(caller(), body(line("towel", i))).orderId());
    }
    List<String> listed = new ArrayList<>();
    String cursor = null;
    int pages = 0;
    do {
      Page<Order> page = orders.ofUser(user, cursor, 3);
      page.items().forEach(order -> listed.add(order.orderId()));
      assertThat(page.items()).allMatch(order -> order.lines().size() == 1);
      cursor = page.next();
      pages++;
    } while (cursor != null);

    assertThat(listed).isEqualTo(placed);
    assertThat(pages).isEqualTo(3);
    assertProblem(400, "bad-cursor", () -> orders.ofUser(user, "not a cursor", 3));
    assertThat(orders.ofUser(cell.newId(SLOT), null, 3)).isEqualTo(new Page<>(List.of(), null));
  }

  @Test
  void theCatalogHasTwentyProducts() {
    Page<Product> first = catalog.products("", 12);
    Page<Product> rest = catalog.products(first.items().get(11).sku(), 12);

    assertThat(first.items()).hasSize(12);
    assertThat(first.next()).isNotNull();
    assertThat(rest.items()).hasSize(8);
    assertThat(rest.next()).isNull();
    assertThat(catalog.product("gift-box")).isEqualTo(new Product("gift-box", "Gift box", "0.01"));
    assertProblem(404, "no-such-product", () -> catalog.product("no-such"));
  }
}
