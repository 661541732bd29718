package io.homecell.cellctl.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.load.EdgeClient.Answer;
import io.homecell.cellctl.load.EdgeClient.Call;
import io.homecell.core.json.Json;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import java.util.stream.LongStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Runs a load: registers the users, then begins one operation after the other by the clock (open
 * loop: a slow answer delays no other operation, and a latency counts from when the operation was
 * due, so a pause is seen by every operation that fell into it).
 */
final class LoadRun {
  private static final int MERCHANTS = 10;
  private static final int IN_FLIGHT_AT_MOST = 4_000;
  private static final long HIGHEST_MICROS = TimeUnit.MINUTES.toMicros(10);

  private final LoadPlan plan;
  private final EdgeClient client;
  private final Journal journal = new Journal();
  private final Workload workload;
  private final List<Long> merchants;
  private final Histogram latencyMicros = new ConcurrentHistogram(HIGHEST_MICROS, 3);
  private final Semaphore inFlight = new Semaphore(IN_FLIGHT_AT_MOST);
  private final AtomicLong keys = new AtomicLong();
  private final String keyPrefix;
  private volatile boolean ended;

  LoadRun(LoadPlan plan, long runId) {
    this.plan = plan;
    this.client = new EdgeClient(plan.edges(), plan.giveUpAfter());
    this.keyPrefix = "load-" + plan.seed() + "-" + runId + "-";
    // Merchants of this run alone, their slots spread over the whole range.
    int slots = 1 << plan.slotBits();
    this.merchants =
        LongStream.range(0, MERCHANTS)
            .map(i -> (runId << plan.slotBits()) | (i * slots / MERCHANTS))
            .boxed()
            .toList();
    this.workload = new Workload(plan.seed(), merchants, plan.readPercent());
  }

  Journal journal() {
    return journal;
  }

  EdgeClient client() {
    return client;
  }

  List<Long> merchants() {
    return merchants;
  }

  Histogram latencyMicros() {
    return latencyMicros;
  }

  /** Begins nothing more; what has begun goes on. */
  void endEarly() {
    ended = true;
  }

  /**
   * Runs the whole load, or as much of it as there is time for until {@link #endEarly}.
   *
   * @param progress told after each second how many operations were begun
   */
  void run(IntConsumer progress) throws InterruptedException {
    registerUsers();
    List<CompletableFuture<Void>> underWay = new ArrayList<>();
    long start = System.nanoTime();
    long interval = TimeUnit.SECONDS.toNanos(1) / plan.ratePerSecond();
    for (int i = 0; i < plan.operations() && !ended; i++) {
      long due = start + i * interval;
      waitUntil(due);
      underWay.add(begin(workload.next(), due));
      if (i % plan.ratePerSecond() == 0) {
        progress.accept(i);
      }
    }
    waitForAll(underWay);
  }

  private void registerUsers() throws InterruptedException {
    List<CompletableFuture<Void>> registrations = new ArrayList<>();
    for (int i = 0; i < plan.users(); i++) {
      Operation.Register register = new Operation.Register("first-" + i);
      registrations.add(
          perform(register)
              .thenCompose(
                  outcome ->
                      outcome instanceof Outcome.Acknowledged user
                          ? perform(new Operation.Deposit(user.id(), BigDecimal.valueOf(500)))
                              .thenAccept(done -> {})
                          : CompletableFuture.<Void>completedFuture(null)));
      if (i % 20 == 19) {
        waitForAll(registrations);
      }
    }
    waitForAll(registrations);
    long known = Journal.acknowledged(journal.entries(), Operation.Register.class).count();
    if (known < 2) {
      throw new IllegalStateException(
          "only "
              + known
              + " of "
              + plan.users()
              + " users could be registered; failures: "
              + client.failures()
              + " (is the deployment up? see cellctl status)");
    }
  }

