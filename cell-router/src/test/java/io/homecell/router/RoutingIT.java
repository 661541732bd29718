package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Where requests go, and what they carry. */
@Timeout(60)
class RoutingIT {
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
    edge.north.answerAsUsual();
    edge.south.answerAsUsual();
  }

  @Test
  void aRequestGoesToTheCellOfItsDatacenter() {
    HttpResponse<String> answer = edge.post("north", "/accounts/1/deposits?x=1", 1, "{\"a\":1}");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("north-1");
    assertThat(answer.headers().firstValue("Cell-Served-By")).contains("north-1");
    FakeCell.Seen seen = edge.north.seen.get(0);
    assertThat(seen.method()).isEqualTo("POST");
    assertThat(seen.uri()).isEqualTo("/accounts/1/deposits?x=1");
    assertThat(seen.body()).isEqualTo("{\"a\":1}");
    assertThat(seen.headers().get("Cell-User")).isEqualTo("1");
    assertThat(seen.headers().get("X-Forwarded-For")).isEqualTo("127.0.0.1");
    assertThat(seen.headers().get("X-Forwarded-Proto")).isEqualTo("http");
    assertThat(seen.headers().get("Via")).isEqualTo("1.1 homecell-north");
    assertThat(seen.headers().get("Cell-Hop")).isNull();
  }

  @Test
  void aRequestGoesOnceToTheOwnersDatacenter() {
    HttpResponse<String> answer = edge.post("north", "/accounts/9/deposits", 9, "b");
    assertThat(answer.body()).isEqualTo("south-1");
    FakeCell.Seen seen = edge.south.seen.get(0);
    assertThat(seen.headers().get("Cell-User")).isEqualTo("9");
    assertThat(seen.headers().get("Via")).isEqualTo("1.1 homecell-north, 1.1 homecell-south");
    assertThat(seen.headers().names()).doesNotContain("Cell-Hop", "Cell-Hop-Key");
    assertThat(seen.body()).isEqualTo("b");
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.equalsIgnoreCase("Cell-Epoch"));
  }

  @Test
  void identityDecidesWhereTheRouteSaysSo() {
    assertThat(edge.post("south", "/orders", 1, "o").body()).isEqualTo("north-1");
    assertThat(edge.post("north", "/orders", 9, "o").body()).isEqualTo("south-1");
  }

  @Test
  void whatAClientClaimsTellsTheSlotAndNotTheUser() {
    for (String datacenter : new String[] {"north", "south"}) {
      HttpResponse<String> answer =
          edge.send(
              edge.request(datacenter, "/carts", 1)
                  .header("Cookie", "a=b; uid=9")
                  .POST(HttpRequest.BodyPublishers.ofString("c"))
                  .build());
      assertThat(answer.body()).as("from " + datacenter).isEqualTo("south-1");
    }
    assertThat(edge.south.seen).hasSize(2);
    assertThat(edge.south.seen)
        .noneMatch(seen -> seen.headers().contains("Cell-User"))
        .allMatch(seen -> seen.body().equals("c"));
  }

  @Test
  void aRequestThatNamesNobodyGoesWhereItsRouteSays() {
    assertThat(edge.get("north", "/search?q=x&user=9", 1).body()).isEqualTo("south-1");
    assertThat(edge.get("south", "/search?q=x", 1).body()).isEqualTo("south-1");
    assertThat(edge.get("north", "/search?q=x", 1).body()).isEqualTo("north-1");
    assertThat(edge.get("north", "/search?user=nine", 1).statusCode()).isEqualTo(400);
    HttpResponse<String> refused = edge.get("north", "/carts", 1);
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("/problems/user-unknown").contains("Cookie[name=uid]");
  }

  @Test
  void internalHeadersOfAClientDoNotPass() {
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/1", 1)
                .header("Cell-User", "2")
                .header("cell-hop", "south")
                .header("CELL-ANYTHING", "x")
                .header("Cell-Hop-Key", "guessed guessed guessed")
                .GET()
                .build());
    assertThat(answer.statusCode()).isEqualTo(200);
    FakeCell.Seen seen = edge.north.seen.get(0);
    assertThat(seen.headers().getAll("Cell-User")).containsExactly("1");
    assertThat(seen.headers().names())
        .filteredOn(name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("cell-"))
        .containsExactly("Cell-User");
  }

  @Test
  void aForgedHopIsNoHop() {
    // With a real hop, north would answer 421 for a slot of south.
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/9", 9).header("Cell-Hop", "south").GET().build());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-1");
  }

  @Test
  void aRealHopIsNeverForwardedAgain() {
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/9", 9)
                .header("Cell-Hop", "south")
                .header("Cell-Hop-Key", Deployment.KEY)
                .header("Cell-User", "9")
                .GET()
                .build());
    assertThat(answer.statusCode()).isEqualTo(421);
    assertThat(answer.headers().firstValue("Cell-Slot")).contains("9");
    assertThat(answer.headers().firstValue("Cell-Epoch")).contains("1");
    assertThat(edge.south.seen).isEmpty();
  }

  @Test
  void hopByHopHeadersStayBehind() throws Exception {
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(
          "GET /accounts/1 HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nConnection: X-Secret, keep-alive\r\n"
              + "X-Secret: s\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\nProxy-Authorization: p\r\n"
              + "Upgrade: h2c\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(edge.north.seen.get(0).headers().names())
        .doesNotContain("X-Secret", "Keep-Alive", "TE", "Proxy-Authorization", "Upgrade");
    assertThat(edge.north.seen.get(0).headers().get("X-Forwarded-Host")).isEqualTo("h");
  }

  @Test
  void aRegistrationGoesToACellThatOwnsAnOpenSlot() {
    assertThat(edge.post("north", "/accounts", 1, "{}").body()).isEqualTo("north-1");
    assertThat(edge.post("south", "/accounts", 1, "{}").body()).isEqualTo("south-1");
    assertThat(edge.get("north", "/products/a", 9).body()).isEqualTo("north-1");
  }

  @Test
  void answersOfACellPassAsTheyAre() {
    edge.north.answer(
        request -> {
          request.response().headers().add("Set-Cookie", "a=1").add("Set-Cookie", "b=2");
          request
              .response()
              .setStatusCode(409)
              .putHeader("Content-Type", "application/problem+json")
              .end("{\"status\":409}");
        });
    HttpResponse<String> answer = edge.post("south", "/accounts/1/transfers", 1, "{}");
    assertThat(answer.statusCode()).isEqualTo(409);
    assertThat(answer.body()).isEqualTo("{\"status\":409}");
    assertThat(answer.headers().allValues("Set-Cookie")).containsExactly("a=1", "b=2");
  }

  @Test
  void headHasNoBodyAndKeepsItsLength() {
    edge.north.answer(request -> request.response().putHeader("Content-Length", "7").end());
    HttpResponse<String> answer =
        edge.send(
            edge.request("north", "/accounts/1", 1)
                .method("HEAD", HttpRequest.BodyPublishers.noBody())
                .build());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Length")).contains("7");
    edge.north.answerAsUsual();
    assertThat(edge.get("north", "/accounts/1", 1).body()).isEqualTo("north-1");
  }
}
