package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.overload.OverloadSettings;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.PoolOptions;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cell that is slow, or clients that send too much, do to the others: nothing. */
@Timeout(60)
class OverloadIT {
  private static final String ROUTES =
      """
      - { path: "/pay/{user}",        slot-of: user, service: account, priority: critical }
      - { path: "/search/{user}",     slot-of: user, service: account, priority: sheddable }
      - { path: "/limited/{user}",    slot-of: user, service: account, rate: { per-user: 2/m } }
      - { path: "/crowded/{user}",    slot-of: user, service: account, rate: { per-route: 3/m } }
      - { path: "/accounts/{user}/**", slot-of: user, service: account }
      """;
  private static final int LOOPS = 2;
  private static final OverloadSettings ADAPTIVE = new OverloadSettings(16, 100, 128, 256, 90);
  private static final OverloadSettings FIXED = new OverloadSettings(40, 40, 40, 128, 90);

  /** In slots of north-1, north-2 and south-1. */
  private static final long QUICK = 1;

  private static final long SLOW = 4;
  private static final long REMOTE = 8;

  private SmallEdge edge;

  @BeforeEach
  void start() throws Exception {
    edge = start(LOOPS, ADAPTIVE);
  }

  private static SmallEdge start(int loops, OverloadSettings overload) {
    return new SmallEdge(
        RouterSettings.standard()
            .withWarmUp(Duration.ZERO)
            .withEventLoops(loops)
            .withOverload(overload),
        ROUTES);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private static Handler<HttpServerRequest> after(Vertx vertx, Duration latency) {
    return request -> vertx.setTimer(latency.toMillis(), ignored -> request.response().end("late"));
  }

  /** Requests at a steady rate, whether or not the ones before are answered. */
  private final class Load {
    private static final int TICK_MILLIS = 10;

    /** What a pause of the machine has kept from being sent is not sent: it would be a burst. */
    private static final Duration LATE_MAX = Duration.ofMillis(250);

    private final HttpClient client;
    private final long user;
    private final long fromNanos = System.nanoTime();
    private final List<Long> answeredNanos = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> refusedNanos = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger underWay = new AtomicInteger();
    private final AtomicInteger other = new AtomicInteger();
    private long timer;
    private long ticks;

    Load(Vertx vertx, long user, int perTick) {
      this.user = user;
      this.client =
          vertx.createHttpClient(new PoolOptions().setHttp1MaxSize(2_000).setMaxWaitQueueSize(0));
      timer =
          vertx.setPeriodic(
              TICK_MILLIS,
              ignored -> {
                ticks++;
                long dueNanos = fromNanos + TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS * ticks);
                if (System.nanoTime() - dueNanos < LATE_MAX.toNanos()) {
                  for (int i = 0; i < perTick; i++) {
                    send();
                  }
                }
              });
    }

    private void send() {
      long from = System.nanoTime();
      underWay.incrementAndGet();
      client
          .request(
              io.vertx.core.http.HttpMethod.GET,
              edge.port("north"),
              "127.0.0.1",
              "/accounts/" + user)
          .compose(request -> request.send())
          .compose(response -> response.body().map(ignored -> response.statusCode()))
          .onComplete(
              result -> {
                underWay.decrementAndGet();
                long took = System.nanoTime() - from;
                if (result.failed()) {
                  other.incrementAndGet();
                } else if (result.result() == 200) {
                  answeredNanos.add(took);
                } else if (result.result() == 503) {
                  refusedNanos.add(took);
                } else {
                  other.incrementAndGet();
                }
              });
    }

    void stop(Vertx vertx) {
      vertx.cancelTimer(timer);
    }
  }

  private static double percentileMillis(List<Long> nanos, double percent) {
    List<Long> sorted = new ArrayList<>(nanos);
    Collections.sort(sorted);
    return sorted.get((int) Math.ceil(sorted.size() * percent / 100) - 1) / 1e6;
  }

  private static List<Long> drained(List<Long> from) {
    synchronized (from) {
      List<Long> all = new ArrayList<>(from);
      from.clear();
      return all;
    }
  }

  private static double p99OfASecond(Load load) {
    drained(load.answeredNanos);
    Deployment.await("200 answers", () -> load.answeredNanos.size() >= 200);
    return percentileMillis(drained(load.answeredNanos), 99);
  }

