package io.homecell.core.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.testing.Eventually;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A cell on a real port, asked the same by HTTP/1.1 and by HTTP/2. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2GuardTest {
  private static final Set<String> OF_THE_CONNECTION =
      Set.of("transfer-encoding", "connection", "content-length", "date");
  private static final String JSON = "application/json";

  @TempDir static Path data;

  private final HttpClient http1 =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final PingCell cell = new PingCell("north-1");
  private TestingServer zookeeper;
  private SettableRoutes routes;
  private CellServer server;
  private H2cClient http2;

  @BeforeAll
  void start() throws Exception {
    zookeeper = new TestingServer();
    Topology topology = CellServerTest.topology(zookeeper.getConnectString());
    routes = new SettableRoutes(RouteTable.initial(topology));
    server =
        CellServer.start(
            new CellServer.Settings(
                topology,
                "north-1",
                "ping",
                "north-1.ping.1",
                "127.0.0.1",
                0,
                data,
                routes,
                new SimpleMeterRegistry()),
            List.of(
                CellServer.Exported.of(PingService.class, cell),
                CellServer.Exported.of(PingHttp.class, new PingPages(cell))));
    http2 = new H2cClient(server.port());
  }

  @AfterAll
  void stop() throws Exception {
    http2.close();
    server.close();
    zookeeper.close();
  }

  /** What is asked; an empty body is none. */
  record Asked(String method, String path, String body, String... fields) {
    @Override
    public String toString() {
      return method + " " + path + " " + List.of(fields) + " " + body.length() + " bytes";
    }
  }

  static Stream<Asked> asked() {
    return Stream.of(
        new Asked("GET", "/pings/5", "", "cell-user", "17"),
        new Asked("GET", "/pings/5", "", "accept", "text/html,application/xml"),
        new Asked("GET", "/pings/5?format=yaml", ""),
        new Asked("GET", "/pings?id=7", ""),
        new Asked("HEAD", "/pings/5", ""),
        new Asked("OPTIONS", "/pings/5", ""),
        new Asked("POST", "/pings/5", "{\"amount\":\"5.00\",\"count\":2}", "content-type", JSON),
        new Asked("POST", "/pings/5", "{\"amount\":\"1\"}"),
        new Asked("POST", "/pings/5", "", "content-type", JSON),
        new Asked("POST", "/pings/5", "{\"amount\":", "content-type", JSON),
        new Asked("POST", "/pings/5", "{\"amount\":5}", "content-type", JSON),
        new Asked("POST", "/pings/5", "{\"amount\":\"5\"} trailing", "content-type", JSON),
        new Asked("POST", "/pings/5", "[]", "content-type", JSON),
        new Asked("POST", "/pings/5", "{}", "content-type", "text/plain"),
        new Asked("POST", "/pings/5", "{}", "content-type", "application/x-www-form-urlencoded"),
        new Asked("POST", "/pings/5", "{}", "content-type", "multipart/form-data; boundary=x"),
        new Asked("POST", "/pings/5", "x".repeat(2 << 20), "content-type", JSON),
        new Asked("POST", "/pings/1000", "{\"amount\":\"1\"}", "content-type", JSON),
        new Asked("DELETE", "/pings/5", ""),
        new Asked("GET", "/nothing", ""),
        new Asked("GET", "/pings/5/", ""),
        new Asked("GET", "/pings/1000", ""),
        new Asked("GET", "/pings/99990016", ""),
        new Asked("GET", "/pings/5", "", "cell-near", "2000"),
        new Asked("GET", "/io.homecell.core.rpc.PingService/ping", ""),
        new Asked("POST", "/io.homecell.core.rpc.PingService/ping", "[5,{}]", "content-type", JSON),
        new Asked(
            "POST",
            "/io.homecell.core.rpc.PingHttp/write",
            "[\"5\",{\"amount\":\"1\"}]",
            "content-type",
            JSON));
  }

  @ParameterizedTest
  @MethodSource("asked")
  void bothProtocolsGetTheSameAnswerAndRunTheSame(Asked asked) throws Exception {
    int before = cell.calls.get();
    HttpResponse<String> first = byHttp1(asked);
    int ran = cell.calls.get() - before;
    H2cClient.Answer second =
        asked.body.isEmpty()
            ? http2.ask(asked.method, asked.path, asked.fields)
            : http2.send(asked.method, asked.path, asked.body, asked.fields);
    assertThat(second.status()).isEqualTo(first.statusCode());
    assertThat(second.text()).isEqualTo(first.body());
    assertThat(ofMessage(second.headers())).isEqualTo(ofMessage(joined(first)));
    assertThat(second.headers()).containsEntry("cell-served-by", "north-1");
    assertThat(cell.calls.get() - before).isEqualTo(2 * ran);
  }

  private HttpResponse<String> byHttp1(Asked asked) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + asked.path))
            .timeout(Duration.ofSeconds(10))
            .method(
                asked.method,
                asked.body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(asked.body));
    if (asked.fields.length > 0) {
      request.headers(asked.fields);
    }
    return http1.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static Map<String, String> joined(HttpResponse<String> answer) {
    Map<String, String> headers = new TreeMap<>();
    answer.headers().map().forEach((name, values) -> headers.put(name, String.join(", ", values)));
    return headers;
  }

  private static Map<String, String> ofMessage(Map<String, String> headers) {
    Map<String, String> kept = new TreeMap<>(headers);
    kept.keySet().removeAll(OF_THE_CONNECTION);
    return kept;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void whatOutgrowsTheLimitIsRefusedAndNeverRuns() throws Exception {
    int before = cell.calls.get();
    H2cClient.Stream announced =
        http2.open().head(false, "POST", "/pings/5", "content-length", "1048577");
    assertThat(announced.answer().status()).as("before a byte of it came").isEqualTo(413);
    H2cClient.Stream growing = http2.open().head(false, "POST", "/pings/5");
    byte[] piece = bytes(" ".repeat(64 << 10));
    for (int i = 0; i < 17; i++) {
      growing.data(false, piece);
    }
    H2cClient.Answer answer = growing.answer();
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.text()).contains("body-too-large");
    growing.data(true, bytes("{\"amount\":\"1\"}"));
    assertThat(http2.ask("GET", "/pings/5").status()).as("the others go on").isEqualTo(200);
    assertThat(cell.calls.get()).isEqualTo(before);
  }

  /** The connection's window is not used up by what is read away. */
  @Test
  void refusedBodiesLeaveRoomForOthers() throws Exception {
    for (int i = 0; i < 5; i++) {
      H2cClient.Stream refused =
          http2.open().head(false, "POST", "/pings/5", "content-type", "a/b");
      for (int n = 0; n < 16; n++) {
        refused.data(false, bytes("x".repeat(256 << 10)));
      }
      assertThat(refused.answer().status()).isEqualTo(415);
    }
    assertThat(http2.send("POST", "/pings/5", "{\"amount\":\"1\"}").status()).isEqualTo(201);
  }

  @Test
  void whatStandsBehindABodyIsNoRequest() throws Exception {
    int before = cell.calls.get();
    H2cClient.Answer answer =
        http2
            .open()
            .head(false, "POST", "/pings/5", "content-type", JSON)
            .data(false, bytes("{\"amount\":\"1\"}"))
            .trailers("x-sum", "1", "cell-user", "4", "content-type", "text/plain")
            .answer();
    assertThat(answer.status()).isEqualTo(201);
    assertThat(cell.calls.get()).isEqualTo(before + 1);
    assertThat(http2.open().head(false, "GET", "/pings/5").trailers("x-sum", "0").answer().text())
        .contains("\"user\":\"null\"");
  }

  @Test
  void aRequestThatIsTakenBackBeforeItsEndNeverRuns() throws Exception {
    int before = cell.calls.get();
    for (int i = 0; i < 20; i++) {
      H2cClient.Stream stream =
          http2
              .open()
              .head(false, "POST", "/pings/5", "content-type", JSON)
              .data(false, bytes("{\"amount\":\"1\"}"));
      stream.reset();
    }
    H2cClient.Stream shorter =
        http2
            .open()
            .head(false, "POST", "/pings/5", "content-type", JSON, "content-length", "99")
            .data(true, bytes("{\"amount\":\"1\"}"));
    assertThat(shorter.answer().status()).isNotEqualTo(201);
    assertThat(http2.ask("GET", "/pings/5").status()).isEqualTo(200);
    assertThat(cell.calls.get()).isEqualTo(before);
  }

  @Test
  void aConnectionThatCutsOffARequestRunsNothing() throws Exception {
    int before = cell.calls.get();
    try (H2cClient leaving = new H2cClient(server.port())) {
      leaving
          .open()
          .head(false, "POST", "/pings/5", "content-type", JSON)
          .data(false, bytes("{\"amount\":\"1\"}"));
      assertThat(leaving.ask("GET", "/pings/5").status()).isEqualTo(200);
    }
    assertThat(http2.ask("GET", "/pings/5").status()).isEqualTo(200);
    assertThat(cell.calls.get()).isEqualTo(before);
  }

  /** Behind an upgrade nobody would guard the connection. */
  @Test
  void nobodyGetsToHttp2ByAnUpgrade() throws Exception {
    HttpClient upgrading = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/pings/5"));
    HttpResponse<String> answer =
        upgrading.send(
            request.POST(HttpRequest.BodyPublishers.ofString("{\"amount\":\"1\"}")).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
    assertThat(answer.statusCode()).isEqualTo(201);
    assertThat(answer.headers().firstValue("Cell-Served-By")).contains("north-1");
  }

  /** Dubbo makes attachments of headers, and this one is a consumer's: it would hold a thread. */
  @Test
  void anEpochOfAClientsOwnIsNotWaitedFor() throws Exception {
    int before = routes.waits.get();
    assertThat(http2.ask("GET", "/pings/5", "hc-epoch", "999").status()).isEqualTo(200);
    assertThat(byHttp1(new Asked("GET", "/pings/5", "", "hc-epoch", "999")).statusCode())
        .isEqualTo(200);
    assertThat(routes.waits.get()).isEqualTo(before);
  }

  @Test
  void aMessageOfACallThatIsTooLongIsRefusedByItsLength() throws Exception {
    int before = cell.calls.get();
    byte[] tooLong = ByteBuffer.allocate(5).put((byte) 0).putInt(64 << 20).array();
    H2cClient.Answer answer =
        http2
            .open()
            .head(
                false,
                "POST",
                "/io.homecell.core.rpc.PingService/fail",
                "content-type",
                "application/grpc",
                "te",
                "trailers")
            .data(false, tooLong)
            .answer();
    assertThat(answer.headers()).containsEntry("grpc-status", "8");
    assertThat(cell.calls.get()).isEqualTo(before);
    Eventually.holds(() -> assertThat(http2.ask("GET", "/pings/5").status()).isEqualTo(200));
  }

  /** Fields of Protocol Buffers: a call of {@code fail} with Hessian's short forms. */
  private static byte[] failing(int id, String how) {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    field(message, 1, bytes("hessian4"));
    field(
        message,
        2,
        id < 16
            ? new byte[] {(byte) (0xe0 + id)}
            : ByteBuffer.allocate(5).put((byte) 0x59).putInt(id).array());
    byte[] text = bytes(how);
    field(
        message, 2, ByteBuffer.allocate(1 + text.length).put((byte) text.length).put(text).array());
    field(message, 3, bytes("long"));
    field(message, 3, bytes("java.lang.String"));
    return ByteBuffer.allocate(5 + message.size())
        .put((byte) 0)
        .putInt(message.size())
        .put(message.toByteArray())
        .array();
  }

  private static void field(ByteArrayOutputStream message, int number, byte[] content) {
    message.write(number << 3 | 2);
    message.write(content.length);
    message.writeBytes(content);
  }

  private H2cClient.Answer call(int id, String how, String... more) throws Exception {
    List<String> fields =
        new ArrayList<>(List.of("content-type", "application/grpc+proto", "te", "trailers"));
    fields.addAll(List.of(more));
    return http2
        .open()
        .head(
            false, "POST", "/io.homecell.core.rpc.PingService/fail", fields.toArray(String[]::new))
        .data(true, failing(id, how))
        .answer();
  }

  @Test
  void anEdgeIsToldOfACallThatWasNotExecutedAsOfAnyRequest() throws Exception {
    int before = cell.calls.get();
    H2cClient.Answer elsewhere = call(1_000, "fine", "x-forwarded-proto", "https");
    assertThat(elsewhere.status()).isEqualTo(421);
    assertThat(elsewhere.headers())
        .containsEntry("cell-slot", "1000")
        .containsEntry("cell-epoch", "1")
        .containsEntry("cell-not-executed", "true")
        .containsEntry("cell-served-by", "north-1")
        .doesNotContainKey(Http2Guard.STATUS);
    assertThat(cell.calls.get()).isEqualTo(before);
    H2cClient.Answer fenced = call(5, "fenced", "x-forwarded-proto", "https");
    assertThat(fenced.status()).isEqualTo(503);
    assertThat(fenced.headers()).containsEntry("cell-not-executed", "true");
    H2cClient.Answer answered = call(5, "fine", "x-forwarded-proto", "https");
    assertThat(answered.status()).isEqualTo(200);
    assertThat(answered.text()).contains("done");
    assertThat(answered.trailers()).containsEntry("grpc-status", "0");
    H2cClient.Answer unknown = call(5, "unknown", "x-forwarded-proto", "https");
    assertThat(unknown.status()).as("may have been executed").isEqualTo(200);
  }

  @Test
  void aConsumerGetsTheException() throws Exception {
    H2cClient.Answer elsewhere = call(1_000, "fine");
    assertThat(elsewhere.status()).isEqualTo(200);
    assertThat(elsewhere.text()).contains("NotHomeException");
    assertThat(elsewhere.headers()).doesNotContainKeys("cell-slot", "cell-not-executed");
  }

  @Test
  void lengthsOfMessagesAreReadHoweverTheyAreCut() {
    byte[] messages =
        ByteBuffer.allocate(5 + 3 + 5 + 5)
            .put((byte) 0)
            .putInt(3)
            .put(new byte[] {-1, -1, -1})
            .put((byte) 1)
            .putInt(0)
            .put((byte) 0)
            .putInt(11)
            .array();
    for (int size = 1; size <= messages.length; size++) {
      Http2Guard.MessageLengths small = new Http2Guard.MessageLengths(10);
      Http2Guard.MessageLengths large = new Http2Guard.MessageLengths(11);
      boolean last = false;
      for (int at = 0; at < messages.length; at += size) {
        int length = Math.min(size, messages.length - at);
        assertThat(last).isFalse();
        last = small.isTooLong(Unpooled.wrappedBuffer(messages, at, length));
        assertThat(large.isTooLong(Unpooled.wrappedBuffer(messages, at, length))).isFalse();
      }
      assertThat(last).as("in pieces of " + size).isTrue();
    }
  }
}
