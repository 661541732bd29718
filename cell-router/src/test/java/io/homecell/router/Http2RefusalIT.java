package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What could be read as another request behind the router, where it is HTTP/1.1, goes nowhere. */
@Timeout(30)
class Http2RefusalIT {
  private static final String PATH = "/accounts/1/x";
  private static final String RESET = "reset";

  private static TlsEdge edge;

  @BeforeAll
  static void start(@TempDir Path folder) {
    edge = new TlsEdge(folder, settings -> settings);
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  @BeforeEach
  void forget() {
    edge.cell.seen.clear();
  }

  /**
   * @param want the status of the answer, or {@link #RESET}
   * @param fields names and values in turn
   */
  record Case(String name, String want, String... fields) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case with(String name, String want, String... more) {
    return new Case(name, want, RawHttp2.head("GET", PATH, more));
  }

  private static Case asks(String method, String path, String want) {
    return new Case(method + " " + path, want, RawHttp2.head(method, path));
  }

  private static Case pseudo(String name, String want, String... fields) {
    return new Case(name, want, fields);
  }

  static Stream<Case> heads() {
    String line = "x\r\nX: y";
    return Stream.of(
        with("a chunked body", RESET, "transfer-encoding", "chunked"),
        with("a field of one connection", RESET, "connection", "close"),
        with("keep-alive", RESET, "keep-alive", "timeout=5"),
        with("proxy-connection", RESET, "proxy-connection", "close"),
        with("an upgrade", RESET, "upgrade", "websocket"),
        with("te", RESET, "te", "gzip"),
        with("upper case", RESET, "X-Up", "v"),
        with("a name with a blank", RESET, "x y", "v"),
        with("a name with a colon", RESET, "x:y", "v"),
        with("a name with a line", RESET, "x\r\ny", "v"),
        with("a name that is empty", RESET, "", "v"),
        with("a name beyond ASCII", RESET, "\u00e9", "v"),
        with("a value with a line", RESET, "x", line),
        with("a value with a line feed", RESET, "x", "a\nb"),
        with("a value with a return", RESET, "x", "a\rb"),
        with("a value with a nul", RESET, "x", "a\0b"),
        with("a value behind a blank", RESET, "x", " a"),
        with("a value before a tab", RESET, "x", "a\t"),
        with("a length without a body", RESET, "content-length", "5"),
        with("lengths that differ", RESET, "content-length", "5", "content-length", "6"),
        with("a length that is none", RESET, "content-length", "+5"),
        with("a length of two", RESET, "content-length", "0, 5"),
        with("another host", RESET, "host", "other"),
        with("several hosts", RESET, "host", "localhost", "host", "other"),
        with("several hosts that agree", RESET, "host", "localhost", "host", "localhost"),
        with("a pseudo field behind others", RESET, "x", "y", ":path", "/products/1"),
        with("two paths", RESET, ":path", "/products/1"),
        with("two methods", RESET, ":method", "POST"),
        with("two authorities", RESET, ":authority", "other"),
        with("two schemes", RESET, ":scheme", "http"),
        with("an unknown pseudo field", RESET, ":other", "x"),
        with("a protocol", RESET, ":protocol", "websocket"),
        with("a status", RESET, ":status", "200"),
        with("an expectation", "417", "expect", "200-ok"),
        asks("GET", "/accounts/1/x y", "400"),
        asks("GET", "/accounts/1/x HTTP/1.1\r\nX: y", RESET),
        asks("GET", "/accounts/1/\u00e9", "400"),
        asks("GET", "/accounts/1/x#y", "400"),
        asks("GET", "accounts/1/x", "400"),
        asks("GET", "http://localhost/accounts/1/x", "400"),
        asks("GET", "", RESET),
        asks("GET", "*", "400"),
        asks("G ET", PATH, RESET),
        asks("GET\r\nX: y", PATH, RESET),
        asks("", PATH, RESET),
        asks("CONNECT", PATH, RESET),
        asks("TRACE", PATH, "501"),
        pseudo("nothing at all", RESET),
        pseudo("no path", RESET, ":method", "GET", ":scheme", "https", ":authority", "h"),
        pseudo("no scheme", RESET, ":method", "GET", ":path", PATH, ":authority", "h"),
        pseudo("no method", RESET, ":scheme", "https", ":path", PATH, ":authority", "h"),
        pseudo("no authority", "400", ":method", "GET", ":scheme", "https", ":path", PATH),
        pseudo("a tunnel", "501", ":method", "CONNECT", ":authority", "h:443"),
        authority("user@localhost", RESET),
        authority("localhost:port", RESET),
        authority("local host", RESET),
        authority("", RESET),
        pseudo(
            "another scheme",
            RESET,
            ":method",
            "GET",
            ":scheme",
            "https://other/x?",
            ":path",
            PATH,
            ":authority",
            "localhost"));
  }

  private static Case authority(String text, String want) {
    return pseudo(
        "authority '" + text + "'",
        want,
        ":method",
        "GET",
        ":scheme",
        "https",
        ":path",
        PATH,
        ":authority",
        text);
  }

  @ParameterizedTest
  @MethodSource("heads")
  void noSuchHeadGoesOn(Case refused) throws IOException {
    try (RawHttp2 client = edge.raw()) {
      client.headers(1, RawHttp2.END_STREAM, refused.fields());
      RawHttp2.Frame answer =
          client.await(frame -> frame.stream() == 1 || frame.type() == RawHttp2.GO_AWAY);
      if (refused.want().equals(RESET)) {
        assertThat(answer.type()).as("%s", answer).isEqualTo(RawHttp2.RESET);
        assertThat(answer.error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
      } else {
        assertThat(answer.type()).as("%s", answer).isEqualTo(RawHttp2.HEADERS);
        assertThat(client.fields(answer).status()).hasToString(refused.want());
      }
      // The connection goes on: its other requests are nobody's fault.
      client.request(3, RawHttp2.END_STREAM, "GET", "/accounts/1/good");
      assertThat(client.head(3).status()).hasToString("200");
    }
    assertThat(edge.cell.seen).extracting(FakeCell.Seen::uri).containsExactly("/accounts/1/good");
  }

  @Test
  void aBodyThatIsLongerOrShorterThanItsLengthIsNoRequest() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", PATH, "content-length", "10");
      client.data(1, RawHttp2.END_STREAM, "short");
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
      client.request(3, 0, "POST", PATH, "content-length", "10");
      client.data(3, RawHttp2.END_STREAM, "GET /products/1 HTTP/1.1");
      assertThat(client.await(RawHttp2.RESET, 3).error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
      client.request(5, RawHttp2.END_STREAM, "GET", "/accounts/1/good");
      assertThat(client.head(5).status()).hasToString("200");
    }
    assertThat(edge.cell.seen).extracting(FakeCell.Seen::uri).containsExactly("/accounts/1/good");
    Deployment.await("the cell is free", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void trailersThatAreNoneAreNotSentOn() throws Exception {
    List<String[]> bad =
        List.of(
            new String[] {":path", "/products/1"},
            new String[] {"X-Up", "v"},
            new String[] {"x", "a\r\nb"},
            new String[] {"x", " a"},
            new String[] {"x y", "v"});
    try (RawHttp2 client = edge.raw()) {
      int stream = 1;
      for (String[] trailers : bad) {
        client.request(stream, 0, "POST", PATH);
        client.data(stream, 0, "body");
        client.headers(stream, RawHttp2.END_STREAM, trailers);
        assertThat(client.await(RawHttp2.RESET, stream).error()).isEqualTo(RawHttp2.PROTOCOL_ERROR);
        stream += 2;
      }
      client.request(stream, RawHttp2.END_STREAM, "GET", "/accounts/1/good");
      assertThat(client.head(stream).status()).hasToString("200");
    }
    assertThat(edge.cell.seen).extracting(FakeCell.Seen::uri).containsExactly("/accounts/1/good");
  }

  @Test
  void theSameLengthTwiceIsOne() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, 0, "POST", PATH, "content-length", "4", "content-length", "4");
      client.data(1, RawHttp2.END_STREAM, "body");
      assertThat(client.head(1).status()).hasToString("200");
    }
    assertThat(edge.cell.seen.get(0).headers().getAll("Content-Length")).containsExactly("4");
  }

  @Test
  void aHostThatAgreesIsOne() throws Exception {
    try (RawHttp2 client = edge.raw()) {
      client.request(1, RawHttp2.END_STREAM, "GET", PATH, "host", "localhost");
      assertThat(client.head(1).status()).hasToString("200");
      client.headers(
          3,
          RawHttp2.END_STREAM,
          ":method",
          "GET",
          ":scheme",
          "https",
          ":path",
          PATH,
          "host",
          "localhost");
      assertThat(client.head(3).status()).hasToString("200");
    }
    assertThat(edge.cell.seen)
        .hasSize(2)
        .allSatisfy(
            seen -> {
              assertThat(seen.headers().get("X-Forwarded-Host")).isEqualTo("localhost");
              assertThat(seen.headers().getAll("Host")).hasSize(1);
            });
  }
}
