package io.homecell.router;

import static java.util.Locale.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A connection stops to be HTTP only if client and cell both say so by the letter of RFC 6455. What
 * clients send that only looks like it is in {@code smuggling/requests.txt}.
 */
@Timeout(30)
class WebSocketRefusalIT {
  /** The example of RFC 6455, 1.3. */
  static final String HANDSHAKE =
      "GET /accounts/1/live HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nConnection: keep-alive, Upgrade\r\n"
          + "Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
          + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

  static final String ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  static final String GRANT =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + ACCEPT;
  private static final String NEXT = "GET /accounts/5 HTTP/1.1\r\nHost: h\r\n\r\n";

  private RawUpstream cell;
  private RawEdge edge;

  @BeforeEach
  void start() throws Exception {
    cell = new RawUpstream();
    edge = new RawEdge(cell.port(), RouterSettings.standard().withEventLoops(1));
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
    cell.close();
  }

  private RawClient client() throws IOException {
    return new RawClient(edge.port).within(10_000);
  }

  /** The head of the 101 is whole, and nothing of the cell's bytes is lost or HTTP any more. */
  @Test
  void aGrantPassesWithWhatComesBehindIt() throws Exception {
    cell.answer(GRANT + "X-Mine: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\u0081\u0001x", true);
    try (RawClient client = client()) {
      client.send(HANDSHAKE);
      String head = client.readHead();
      assertThat(head)
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("upgrade: websocket\r\n")
          .containsIgnoringCase("connection: upgrade\r\n")
          .contains(ACCEPT, "X-Mine: 1\r\n", "homecell-north")
          .doesNotContainIgnoringCase("transfer-encoding")
          .doesNotContainIgnoringCase("content-length");
      assertThat(client.readAll()).isEqualTo("HTTP/1.1 200 OK\r\n\r\n\u0081\u0001x");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade: websocket\r\nConnection: Upgrade\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
        "Upgrade: websocket\r\nConnection: Upgrade\r\n" + ACCEPT + ACCEPT,
        "Connection: Upgrade\r\n" + ACCEPT,
        "Upgrade: websocket\r\n" + ACCEPT,
        "Upgrade: h2c\r\nConnection: Upgrade\r\n" + ACCEPT,
        "Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 0\r\n" + ACCEPT,
      })
  void whatOnlyLooksLikeAGrantIsNone(String fields) throws Exception {
    cell.answer("HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\nraw", false);
    try (RawClient client = client()) {
      client.send(HANDSHAKE);
      assertThat(client.readHead()).startsWith("HTTP/1.1 502 ");
      Deployment.await("its connection is closed", () -> cell.connections() == 0);
    }
  }

  /**
   * An edge that agrees in the cell's place, as Vert.x would, has to inflate and deflate what
   * passes.
   */
  @ParameterizedTest
  @ValueSource(strings = {"permessage-deflate", "deflate-frame", "x-webkit-deflate-frame"})
  void whetherAnExtensionIsUsedIsAgreedByClientAndCellAlone(String extension) throws Exception {
    String offer = "Sec-WebSocket-Extensions: " + extension + "\r\n";
    // Frames that say that they are compressed, and are not by any standard.
    String frames = "\u00c1\u0003abc\u00c1\u0003def";
    for (String agreed : new String[] {"", offer}) {
      cell.answer(GRANT + agreed + "\r\n" + frames, true);
      try (RawClient client = client()) {
        client.send(HANDSHAKE.replace("Upgrade: WebSocket", offer + "Upgrade: WebSocket"));
        List<String> lines = client.readHead().lines().map(line -> line.toLowerCase(ROOT)).toList();
        assertThat(lines.get(0)).startsWith("http/1.1 101 ");
        assertThat(lines)
            .filteredOn(line -> line.startsWith("sec-websocket-extensions"))
            .isEqualTo(agreed.lines().map(line -> line.toLowerCase(ROOT)).toList());
        assertThat(client.readAll()).isEqualTo(frames);
      }
    }
    assertThat(cell.received)
        .allSatisfy(
            seen -> assertThat(seen.all("Sec-WebSocket-Extensions")).containsExactly(extension));
  }

  /** A proxy that takes any answer to an upgrade for a grant would hand these bytes through. */
  @Test
  void aConnectionWhoseHandshakeIsAnsweredOtherwiseIsHttpAsBefore() throws Exception {
    try (RawClient client = client()) {
      for (int i = 0; i < 3; i++) {
        client.send(HANDSHAKE);
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        assertThat(client.in().readNBytes(2)).containsExactly('o', 'k');
        client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\nCell-User: 7\r\n\r\n");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200 ");
        assertThat(client.in().readNBytes(2)).containsExactly('o', 'k');
      }
    }
    assertThat(cell.received).hasSize(6);
    assertThat(cell.received.get(1).all("Cell-User")).isEmpty();
    assertThat(cell.received.get(1).all("Upgrade")).isEmpty();
    assertThat(cell.ambiguous).isEmpty();
  }

  @Test
  void bytesThatComeBeforeTheAnswerAreNeitherARequestNorAFrame() throws Exception {
    RawCell silent = new RawCell((socket, number) -> socket.getInputStream().readAllBytes());
    RawEdge before = new RawEdge(silent.port(), RouterSettings.standard().withEventLoops(1));
    try (RawClient client = new RawClient(before.port).within(10_000)) {
      client.send(HANDSHAKE);
      Deployment.await("it is at the cell", () -> before.router.upstreamInUse() == 1);
      client.send(NEXT);
      assertThat(client.readAll())
          .startsWith("HTTP/1.1 400 ")
          .contains("/problems/early-bytes")
          .doesNotContain("200 OK");
      Deployment.await("nothing is left", () -> before.router.upstreamConnections() == 0);
    } finally {
      before.close();
      silent.close();
    }
  }

  @Test
  void norAreThoseBehindAHandshakeThatWaitsForAnotherAnswer() throws Exception {
    try (RawClient client = client()) {
      client.send(NEXT + HANDSHAKE + NEXT);
      String all = client.readAll();
      assertThat(all).startsWith("HTTP/1.1 200 ").contains("HTTP/1.1 400 ", "early-bytes");
    }
    assertThat(cell.received)
        .extracting(RawUpstream.Received::line)
        .containsExactly("GET /accounts/5 HTTP/1.1");
  }
}
