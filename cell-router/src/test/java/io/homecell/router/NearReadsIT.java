package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** South's user 9 is read through north's router: from north's copy, or from south. */
@Timeout(60)
class NearReadsIT {
  @TempDir static Path folder;
  private static Deployment edge;

  @BeforeAll
  static void start() throws Exception {
    edge = new Deployment(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  @BeforeEach
  void clear() {
    edge.north.seen.clear();
    edge.south.seen.clear();
    edge.north.answer(request -> copy(request, 200, Optional.of("120"), Optional.empty()));
    edge.south.answerAsUsual();
  }

  private static void copy(
      HttpServerRequest request, int status, Optional<String> age, Optional<String> refusal) {
    edge.north.note(request, "");
    HttpServerResponse response = request.response().setStatusCode(status);
    age.ifPresent(millis -> response.putHeader("Homecell-Copy-Age", millis).putHeader("Age", "1"));
    refusal.ifPresent(reason -> response.putHeader("Cell-Near-Refused", reason));
    response.end("copy");
  }

  private static double count(String result) {
    return edge
        .metrics
        .get("north")
        .find("hc_router_near_reads")
        .tag("result", result)
        .counters()
        .stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  private static HttpResponse<String> get(String path) {
    return edge.get("north", path, 9);
  }

  @Test
  void theCopyAnswersAndSaysHowOldItIs() {
    double before = count("served");
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/near/9", 9)
                .header("Homecell-Read-After", "token")
                .header("Cell-Near", "999999")
                .header("Cell-Near-Refused", "x")
                .GET()
                .build());
    assertThat(answer.body()).isEqualTo("copy");
    assertThat(answer.headers().firstValue("Homecell-Copy-Age")).contains("120");
    assertThat(answer.headers().firstValue("Age")).contains("1");
    FakeCell.Seen seen = edge.north.seen.get(0);
    assertThat(seen.headers().getAll("Cell-Near"))
        .as("the route's, not the client's")
        .containsExactly("2000");
    assertThat(seen.headers().contains("Cell-Near-Refused")).isFalse();
    assertThat(seen.headers().get("Homecell-Read-After")).isEqualTo("token");
    assertThat(seen.headers().get("Cell-User")).isEqualTo("9");
    assertThat(edge.south.seen).isEmpty();
    assertThat(count("served")).isEqualTo(before + 1);
    assertThat(
            edge.metrics.get("north").get("hc_router_near_age").timer().max(TimeUnit.MILLISECONDS))
        .isEqualTo(120);
  }

  @Test
  void aWebSocketIsNoRead() throws Exception {
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(
          "GET /near/9 HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\nConnection: upgrade\r\n"
              + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      client.readHead();
    }
    assertThat(edge.north.seen).as("the copy").isEmpty();
    assertThat(edge.south.seen).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "421, behind, behind",
    "421, lacks-write, lacks_write",
    "421, unknown, unknown",
    "421, something-new, unknown",
    "421, '', unknown",
    "200, '', unknown",
    "404, '', error",
    "503, '', failed",
  })
  void whatTheCopyDoesNotAnswerTheOwnerDoes(int status, String refusal, String counted) {
    edge.north.answer(
        request ->
            copy(
                request,
                status,
                status == 404 ? Optional.of("5") : Optional.empty(),
                Optional.of(refusal).filter(word -> !word.isEmpty())));
    double before = count(counted);
    HttpResponse<String> answer = get("/near/9");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-1");
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.equalsIgnoreCase("Homecell-Copy-Age"))
        .noneMatch(name -> name.equalsIgnoreCase("Age"))
        .noneMatch(name -> name.equalsIgnoreCase("Cell-Near-Refused"));
    assertThat(edge.north.seen).hasSize(1);
    assertThat(edge.south.seen).hasSize(1);
    assertThat(edge.south.seen.get(0).headers().contains("Cell-Near")).isFalse();
    assertThat(count(counted)).isEqualTo(before + 1);
  }

  @Test
  void aCopyThatBreaksOffOrIsSlowCostsNobodyTheAnswer() {
    double before = count("failed");
    edge.north.answer(request -> request.connection().close());
    assertThat(get("/near/9").body()).isEqualTo("south-1");
    edge.north.answer(request -> edge.north.note(request, "never answered"));
    assertThat(get("/near/9").body()).isEqualTo("south-1");
    assertThat(count("failed")).isEqualTo(before + 2);
  }

  @Test
  void onlyPlainReadsOfTheRouteAreNear() {
    edge.north.answerAsUsual();
    assertThat(edge.post("north", "/near/9", 9, "b").body()).isEqualTo("south-1");
    assertThat(get("/accounts/9").body()).isEqualTo("south-1");
    HttpRequest withBody =
        edge.request("north", "/near/9", 9)
            .method("GET", HttpRequest.BodyPublishers.ofString("b"))
            .build();
    assertThat(edge.send(withBody).body()).isEqualTo("south-1");
    assertThat(
            edge.send(
                    edge.request("north", "/near/9", 9)
                        .method("OPTIONS", HttpRequest.BodyPublishers.noBody())
                        .build())
                .body())
        .isEqualTo("south-1");
    assertThat(edge.north.seen).isEmpty();
  }

  @Test
  void theOwnerInThisDatacenterIsAskedAsEver() {
    edge.north.answerAsUsual();
    assertThat(edge.get("north", "/near/1", 1).body()).isEqualTo("north-1");
    assertThat(edge.north.seen.get(0).headers().contains("Cell-Near")).isFalse();
  }

  @Test
  void aHeadIsReadNearToo() {
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/near/9", 9)
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
    assertThat(answer.headers().firstValue("Homecell-Copy-Age")).contains("120");
    assertThat(edge.south.seen).isEmpty();
  }

  @Test
  void aMoveStopsNoNearRead() {
    edge.moving(10, "north-1");
    try {
      assertThat(edge.get("north", "/near/10", 10).body()).isEqualTo("copy");
    } finally {
      edge.publishAndAwait(edge.owned(10, "south-1", edge.table().of(10).epoch() + 1));
    }
  }
}