  /**
   * 200 requests a second to each of two cells of one datacenter, by turns both quick and the other
   * taking 2 s, for four seconds each. The p99 of the first: at most 1.2 of what it is before, with
   * 5 ms allowed. What else the machine does can only add to a second's p99, so the second best of
   * eight is taken on both sides: if the slow cell harmed the other, it would do so in each.
   */
  @Test
  void aSlowCellDoesNotSlowTheOthers() throws Exception {
    Vertx clients = Vertx.vertx();
    Load measured = new Load(clients, QUICK, 2);
    Load other = new Load(clients, SLOW, 2);
    try {
      FakeCell slow = edge.cells.get("north-2");
      slow.answer(request -> request.response().end("quick"));
      edge.cells.get("north-1").answer(request -> request.response().end("quick"));
      Deployment.await("warm", () -> measured.answeredNanos.size() > 300);
      List<Double> before = new ArrayList<>();
      List<Double> during = new ArrayList<>();
      int connectionsMost = 0;
      int held = 0;
      for (int round = 0; round < 2; round++) {
        Deployment.await("all quick", () -> other.underWay.get() < 20);
        for (int slice = 0; slice < 4; slice++) {
          before.add(p99OfASecond(measured));
        }
        slow.answer(after(edge.vertx, Duration.ofSeconds(2)));
        for (int slice = 0; slice < 4; slice++) {
          during.add(p99OfASecond(measured));
          connectionsMost = Math.max(connectionsMost, slow.connections.get());
          held = Math.max(held, edge.router("north").held());
        }
        slow.answer(request -> request.response().end("quick"));
      }
      Collections.sort(before);
      Collections.sort(during);
      System.out.printf("p99 of the quick cell in ms: before %s, then %s%n", before, during);
      assertThat(during.get(1))
          .isLessThanOrEqualTo(Math.max(1.2 * before.get(1), before.get(1) + 5));
      assertThat(measured.refusedNanos).isEmpty();
      assertThat(measured.other).hasValue(0);
      assertThat(other.other).as("neither 504 nor broken").hasValue(0);
      // At 200/s and 2 s there would be 400; what it bears is 90 for each loop, then less.
      assertThat(connectionsMost).isBetween(20, LOOPS * ADAPTIVE.waitingMax());
      assertThat(other.refusedNanos).hasSizeGreaterThan(300);
      assertThat(percentileMillis(other.refusedNanos, 99)).as("told at once").isLessThan(1_000);
      assertThat(held).isZero();
    } finally {
      measured.stop(clients);
      other.stop(clients);
      Router.await(clients.close(), Duration.ofSeconds(10));
    }
  }

