package io.homecell.cellctl.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.load.EdgeClient.Answer;
import io.homecell.cellctl.load.EdgeClient.Call;
import io.homecell.cellctl.load.Observation.Account;
import io.homecell.cellctl.load.Observation.LedgerEntry;
import io.homecell.cellctl.load.Observation.Order;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Reads over HTTP what the services say of everything in a journal, after it has come to rest:
 * transfers and payments under way, the merchant view and the copies are waited for until a
 * deadline; what has not come to rest by then is shown as it is.
 */
final class Observer {
  private static final int READERS = 8;
  private static final Duration ROUND_PAUSE = Duration.ofMillis(500);
  private static final Set<String> UNDER_WAY = Set.of("PAYING", "REFUNDING");

  private final EdgeClient client;
  private final List<Long> merchants;
  private final Supplier<List<String>> cellComparison;

  /**
   * @param cellComparison compares the cells of each group; the differences in words
   */
  Observer(EdgeClient client, List<Long> merchants, Supplier<List<String>> cellComparison) {
    this.client = client;
    this.merchants = List.copyOf(merchants);
    this.cellComparison = cellComparison;
  }

  /** Looks until everything has come to rest or the time is over, then returns the last look. */
  Observation observeAtRest(List<Journal.Entry> history, Duration within)
      throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    ExecutorService readers = Executors.newFixedThreadPool(READERS);
    try {
      while (true) {
        Observation seen = observe(history, readers);
        if (isAtRest(seen) || System.nanoTime() > deadline) {
          return seen;
        }
        Thread.sleep(ROUND_PAUSE.toMillis());
      }
    } finally {
      readers.shutdownNow();
    }
  }

  static boolean isAtRest(Observation seen) {
    Map<Long, String> shown = new HashMap<>();
    seen.merchantView()
        .values()
        .forEach(list -> list.forEach(row -> shown.put(row.id(), row.status())));
    return seen.transfers().values().stream().noneMatch("PENDING"::equals)
        && seen.orders().values().stream().noneMatch(order -> UNDER_WAY.contains(order.status()))
        && seen.orders().values().stream()
            .allMatch(order -> order.status().equals(shown.get(order.id())))
        && seen.cellComparison().isEmpty();
  }

  private Observation observe(List<Journal.Entry> history, ExecutorService readers)
      throws InterruptedException {
    Set<Long> users = new TreeSet<>();
    Journal.acknowledged(history, Operation.Register.class)
        .forEach(done -> users.add(done.outcome().id()));
    Map<Long, Long> payerByTransfer = new HashMap<>();
    Journal.acknowledged(history, Operation.Transfer.class)
        .forEach(done -> payerByTransfer.put(done.outcome().id(), done.operation().user()));

    // First what changes what comes after it: a transfer that is DONE has its entries.
    Map<Long, String> transfers =
        readAll(
            payerByTransfer.keySet(),
            id -> transfer(payerByTransfer.getOrDefault(id, 0L), id),
            readers);
    Map<Long, List<Order>> ordersByUser = readAll(users, user -> ordersOf(user), readers);
    Map<Long, Order> orders = new HashMap<>();
    ordersByUser.values().forEach(list -> list.forEach(order -> orders.put(order.id(), order)));
    Map<Long, Account> accounts = readAll(users, this::account, readers);
    Map<Long, List<Order>> view = readAll(merchants, this::merchantOrders, readers);
    return new Observation(accounts, transfers, orders, view, cellComparison.get());
  }

  private static <T> Map<Long, T> readAll(
      Collection<Long> ids, Function<Long, Optional<T>> read, ExecutorService readers)
      throws InterruptedException {
    Map<Long, Future<Optional<T>>> futures = new HashMap<>();
    ids.forEach(id -> futures.put(id, readers.submit(() -> read.apply(id))));
    Map<Long, T> values = new HashMap<>();
    for (Map.Entry<Long, Future<Optional<T>>> future : futures.entrySet()) {
      try {
        future.getValue().get().ifPresent(value -> values.put(future.getKey(), value));
      } catch (ExecutionException e) {
        throw new IllegalStateException("what the services hold can't be read: " + e.getCause(), e);
      }
    }
    return values;
  }

  private Optional<String> transfer(long user, long id) {
    return get("/accounts/" + user + "/transfers/" + id, user)
        .map(body -> body.path("status").asText());
  }

  private Optional<Account> account(long user) {
    Optional<JsonNode> account = get("/accounts/" + user, user);
    if (account.isEmpty()) {
      return Optional.empty();
    }
    List<LedgerEntry> entries =
        new ArrayList<>(
            list("/accounts/" + user + "/entries", user).stream()
                .map(
                    item ->
                        new LedgerEntry(
                            item.path("entryId").asLong(),
                            item.path("kind").asText(),
                            money(item, "amount"),
                            money(item, "balance"),
                            item.path("reference").asLong()))
                .toList());
    Collections.reverse(entries); // the service shows the newest first
    return Optional.of(new Account(money(account.get(), "balance"), entries));
  }

  private Optional<List<Order>> ordersOf(long user) {
    return Optional.of(list("/orders?userId=" + user, user).stream().map(Observer::order).toList());
  }

  private Optional<List<Order>> merchantOrders(long merchant) {
    return Optional.of(
        list("/merchants/" + merchant + "/orders", merchant).stream()
            .map(Observer::order)
            .toList());
  }

  private static Order order(JsonNode item) {
    return new Order(
        item.path("orderId").asLong(),
        item.path("userId").asLong(),
        item.path("merchantId").asLong(),
        money(item, "total"),
        item.path("status").asText(),
        item.path("paymentId").asLong());
  }

  private static BigDecimal money(JsonNode item, String field) {
    return new BigDecimal(item.path(field).asText());
  }

  /** Every item of a paged list. */
  private List<JsonNode> list(String path, long user) {
    List<JsonNode> items = new ArrayList<>();
    String cursor = "";
    do {
      String page =
          cursor.isEmpty()
              ? path
              : path
                  + (path.contains("?") ? "&" : "?")
                  + "cursor="
                  + URLEncoder.encode(cursor, StandardCharsets.UTF_8);
      JsonNode body =
          get(page, user)
              .orElseThrow(() -> new IllegalStateException("GET " + page + " answers 404"));
      body.path("items").forEach(items::add);
      cursor = body.path("next").asText("");
      if (cursor.equals("null")) {
        cursor = "";
      }
    } while (!cursor.isEmpty());
    return items;
  }

  /** The body of a 200, empty for a 404. */
  private Optional<JsonNode> get(String path, long user) {
    Answer answer = client.call(new Call("GET", path, OptionalLong.of(user), "", "")).join();
    if (answer.status() == 404) {
      return Optional.empty();
    }
    if (!answer.isSuccess()) {
      throw new IllegalStateException(
          "GET " + path + " answers " + answer.status() + ": " + answer.body());
    }
    return Optional.of(answer.body());
  }
}
