package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.SlotFigures;
import io.micrometer.core.instrument.Timer;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What happens to requests while slots move. */
@Timeout(60)
class HoldingIT {
  private static final Duration HOLD = Duration.ofSeconds(5);

  @TempDir Path folder;
  private Deployment edge;

  @BeforeEach
  void start() throws Exception {
    edge =
        new Deployment(
            folder,
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(2)
                .withHolding(HOLD, 8, 1 << 20),
            Optional.empty());
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private CompletableFuture<HttpResponse<String>> deposit(String datacenter, int user) {
    return edge.client()
        .sendAsync(
            edge.request(datacenter, "/accounts/" + user + "/deposits", user)
                .POST(HttpRequest.BodyPublishers.ofString("{\"amount\":\"1\"}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  private long holds(String result) {
    Timer timer = edge.metrics.get("north").find("hc_router_hold").tag("result", result).timer();
    return timer == null ? 0 : timer.count();
  }

  private void awaitHeld(String datacenter, int requests) {
    Deployment.await(requests + " held", () -> edge.router(datacenter).held() == requests);
  }

  @Test
  void anUnsafeRequestIsHeldUntilItsSlotIsOpenAtTheNewOwner() throws Exception {
    edge.moving(1, "south-1");
    CompletableFuture<HttpResponse<String>> held = deposit("north", 1);
    awaitHeld("north", 1);
    assertThat(edge.get("north", "/accounts/1", 1).body()).as("a read").isEqualTo("north-1");
    assertThat(edge.post("north", "/accounts/2/deposits", 2, "").body())
        .as("another slot")
        .isEqualTo("north-1");
    edge.north.seen.clear();
    edge.publish(edge.owned(1, "south-1", 3));
    HttpResponse<String> answer = held.get(10, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-1");
    assertThat(edge.south.seen).hasSize(1);
    assertThat(edge.south.seen.get(0).body()).isEqualTo("{\"amount\":\"1\"}");
    assertThat(edge.north.seen).isEmpty();
    assertThat(edge.router("north").held()).isZero();
  }

  @Test
  void ofTwoSlotsThatMoveEachIsReleasedByItself() throws Exception {
    edge.moving(1, "south-1");
    edge.moving(2, "south-1");
    CompletableFuture<HttpResponse<String>> first = deposit("north", 1);
    CompletableFuture<HttpResponse<String>> second = deposit("north", 2);
    awaitHeld("north", 2);
    edge.publish(edge.owned(1, "south-1", 3));
    assertThat(first.get(10, TimeUnit.SECONDS).body()).isEqualTo("south-1");
    assertThat(second).isNotDone();
    assertThat(edge.router("north").held()).isEqualTo(1);
    edge.publish(edge.table().withOpen(List.of(2)));
    assertThat(second.get(10, TimeUnit.SECONDS).body()).as("given up").isEqualTo("north-1");
  }

  @Test
  void thoseThatWereHeldGoOnAtALimitedRate() throws Exception {
    edge.close();
    edge =
        new Deployment(
            folder.resolve("slow"),
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(2)
                .withHolding(HOLD, 45, 1 << 20)
                .withReleasing(200),
            Optional.empty());
    edge.moving(1, "south-1");
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      held.add(deposit("north", 1));
    }
    awaitHeld("north", 40);
    long from = System.nanoTime();
    edge.publish(edge.owned(1, "south-1", 3));
    for (CompletableFuture<HttpResponse<String>> one : held) {
      assertThat(one.get(10, TimeUnit.SECONDS).body()).isEqualTo("south-1");
    }
    // Of two loops, each lets one go every 10 ms; the first at once.
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isGreaterThan(Duration.ofMillis(180));
    assertThat(edge.router("north").held()).isZero();
  }

  private int heldAnywhere() {
    return edge.router("north").held() + edge.router("south").held();
  }

  @Test
  void aSlotThatMovesAgainHoldsThoseThatHadNotGoneYet() throws Exception {
    edge.close();
    edge =
        new Deployment(
            folder.resolve("again"),
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(1)
                .withHolding(HOLD.multipliedBy(3), 400, 8 << 20)
                .withReleasing(100),
            Optional.empty());
    edge.moving(1, "south-1");
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    // One goes each 10 ms: two seconds for two tables to be written and read.
    int all = 200;
    for (int i = 0; i < all; i++) {
      held.add(deposit("north", 1));
    }
    awaitHeld("north", all);
    edge.publishAndAwait(edge.owned(1, "south-1", 3));
    edge.publishAndAwait(edge.table().withMoving(List.of(1), "north-1"));
    // One may be between the two: let go by the table before, and held again by this one, here or
    // at the other router, which may have had this one first.
    Deployment.await(
        "those let go are answered, the others are held",
        () -> held.stream().filter(CompletableFuture::isDone).count() + heldAnywhere() == all);
    int left = heldAnywhere();
    assertThat(left).isBetween(10, all);
    assertThat(held.stream().filter(CompletableFuture::isDone).count()).isEqualTo(all - left);
    edge.publish(edge.owned(1, "north-1", 5));
    for (CompletableFuture<HttpResponse<String>> one : held) {
      assertThat(one.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void requestsAreCountedBySlotWhereTheirClientsAsk() throws Exception {
    edge.post("south", "/accounts/4/deposits", 4, "x");
    edge.north.answer(request -> request.response().setStatusCode(500).end());
    edge.post("north", "/accounts/4/deposits", 4, "x");
    edge.moving(4, "south-1");
    assertThat(deposit("north", 4).get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(503);
    // The first came to north through south; that the last was held does not make it slow.
    assertThat(edge.figures("north", "4")).isEqualTo(new SlotFigures(2, 2, 0));
    assertThat(edge.figures("south", "2-4")).isEqualTo(new SlotFigures(1, 0, 0));
    assertThat(edge.figures("north", "3,5-7")).isEqualTo(SlotFigures.NONE);
  }

  @Test
  void aHoldEndsInTimeWithNothingDone() throws Exception {
    edge.moving(1, "south-1");
    long from = System.nanoTime();
    HttpResponse<String> answer = deposit("north", 1).get(10, TimeUnit.SECONDS);
    Duration took = Duration.ofNanos(System.nanoTime() - from);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    assertThat(answer.body()).contains("/problems/slot-moving");
    assertThat(took).isBetween(HOLD, HOLD.plusSeconds(4));
    assertThat(edge.north.seen).isEmpty();
    assertThat(edge.south.seen).isEmpty();
    assertThat(edge.router("north").held()).isZero();
  }

  @Test
  void noMoreAreHeldThanThereIsRoomFor() throws Exception {
    edge.moving(1, "south-1");
    List<CompletableFuture<HttpResponse<String>>> held = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      held.add(deposit("north", 1));
    }
    awaitHeld("north", 8);
    HttpResponse<String> ninth = deposit("north", 1).get(10, TimeUnit.SECONDS);
    assertThat(ninth.statusCode()).isEqualTo(503);
    assertThat(ninth.body()).contains("/problems/hold-full");
    edge.publish(edge.owned(1, "south-1", 3));
    for (CompletableFuture<HttpResponse<String>> one : held) {
      assertThat(one.get(10, TimeUnit.SECONDS).body()).isEqualTo("south-1");
    }
  }

  @Test
  void aClientThatLeavesMakesRoomAtOnce() throws Exception {
    edge.moving(1, "south-1");
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      RawClient client = new RawClient(edge.port("north"));
      client.send(
          "POST /accounts/1/deposits HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n"
              + "Content-Length: 1000000\r\n\r\nsome of it");
      clients.add(client);
    }
    awaitHeld("north", 4);
    clients.get(0).hangUp();
    clients.get(1).close();
    awaitHeld("north", 2);
    clients.get(2).hangUp();
    clients.get(3).close();
    awaitHeld("north", 0);
    // By leaving, not by waiting until the hold was over.
    Deployment.await("each is counted", () -> holds("client-gone") == 4);
    assertThat(holds("expired")).isZero();
    edge.publishAndAwait(edge.owned(1, "south-1", 3));
    assertThat(edge.post("north", "/accounts/1/deposits", 1, "after").body()).isEqualTo("south-1");
    assertThat(edge.south.seen).hasSize(1);
  }

  @Test
  void aHeldBodyIsNotReadIntoMemory() throws Exception {
    edge.moving(1, "south-1");
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(
          "POST /accounts/1/deposits HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n"
              + "Content-Length: 900000\r\nExpect: 100-continue\r\n\r\n");
      awaitHeld("north", 1);
      edge.publish(edge.owned(1, "south-1", 3));
      assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      client.send("x".repeat(900_000));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(edge.south.seen.get(0).body()).hasSize(900_000);
  }

  @Test
  void aCellThatRefusesIsAskedAgainWhenTheTableHasCaughtUp() throws Exception {
    // Slot 1 was opened at south with epoch 3; this router's table does not say so yet.
    edge.north.answer(edge.north.misdirected(1, 3));
    CompletableFuture<HttpResponse<String>> waiting = deposit("north", 1);
    awaitHeld("north", 1);
    assertThat(edge.north.seen).hasSize(1);
    edge.publish(edge.owned(1, "south-1", 3));
    HttpResponse<String> answer = waiting.get(10, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-1");
    assertThat(edge.south.seen.get(0).body()).isEqualTo("{\"amount\":\"1\"}");
  }

  @Test
  void aRefusalWaitsForTheEpochItNames() throws Exception {
    edge.north.answer(edge.north.misdirected(1, 3));
    CompletableFuture<HttpResponse<String>> waiting = deposit("north", 1);
    awaitHeld("north", 1);
    // Newer tables that do not reach that epoch for that slot change nothing.
    edge.publishAndAwait(edge.owned(2, "south-1", 3));
    edge.publishAndAwait(edge.owned(1, "north-1", 2));
    assertThat(edge.router("north").held()).isEqualTo(1);
    edge.publish(edge.owned(1, "south-1", 3));
    assertThat(waiting.get(10, TimeUnit.SECONDS).body()).isEqualTo("south-1");
    assertThat(edge.north.seen).hasSize(1);
  }

  @Test
  void noUserSeesA421() throws Exception {
    edge.north.answer(edge.north.misdirected(1, 99));
    HttpResponse<String> behind = deposit("north", 1).get(10, TimeUnit.SECONDS);
    assertThat(behind.statusCode()).isEqualTo(503);
    assertThat(behind.headers().firstValue("Retry-After")).isPresent();
    assertThat(behind.body()).contains("/problems/table-behind");
    // A cell that says what the table says already, again and again.
    edge.north.answer(edge.north.misdirected(1, 1));
    HttpResponse<String> stubborn = deposit("north", 1).get(10, TimeUnit.SECONDS);
    assertThat(stubborn.statusCode()).isEqualTo(503);
    assertThat(stubborn.body()).contains("/problems/owner-not-found");
    assertThat(edge.north.seen.size()).isLessThan(12);
    // And over another router.
    HttpResponse<String> remote = deposit("south", 1).get(10, TimeUnit.SECONDS);
    assertThat(remote.statusCode()).isEqualTo(503);
  }

  @Test
  void aBodyTooLargeToBeKeptIsNotSentAgain() throws Exception {
    edge.north.answer(edge.north.misdirected(1, 1));
    HttpResponse<String> answer = edge.post("north", "/accounts/1/x", 1, "y".repeat(70_000));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("/problems/body-not-kept");
    assertThat(edge.north.seen).hasSize(1);
    edge.north.seen.clear();
    HttpResponse<String> kept = edge.post("north", "/accounts/1/x", 1, "y".repeat(60_000));
    assertThat(kept.body()).contains("/problems/owner-not-found");
    assertThat(edge.north.seen).hasSizeGreaterThan(1);
    assertThat(edge.north.seen).allMatch(seen -> seen.body().length() == 60_000);
  }

  /** The piece that is too much is the last one: what is left of the copy must not be sent. */
  @Test
  void aBodyThatOutgrowsItsCopyAtTheVeryEndIsNotSentAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    AtomicInteger received = new AtomicInteger();
    edge.north.answer(
        request -> {
          asked.incrementAndGet();
          request.handler(piece -> received.addAndGet(piece.length()));
          request.endHandler(
              ignored ->
                  request
                      .response()
                      .setStatusCode(421)
                      .putHeader("Cell-Slot", "1")
                      .putHeader("Cell-Epoch", "1")
                      .end());
        });
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(
          "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 65546\r\n\r\n"
              + "y".repeat(65_536));
      Deployment.await("all but the end", () -> received.get() == 65_536);
      client.send("z".repeat(10));
      assertThat(client.readHead()).startsWith("HTTP/1.1 503");
    }
    assertThat(asked).hasValue(1);
  }

  @Test
  void theOtherRouterWaitsForTheTableOfTheOneThatSends() throws Exception {
    // North knows epoch 3 of slot 1 first; its request must not bounce at south.
    HttpResponse<String> before =
        edge.send(
            edge.request("south", "/accounts/1/x", 1)
                .header("Cell-Hop", "north")
                .header("Cell-Hop-Key", Deployment.KEY)
                .header("Cell-User", "1")
                .POST(HttpRequest.BodyPublishers.ofString("z"))
                .build());
    assertThat(before.statusCode()).isEqualTo(421);
    CompletableFuture<HttpResponse<String>> ahead =
        edge.client()
            .sendAsync(
                edge.request("south", "/accounts/1/x", 1)
                    .header("Cell-Hop", "north")
                    .header("Cell-Hop-Key", Deployment.KEY)
                    .header("Cell-User", "1")
                    .header("Cell-Slot", "1")
                    .header("Cell-Epoch", "3")
                    .POST(HttpRequest.BodyPublishers.ofString("z"))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
    awaitHeld("south", 1);
    edge.publish(edge.owned(1, "south-1", 3));
    assertThat(ahead.get(10, TimeUnit.SECONDS).body()).isEqualTo("south-1");
  }

  @Test
  void aRegistrationLeavesADrainedDatacenter() throws Exception {
    List<Integer> slotsOfNorth = List.of(0, 1, 2, 3, 4, 5, 6, 7);
    edge.publishAndAwait(edge.table().withMoving(slotsOfNorth, "south-1"));
    assertThat(edge.post("north", "/accounts", 1, "{}").body()).isEqualTo("south-1");
    assertThat(edge.get("north", "/products/a", 1).body()).isEqualTo("north-1");
  }
}
