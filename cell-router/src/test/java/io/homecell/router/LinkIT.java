package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.link.LinkTerms;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
  static final Duration PING_EVERY = Duration.ofMillis(200);
  private static final int LOOPS = 2;

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
    assertThat(seen.headers().get("Via")).isEqualTo("1.1 homecell-north, 1.1 homecell-south");
    assertThat(seen.headers().get("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(seen.headers().names()).doesNotContain("Cell-Hop", "Cell-Hop-Key");
    assertThat(edge.get("south", "/accounts/1", 1).body()).isEqualTo("north-1");
    assertThat(edge.metrics.get("north").get("hc_router_link_head").timer().count()).isPositive();
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
    edge.south.answer(
        request ->
            request
                .body()
                .onSuccess(
                    body -> edge.south.vertx().setTimer(300, t -> request.response().end("late"))));
    List<CompletableFuture<HttpResponse<String>>> answers =
        IntStream.range(0, requests)
            .mapToObj(
                i ->
                    edge.client.sendAsync(
                        edge.request("north", "/accounts/9/x", 9)
                            .POST(HttpRequest.BodyPublishers.ofString("b" + i))
                            .build(),
                        HttpResponse.BodyHandlers.ofString()))
            .toList();
    Deployment.await("all at once", () -> edge.gauge("north", "hc_router_link_streams") > 100);
    assertThat(edge.gauge("north", "hc_router_link_connections")).isBetween(1.0, 2.0 * LOOPS);
    assertThat(answers).allSatisfy(answer -> assertThat(answer.join().body()).isEqualTo("late"));
    assertThat(edge.gauge("north", "hc_router_link_connections")).isBetween(1.0, 2.0 * LOOPS);
    Deployment.await("none left", () -> edge.gauge("north", "hc_router_link_streams") == 0);
  }

  @Test
  void trailersPassInBothDirections() throws Exception {
    edge.south.answer(
        request ->
            request
                .body()
                .onSuccess(
                    body -> {
                      edge.south.note(request, body.toString());
                      request.response().setChunked(true).write(body);
                      request.response().trailers().set("X-After", "a");
                      request.response().end();
                    }));
    try (RawClient client = new RawClient(edge.port("north"))) {
      edge.get("north", "/accounts/9/x", 9);
      client.send(
          "POST /accounts/9/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\nTransfer-Encoding: chunked\r\n"
              + "Connection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nCell-User: 1\r\n\r\n");
      assertThat(new String(client.in().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
          .as(edge.south.seen.toString())
          .contains("abc")
          .endsWith("0\r\nx-after: a\r\n\r\n");
    }
  }
}
