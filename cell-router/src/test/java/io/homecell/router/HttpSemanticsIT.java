package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.proxy.TrustedProxies;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a router of HTTP/1.1 owes its clients and its cells, beside sending requests on. */
@Timeout(30)
class HttpSemanticsIT {
  private static final String HOST = " HTTP/1.1\r\nHost: h\r\n";

  private static RawUpstream cell;
  private static RawEdge edge;
  private static RawEdge behindProxy;

  @BeforeAll
  static void start() throws Exception {
    cell = new RawUpstream();
    RouterSettings settings = RouterSettings.standard().withEventLoops(1);
    edge = new RawEdge(cell.port(), settings);
    behindProxy =
        new RawEdge(
            cell.port(),
            settings.withClients(
                ClientTerms.standard().withTrusted(TrustedProxies.parse("10.0.0.0/8, 127.0.0.1"))));
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
    behindProxy.close();
    cell.close();
  }

  @BeforeEach
  void clear() {
    cell.answer(RawUpstream.OK, false);
    cell.received.clear();
  }

  private static String ask(RawEdge router, String request) throws IOException {
    try (RawClient client = new RawClient(router.port).within(10_000)) {
      client.send(request);
      return client.readHead();
    }
  }

  private RawUpstream.Received received(RawEdge router, String request) throws IOException {
    assertThat(ask(router, request)).startsWith("HTTP/1.1 200 ");
    assertThat(cell.ambiguous).isEmpty();
    return cell.received.get(0);
  }

  private static final String CLAIMS =
      "X-Forwarded-For: 9.9.9.9\r\nx-forwarded-proto: https\r\nX-Forwarded-Host: evil\r\n"
          + "X-Forwarded-Port: 1\r\nX-Real-IP: 9.9.9.9\r\n"
          + "Forwarded: for=9.9.9.9;host=evil;proto=https\r\n";

  @Test
  void whatAClientSaysOfWhereItComesFromIsReplaced() throws Exception {
    RawUpstream.Received seen = received(edge, "GET /accounts/1" + HOST + CLAIMS + "\r\n");
    assertThat(seen.all("X-Forwarded-For")).containsExactly("127.0.0.1");
    assertThat(seen.all("X-Forwarded-Proto")).containsExactly("http");
    assertThat(seen.all("X-Forwarded-Host")).containsExactly("h");
    assertThat(seen.all("Forwarded")).containsExactly("for=127.0.0.1;host=h;proto=http");
    assertThat(seen.all("X-Forwarded-Port")).isEmpty();
    assertThat(seen.all("X-Real-IP")).isEmpty();
  }

  @Test
  void whatATrustedProxySaysIsKeptAndGoesOn() throws Exception {
    RawUpstream.Received seen = received(behindProxy, "GET /accounts/1" + HOST + CLAIMS + "\r\n");
    assertThat(seen.all("X-Forwarded-For")).containsExactly("9.9.9.9, 127.0.0.1");
    assertThat(seen.all("X-Forwarded-Proto")).containsExactly("https");
    assertThat(seen.all("X-Forwarded-Host")).containsExactly("evil");
    assertThat(seen.all("Forwarded"))
        .containsExactly("for=9.9.9.9;host=evil;proto=https, for=127.0.0.1;host=h;proto=http");
    assertThat(seen.all("X-Real-IP")).containsExactly("9.9.9.9");
  }

  @Test
  void anotherRouterIsBelievedOnlyWithTheKey() throws Exception {
    String hop = "Cell-Hop: south\r\nCell-Hop-Key: ";
    RawUpstream.Received seen =
        received(edge, "GET /accounts/1" + HOST + hop + Deployment.KEY + "\r\n" + CLAIMS + "\r\n");
    assertThat(seen.all("X-Forwarded-For")).containsExactly("9.9.9.9, 127.0.0.1");
    assertThat(seen.all("X-Forwarded-Proto")).containsExactly("https");
    cell.received.clear();
    RawUpstream.Received forged =
        received(edge, "GET /accounts/1" + HOST + hop + "guessed\r\n" + CLAIMS + "\r\n");
    assertThat(forged.all("X-Forwarded-For")).containsExactly("127.0.0.1");
  }

