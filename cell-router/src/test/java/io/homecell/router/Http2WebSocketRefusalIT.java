package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is no extended CONNECT by the letter of RFC 8441 and RFC 9113 reaches no cell. */
@Timeout(30)
class Http2WebSocketRefusalIT {
  private static final String RESET = "reset";
  private static final String PATH = "/accounts/1/live";

  @TempDir static Path folder;
  private static TlsEdge edge;

  @BeforeAll
  static void start() {
    edge = new TlsEdge(folder, settings -> settings);
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  /**
   * @param want the status and the problem, or {@link #RESET}
   */
  record Case(String name, String want, boolean ends, List<String> fields) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static List<String> sound() {
    return new ArrayList<>(
        List.of(
            ":method",
            "CONNECT",
            ":protocol",
            "websocket",
            ":scheme",
            "https",
            ":path",
            PATH,
            ":authority",
            "localhost",
            "sec-websocket-version",
            "13"));
  }

  private static Case without(String field, String want) {
    List<String> fields = sound();
    int at = fields.indexOf(field);
    fields.subList(at, at + 2).clear();
    return new Case("without " + field, want, false, fields);
  }

  private static Case as(String field, String value, String want) {
    List<String> fields = sound();
    fields.set(fields.indexOf(field) + 1, value);
    return new Case(field + " '" + value + "'", want, false, fields);
  }

  private static Case with(String field, String value, String want) {
    List<String> fields = sound();
    // Pseudo fields stand before the others.
    int at = field.startsWith(":") ? 0 : fields.size();
    fields.addAll(at, List.of(field, value));
    return new Case("with " + field + " '" + value + "'", want, false, fields);
  }

  static Stream<Case> handshakes() {
    String noUpgrade = "501 upgrade-not-implemented";
    return Stream.of(
        without(":scheme", RESET),
        without(":path", RESET),
        without(":authority", "400 bad-host"),
        without(":method", RESET),
        without("sec-websocket-version", noUpgrade),
        as(":path", "", RESET),
        as(":path", "accounts/1/live", "400 bad-target"),
        as(":path", "*", "400 bad-target"),
        as(":path", "/accounts/1/live#x", "400 bad-target"),
        as(":scheme", "wss", RESET),
        as(":authority", "user@localhost", RESET),
        as(":protocol", "connect-udp", noUpgrade),
        as(":protocol", "websocket, websocket", noUpgrade),
        as(":protocol", "", RESET),
        as(":protocol", " websocket", RESET),
        as(":protocol", "web\r\nsocket", RESET),
        as(":method", "GET", RESET),
        as(":method", "POST", RESET),
        as(":method", "connect", RESET),
        as("sec-websocket-version", "12", noUpgrade),
        as("sec-websocket-version", "013", noUpgrade),
        with("sec-websocket-version", "13", noUpgrade),
        with(":protocol", "websocket", RESET),
        with(":method", "CONNECT", RESET),
        with(":status", "200", RESET),
        with("upgrade", "websocket", RESET),
        with("connection", "upgrade", RESET),
        with("transfer-encoding", "chunked", RESET),
        with("content-length", "0", noUpgrade),
        with("content-length", "5", noUpgrade),
        with("expect", "100-continue", noUpgrade),
        with("x", "a\nb", RESET),
        new Case("that ends its stream", noUpgrade, true, sound()),
        new Case(
            "another protocol behind the pseudo fields",
            RESET,
            false,
            Stream.concat(
                    without(":protocol", RESET).fields().stream(),
                    Stream.of(":protocol", "websocket"))
                .toList()));
  }

  @ParameterizedTest
  @MethodSource("handshakes")
  void noSuchHandshakeGoesOn(Case refused) throws IOException {
    edge.cell.seen.clear();
    try (RawHttp2 client = edge.raw()) {
      client.headers(
          1, refused.ends() ? RawHttp2.END_STREAM : 0, refused.fields().toArray(String[]::new));
      RawHttp2.Frame answer =
          client.await(frame -> frame.stream() == 1 || frame.type() == RawHttp2.GO_AWAY);
      if (refused.want().equals(RESET)) {
        assertThat(answer.type()).as("%s", answer).isEqualTo(RawHttp2.RESET);
        assertThat(answer.error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
      } else {
        String[] want = refused.want().split(" ");
        assertThat(answer.type()).as("%s", answer).isEqualTo(RawHttp2.HEADERS);
        assertThat(client.fields(answer).status()).hasToString(want[0]);
        assertThat(client.body(1)).contains("/problems/" + want[1]);
        if (!refused.ends()) {
          // Nobody listens on its stream.
          assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.NO_ERROR);
        }
      }
      // The connection goes on: its other requests are nobody's fault.
      client.request(3, RawHttp2.END_STREAM, "GET", "/accounts/1/good");
      assertThat(client.head(3).status()).hasToString("200");
    }
    assertThat(edge.cell.seen).extracting(FakeCell.Seen::uri).containsExactly("/accounts/1/good");
  }

  @Test
  void fieldsBehindAHandshakeAreNoFrames() throws IOException {
    edge.cell.answer(request -> request.toWebSocket());
    try (RawHttp2 client = edge.raw()) {
      client.headers(1, 0, sound().toArray(String[]::new));
      assertThat(client.head(1).status()).hasToString("200");
      client.headers(1, RawHttp2.END_STREAM, ":protocol", "websocket");
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
    } finally {
      edge.cell.answerAsUsual();
    }
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }
}