  private static void waitUntil(long dueNanos) throws InterruptedException {
    long left;
    while ((left = dueNanos - System.nanoTime()) > 0) {
      LockSupport.parkNanos(left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
  }

  private CompletableFuture<Void> begin(Operation operation, long dueNanos)
      throws InterruptedException {
    inFlight.acquire();
    return perform(operation)
        .whenComplete((outcome, error) -> record(dueNanos))
        .thenCompose(
            outcome ->
                operation instanceof Operation.PlaceOrder order
                        && outcome instanceof Outcome.Acknowledged placed
                    ? pay(order.user(), placed.id())
                    : CompletableFuture.<Void>completedFuture(null))
        .whenComplete((done, error) -> inFlight.release());
  }

  private CompletableFuture<Void> pay(long user, long order) {
    long begun = System.nanoTime();
    return perform(new Operation.Pay(user, order)).thenAccept(outcome -> record(begun));
  }

  private void record(long sinceNanos) {
    long micros = TimeUnit.NANOSECONDS.toMicros(System.nanoTime() - sinceNanos);
    latencyMicros.recordValue(Math.min(micros, HIGHEST_MICROS));
  }

  private CompletableFuture<Outcome> perform(Operation operation) {
    return client
        .call(callOf(operation))
        .handle((answer, error) -> outcomeOf(answer, error))
        .thenApply(
            outcome -> {
              journal.add(operation, outcome);
              if (operation instanceof Operation.Register
                  && outcome instanceof Outcome.Acknowledged user) {
                workload.addUser(user.id());
              }
              if (operation instanceof Operation.PlaceOrder order
                  && outcome instanceof Outcome.Acknowledged placed) {
                workload.addOrder(order.user(), placed.id());
              }
              return outcome;
            });
  }

  private Call callOf(Operation operation) {
    if (operation instanceof Operation.Read read) {
      return new Call("GET", read.path(), OptionalLong.of(read.user()), "", "");
    }
    String key = keyPrefix + keys.incrementAndGet();
    if (operation instanceof Operation.Register register) {
      return new Call(
          "POST",
          "/accounts",
          OptionalLong.empty(),
          key,
          Json.write(Map.of("name", register.name())));
    }
    if (operation instanceof Operation.Deposit deposit) {
      return unsafe(
          "/accounts/" + deposit.user() + "/deposits",
          deposit.user(),
          key,
          Map.of("amount", deposit.amount().toPlainString()));
    }
    if (operation instanceof Operation.Transfer transfer) {
      return unsafe(
          "/accounts/" + transfer.user() + "/transfers",
          transfer.user(),
          key,
          Map.of(
              "to", Long.toString(transfer.payee()), "amount", transfer.amount().toPlainString()));
    }
    if (operation instanceof Operation.PlaceOrder order) {
      return unsafe(
          "/orders",
          order.user(),
          key,
          Map.of(
              "userId",
              Long.toString(order.user()),
              "merchantId",
              Long.toString(order.merchant()),
              "lines",
              List.of(Map.of("sku", order.sku(), "quantity", order.quantity()))));
    }
    Operation.Pay pay = (Operation.Pay) operation;
    return unsafe("/orders/" + pay.order() + "/payment", pay.user(), key, Map.of());
  }

  private static Call unsafe(String path, long user, String key, Map<String, ?> body) {
    return new Call("POST", path, OptionalLong.of(user), key, Json.write(body));
  }

  private static Outcome outcomeOf(
      @org.jspecify.annotations.Nullable Answer answer,
      @org.jspecify.annotations.Nullable Throwable error) {
    if (answer == null) {
      Throwable cause = error instanceof CompletionException ? error.getCause() : error;
      return new Outcome.Unknown(cause == null ? "" : String.valueOf(cause.getMessage()));
    }
    if (!answer.isSuccess()) {
      return new Outcome.Refused(answer.status(), answer.body().path("type").asText());
    }
    return new Outcome.Acknowledged(idOf(answer.body()), totalOf(answer.body()));
  }

  /** The id of what was made: a paid order answers with its own id and the payment's. */
  private static long idOf(JsonNode body) {
    for (String field : List.of("depositId", "transferId", "paymentId", "orderId", "userId")) {
      JsonNode id = body.get(field);
      if (id != null && !id.isNull()) {
        return Long.parseLong(id.asText());
      }
    }
    throw new IllegalStateException("an answer without an id: " + body);
  }

  private static Optional<BigDecimal> totalOf(JsonNode body) {
    return body.hasNonNull("total")
        ? Optional.of(new BigDecimal(body.get("total").asText()))
        : Optional.empty();
  }

  private void waitForAll(List<CompletableFuture<Void>> futures) throws InterruptedException {
    Duration atMost = plan.giveUpAfter().multipliedBy(3).plusSeconds(10);
    try {
      CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
          .get(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (java.util.concurrent.ExecutionException e) {
      throw new IllegalStateException("the load itself failed: " + e.getCause(), e);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new IllegalStateException(
          "operations did not end within " + atMost.toSeconds() + " s", e);
    }
  }
}
