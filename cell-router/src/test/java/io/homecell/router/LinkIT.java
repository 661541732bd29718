package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.link.LinkTerms;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.Promise;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests that cross the link of two datacenters: what they carry, and on how little. */
@Timeout(60)
class LinkIT {
  /** A peer that hears nothing for four of them hangs up: a machine may stand still for three. */
  static final Duration PING_EVERY = Duration.ofMillis(800);

  static final int LOOPS = 2;

  @TempDir static Path folder;
  private static LinkedEdge edge;

  static RouterSettings settings() {
    return RouterSettings.standard()
        .withWarmUp(Duration.ZERO)
        .withEventLoops(LOOPS)
        .withOperation(Operation.standard().withFarewell(Duration.ZERO))
        .withLinks(LinkTerms.standard().withPing(PING_EVERY, Duration.ofMillis(1_500)));
  }

  @BeforeAll
  static void start() throws Exception {
    edge = new LinkedEdge(folder, settings());
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  @BeforeEach
  void clear() {
    edge.north.seen.clear();
    edge.south.seen.clear();
    edge.south.answerAsUsual();
    edge.southCell = new Upstream("south-1", "127.0.0.1", edge.south.port());
  }

  @Test
  void aRequestGoesOnceToTheOwnersDatacenter() {
    HttpResponse<String> answer = edge.post("north", "/accounts/9/deposits?x=1", 9, "b");
    assertThat(answer.body()).isEqualTo("south-1");
    assertThat(answer.statusCode()).isEqualTo(200);
    FakeCell.Seen seen = edge.south.seen.get(0);
    assertThat(seen.uri()).isEqualTo("/accounts/9/deposits?x=1");
    assertThat(seen.body()).isEqualTo("b");
    assertThat(seen.headers().get("Cell-User")).isEqualTo("9");
    assertThat(seen.headers().get("Via")).isEqualTo("1.1 homecell-north, 2.0 homecell-south");
    assertThat(seen.headers().get("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(seen.headers().names()).doesNotContain("Cell-Hop", "Cell-Hop-Key");
    assertThat(edge.get("south", "/accounts/1", 1).body()).isEqualTo("north-1");
    assertThat(edge.metrics.get("north").get("hc_router_link_head").timer().count()).isPositive();
  }

  @Test
  void aCellsConnectionIsUsedAgain() {
    double gone = edge.count("south", "hc_router_requests", "outcome", "client-gone");
    double well = edge.count("south", "hc_router_requests", "outcome", "2xx");
    for (int i = 0; i < 20; i++) {
      assertThat(edge.post("north", "/accounts/9/x", 9, "b").statusCode()).isEqualTo(200);
    }
    Deployment.await(
        "all counted",
        () -> edge.count("south", "hc_router_requests", "outcome", "2xx") == well + 20);
    assertThat(edge.count("south", "hc_router_requests", "outcome", "client-gone")).isEqualTo(gone);
  }

  @Test
  void aHopAtTheClientsPortIsNone() {
    // As a hop it would be answered 421: the north does not own the slot.
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/9", 9)
                .header("Cell-Hop", "south")
                .header("Cell-Hop-Key", Deployment.KEY)
                .header("Cell-User", "1")
                .GET()
                .build());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-1");
    assertThat(edge.south.seen.get(0).headers().getAll("Cell-User")).containsExactly("9");
  }

  @Test
  void manyRequestsShareFewConnections() {
    int requests = 200;
    Promise<Void> seen = Promise.promise();
    edge.south.answer(
        request ->
            request
                .body()
                .onSuccess(
                    body -> seen.future().onSuccess(ignored -> request.response().end("late"))));
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, requests)
            .mapToObj(
                i ->
                    edge.client()
                        .sendAsync(
                            edge.request("north", "/accounts/9/x", 9)
                                .POST(HttpRequest.BodyPublishers.ofString("b" + i))
                                .build(),
                            HttpResponse.BodyHandlers.ofString()))
            .toList();
    Deployment.await("many at once", () -> edge.gauge("north", "hc_router_link_streams") > 100);
    seen.complete();
    assertThat(edge.gauge("north", "hc_router_link_connections")).isBetween(1.0, 2.0 * LOOPS);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.join().body()).isEqualTo("late"));
    assertThat(edge.gauge("north", "hc_router_link_connections")).isBetween(1.0, 2.0 * LOOPS);
    Deployment.await("none left", () -> edge.gauge("north", "hc_router_link_streams") == 0);
  }

  @Test
  void bodiesAndTrailersKeepTheirFraming() throws Exception {
    try (RawUpstream cell = new RawUpstream()) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      cell.answer(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-After: a\r\n\r\n",
          false);
      String head = " /accounts/9/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\nConnection: close\r\n";
      assertThat(
              ask(
                  "POST"
                      + head
                      + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
                      + "X-Sum: 1\r\nCell-User: 1\r\n\r\n"))
          .startsWith("HTTP/1.1 200")
          .endsWith("\r\n\r\n2\r\nok\r\n0\r\nx-after: a\r\n\r\n");
      ask("POST" + head + "Content-Length: 3\r\n\r\nabc");
      ask("GET" + head + "\r\n");
      ask("POST" + head + "Transfer-Encoding: chunked\r\n\r\n0\r\nX-Sum: 0\r\n\r\n");
      assertThat(cell.ambiguous).isEmpty();
      RawUpstream.Received chunked = cell.received.get(0);
      assertThat(chunked.body()).isEqualTo("abc");
      assertThat(chunked.all("Transfer-Encoding")).containsExactly("chunked");
      assertThat(chunked.trailers()).containsExactly("X-Sum: 1");
      RawUpstream.Received sized = cell.received.get(1);
      assertThat(sized.body()).isEqualTo("abc");
      assertThat(sized.all("Content-Length")).containsExactly("3");
      RawUpstream.Received none = cell.received.get(2);
      assertThat(none.all("Transfer-Encoding")).isEmpty();
      assertThat(none.all("Content-Length")).isEmpty();
      assertThat(cell.received.get(3).body()).isEmpty();
      assertThat(cell.received.get(3).trailers()).containsExactly("X-Sum: 0");
    }
  }

  private static String ask(String request) throws IOException {
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(request);
      return client.readAll();
    }
  }

  @Test
  void aSlowReaderHoldsTheCellBackAndNobodyElse() throws Exception {
    double failuresBefore = failures();
    edge.south.brokenOff.set(0);
    AtomicLong written = new AtomicLong();
    edge.south.answer(
        request -> {
          if (!request.path().endsWith("/big")) {
            request.response().end("small");
            return;
          }
          request.response().setChunked(true);
          request.response().exceptionHandler(ignored -> {});
          Pouring.pour(request.response(), written);
        });
    try (RawClient slow = new RawClient(edge.port("north"), 8 << 10)) {
      slow.send("GET /accounts/9/big HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\n\r\n");
      assertThat(slow.readHead()).startsWith("HTTP/1.1 200");
      Pouring.settles(written);
      assertThat(written.get()).as("on the way").isLessThan(16L << 20);
      for (int i = 0; i < 20; i++) {
        assertThat(edge.get("north", "/accounts/9/small", 9).body()).isEqualTo("small");
      }
      long before = written.get();
      slow.in().readNBytes(4 << 20);
      Deployment.await("it goes on", () -> written.get() > before);
    }
    // Whoever leaves ends it at the cell, and nowhere else.
    Deployment.await("told the cell", () -> edge.south.brokenOff.get() > 0);
    assertThat(edge.get("north", "/accounts/9/small", 9).body()).isEqualTo("small");
    Deployment.await("none left", () -> edge.gauge("north", "hc_router_link_streams") == 0);
    assertThat(failures()).as("the link is well").isEqualTo(failuresBefore);
  }

  private static double failures() {
    return edge.count("north", "hc_router_link_failures");
  }

  @Test
  void clientsThatLeaveEndTheirStreamsOnly() throws Exception {
    AtomicLong begun = new AtomicLong();
    edge.south.answer(request -> request.handler(ignored -> begun.incrementAndGet()));
    edge.south.brokenOff.set(0);
    int leaving = 50;
    List<RawClient> clients = new ArrayList<>();
    for (int i = 0; i < leaving; i++) {
      RawClient client = new RawClient(edge.port("north"));
      clients.add(client);
      // Some have sent nothing of their body, so that nothing of them was sent on.
      client.send(
          "POST /accounts/9/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\nContent-Length: 9\r\n\r\n"
              + (i % 2 == 0 ? "" : "body"));
    }
    Deployment.await("under way", () -> edge.gauge("north", "hc_router_link_streams") == leaving);
    Deployment.await("at the cell", () -> begun.get() == leaving / 2);
    for (RawClient client : clients) {
      client.hangUp();
    }
    Deployment.await("none left", () -> edge.gauge("north", "hc_router_link_streams") == 0);
    Deployment.await("told the cell", () -> edge.south.brokenOff.get() >= leaving / 2);
    edge.south.answerAsUsual();
    assertThat(edge.post("north", "/accounts/9/x", 9, "b").statusCode()).isEqualTo(200);
    assertThat(edge.gauge("north", "hc_router_link_connections")).isBetween(1.0, 2.0 * LOOPS);
  }

  @Test
  void anAnswerThatBreaksIsBrokenForItsClientOnly() throws Exception {
    try (RawUpstream cell = new RawUpstream()) {
      edge.southCell = new Upstream("south-1", "127.0.0.1", cell.port());
      cell.answer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it", true);
      double before = edge.gauge("north", "hc_router_link_connections");
      String answer = ask("GET /accounts/9/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 200").endsWith("half of it");
      cell.answer(RawUpstream.OK, false);
      assertThat(edge.get("north", "/accounts/9/x", 9).body()).isEqualTo("ok");
      assertThat(edge.gauge("north", "hc_router_link_connections")).isGreaterThanOrEqualTo(before);
    }
  }
}