  @Test
  void onOneConnectionEachHostIsTold() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      for (String host : List.of("h", "h", "other:8080")) {
        client.send("GET /accounts/1 HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
        client.readHead();
        client.in().readNBytes(2);
      }
    }
    assertThat(cell.received)
        .extracting(seen -> seen.all("Forwarded").get(0))
        .containsExactly(
            "for=127.0.0.1;host=h;proto=http",
            "for=127.0.0.1;host=h;proto=http",
            "for=127.0.0.1;host=\"other:8080\";proto=http");
  }

  @Test
  void aRequestThatWasHereBeforeIsALoop() throws Exception {
    String answer =
        ask(edge, "GET /accounts/1" + HOST + "Via: 1.0 front, 1.1 Homecell-North (x)\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 508 ");
    assertThat(edge.ended("loop")).isEqualTo(1);
    assertThat(cell.received).isEmpty();
    RawUpstream.Received seen =
        received(
            edge,
            "GET /accounts/1" + HOST + "Via: 1.0 front, 1.1 homecell-south\r\nVia: 1.1 x\r\n\r\n");
    assertThat(seen.all("Via"))
        .containsExactly("1.0 front, 1.1 homecell-south, 1.1 x, 1.1 homecell-north");
  }

  @Test
  void whatIsNoRequestIsCounted() throws Exception {
    double before = edge.ended("unreadable-request");
    assertThat(ask(edge, "GET /accounts/1" + HOST + "X : y\r\n\r\n")).contains(" 400 ");
    assertThat(edge.ended("unreadable-request")).isEqualTo(before + 1);
  }

  @Test
  void whoWaitsToBeAskedForItsBodyIsAsked() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("POST /accounts/1" + HOST + "Expect: 100-Continue\r\nContent-Length: 3\r\n\r\n");
      assertThat(client.readHead()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
      client.send("abc");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
    }
    assertThat(cell.received.get(0).body()).isEqualTo("abc");
    assertThat(cell.received.get(0).all("Expect")).isEmpty();
  }

  @Test
  void whoCanNotBeToldToGoOnIsNot() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("POST /accounts/1 HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
      client.send("abc");
      assertThat(client.readHead()).startsWith("HTTP/1.0 200 ");
    }
  }

  @Test
  void anotherExpectationCanNotBeMet() throws Exception {
    for (String expect : List.of("200-ok", "100-continue, x", "\r\nExpect: 100-continue")) {
      String answer =
          ask(
              edge,
              "POST /accounts/1" + HOST + "Expect: " + expect + "\r\nContent-Length: 3\r\n\r\nabc");
      assertThat(answer).as(expect).startsWith("HTTP/1.1 417 ");
    }
    assertThat(cell.received).isEmpty();
  }

  @Test
  void optionsOfAllAreTheRoutersAndOfAPathTheCells() throws Exception {
    assertThat(ask(edge, "OPTIONS *" + HOST + "\r\n"))
        .startsWith("HTTP/1.1 204 ")
        .contains("Allow: GET, HEAD, POST");
    assertThat(ask(edge, "OPTIONS /accounts/1" + HOST + "Max-Forwards: 0\r\n\r\n"))
        .startsWith("HTTP/1.1 204 ");
    assertThat(cell.received).isEmpty();
    RawUpstream.Received seen =
        received(edge, "OPTIONS /accounts/1" + HOST + "Max-Forwards: 5\r\n\r\n");
    assertThat(seen.line()).isEqualTo("OPTIONS /accounts/1 HTTP/1.1");
    assertThat(seen.all("Max-Forwards")).containsExactly("4");
  }

  @Test
  void aWebSocketThatIsNoneByTheLetterIsRefusedByName() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(
          "GET /accounts/1"
              + HOST
              + "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 8\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      assertThat(client.readAll())
          .startsWith("HTTP/1.1 501 ")
          .contains("/problems/upgrade-not-implemented");
    }
    assertThat(cell.received).isEmpty();
  }

  @Test
  void anAnswerToHeadHasNoBodyHoweverItWouldBeFramed() throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      for (String framing : List.of("Content-Length: 7", "Transfer-Encoding: chunked", "X: y")) {
        cell.answer("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n", false);
        client.send("HEAD /accounts/1" + HOST + "\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      }
      cell.answer(RawUpstream.OK, false);
      client.send("GET /accounts/1" + HOST + "\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
      assertThat(client.in().readNBytes(2)).containsExactly('o', 'k');
    }
  }

  @Test
  void whoKnowsNoChunksGetsNone() throws Exception {
    cell.answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", false);
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send("GET /accounts/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
      String answer = client.readAll();
      assertThat(answer).startsWith("HTTP/1.0 200 ").endsWith("\r\n\r\nok");
      assertThat(answer.toLowerCase(java.util.Locale.ROOT))
          .doesNotContain("chunked")
          .contains("connection: close");
    }
  }
}