  private List<CompletableFuture<HttpResponse<String>>> fill(
      String datacenter, String path, long user, int requests) {
    List<CompletableFuture<HttpResponse<String>>> sent = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      sent.add(
          edge.client()
              .sendAsync(
                  edge.request(datacenter, path, user).GET().build(),
                  HttpResponse.BodyHandlers.ofString()));
    }
    return sent;
  }

  private void awaitRefused(List<CompletableFuture<HttpResponse<String>>> sent, int count) {
    Deployment.await(
        count + " refused", () -> sent.stream().filter(CompletableFuture::isDone).count() == count);
  }

  @Test
  void theLowerPriorityIsRefusedFirst() throws Exception {
    edge.close();
    edge = start(1, FIXED);
    AtomicInteger came = new AtomicInteger();
    List<HttpServerRequest> waiting = Collections.synchronizedList(new ArrayList<>());
    edge.cells
        .get("north-2")
        .answer(
            request -> {
              waiting.add(request);
              came.incrementAndGet();
            });
    // 40 in all: 24 for what may be shed, 36 for the usual.
    List<CompletableFuture<HttpResponse<String>>> sheddable = fill("north", "/search/4", SLOW, 30);
    awaitRefused(sheddable, 6);
    List<CompletableFuture<HttpResponse<String>>> normal = fill("north", "/accounts/4", SLOW, 20);
    awaitRefused(normal, 8);
    List<CompletableFuture<HttpResponse<String>>> critical = fill("north", "/pay/4", SLOW, 6);
    awaitRefused(critical, 2);
    Deployment.await("40 came", () -> came.get() == 40);
    HttpResponse<String> refused =
        normal.stream().filter(CompletableFuture::isDone).findFirst().orElseThrow().get();
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(refused.body()).contains("\"type\":\"/problems/cell-overloaded\"");
    assertThat(refused.headers().firstValue("Cell-Overloaded")).isEmpty();
    assertThat(refused.headers().firstValue("Cell-Not-Executed")).isEmpty();
    assertThat(edge.get("north", "/accounts/1", QUICK).statusCode()).isEqualTo(200);
    assertThat(edge.count("north", "hc_router_shed", "cell", "north-2", "priority", "sheddable"))
        .isEqualTo(6);
    assertThat(edge.count("north", "hc_router_shed", "cell", "north-2")).isEqualTo(16);
    Deployment.await(
        "the figure",
        () ->
            edge.metrics
                    .get("north")
                    .get("hc_router_cell_waiting")
                    .tag("cell", "north-2")
                    .gauge()
                    .value()
                == 40);
    waiting.forEach(request -> request.response().end());
    for (CompletableFuture<HttpResponse<String>> one : critical) {
      one.get(10, TimeUnit.SECONDS);
    }
    edge.cells.get("north-2").answerAsUsual();
    assertThat(edge.get("north", "/search/4", SLOW).statusCode()).as("room again").isEqualTo(200);
  }

  @Test
  void whatAnotherRouterRefusesIsNotTriedAgain() throws Exception {
    edge.close();
    edge = start(1, FIXED);
    AtomicInteger came = new AtomicInteger();
    edge.cells.get("south-1").answer(request -> came.incrementAndGet());
    List<CompletableFuture<HttpResponse<String>>> there = fill("south", "/pay/8", REMOTE, 40);
    Deployment.await("south is full", () -> came.get() == 40);
    HttpResponse<String> refused = edge.post("north", "/pay/8", REMOTE, "x");
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body()).contains("/problems/cell-overloaded");
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(refused.headers().firstValue("Cell-Not-Executed")).isEmpty();
    assertThat(edge.count("south", "hc_router_shed", "cell", "south-1")).isEqualTo(1);
    assertThat(edge.count("north", "hc_router_retries")).isZero();
    assertThat(came).hasValue(40);
    there.forEach(one -> one.cancel(true));
  }

  /** The cells of a datacenter share the connections to its router. */
  @Test
  void aSlowCellElsewhereLeavesTheWayToItsNeighboursFree() throws Exception {
    edge.close();
    edge = start(LOOPS, FIXED);
    AtomicInteger came = new AtomicInteger();
    edge.cells.get("south-1").answer(request -> came.incrementAndGet());
    List<CompletableFuture<HttpResponse<String>>> there = fill("north", "/pay/8", REMOTE, 200);
    // What is left waits: at most 40 for each loop of the sender.
    Deployment.await(
        "refused", () -> there.stream().filter(CompletableFuture::isDone).count() >= 120);
    assertThat(came.get()).isLessThanOrEqualTo(LOOPS * 40);
    assertThat(edge.get("north", "/accounts/12", 12).body()).isEqualTo("south-2");
    there.forEach(one -> one.cancel(true));
  }

  private HttpResponse<String> byHop(String path, long user) {
    return edge.send(
        edge.request("south", path, user)
            .header("Cell-Hop", "north")
            .header("Cell-Hop-Key", Deployment.KEY)
            .header("Cell-User", Long.toString(user))
            .GET()
            .build());
  }

  @Test
  void whoSendsTooMuchGets429AndTheOthersDoNot() {
    assertThat(edge.get("north", "/limited/1", 1).statusCode()).isEqualTo(200);
    assertThat(edge.get("north", "/limited/1", 1).statusCode()).isEqualTo(200);
    HttpResponse<String> third = edge.get("north", "/limited/1", 1);
    assertThat(third.statusCode()).isEqualTo(429);
    assertThat(Integer.parseInt(third.headers().firstValue("Retry-After").orElseThrow()))
        .isBetween(25, 30);
    assertThat(third.body())
        .contains("/problems/user-rate-exceeded")
        .contains("2 requests in 60 s");
    assertThat(edge.get("north", "/limited/2", 2).statusCode()).isEqualTo(200);
    assertThat(edge.get("north", "/accounts/1", 1).statusCode()).isEqualTo(200);
    assertThat(
            edge.count(
                "north", "hc_router_requests", "outcome", "user-rate-exceeded", "cell", "none"))
        .isEqualTo(1);
  }

  @Test
  void whoIsNotKnownIsCountedByAddress() {
    HttpRequest nameless =
        HttpRequest.newBuilder(edge.request("north", "/limited/1", 1).build().uri()).GET().build();
    assertThat(edge.send(nameless).statusCode()).isEqualTo(200);
    assertThat(edge.send(nameless).statusCode()).isEqualTo(200);
    assertThat(edge.send(nameless).statusCode()).isEqualTo(429);
    assertThat(edge.get("north", "/limited/1", 1).statusCode()).as("a user").isEqualTo(200);
  }

  @Test
  void aRouteHasARateForAllTogetherCountedOnceOnTheWay() {
    // Users of the south: through two routers, each with a bucket of its own.
    for (long user = 8; user <= 10; user++) {
      assertThat(edge.get("north", "/crowded/" + user, user).statusCode()).isEqualTo(200);
    }
    HttpResponse<String> fourth = edge.get("north", "/crowded/11", 11);
    assertThat(fourth.statusCode()).isEqualTo(429);
    assertThat(fourth.body()).contains("/problems/route-rate-exceeded");
    for (int i = 0; i < 5; i++) {
      assertThat(byHop("/crowded/8", 8).statusCode()).as("counted where it came in").isEqualTo(200);
    }
    assertThat(edge.get("south", "/crowded/8", 8).statusCode()).isEqualTo(200);
  }
}
