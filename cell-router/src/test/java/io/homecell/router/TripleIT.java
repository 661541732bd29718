package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.rpc.CellServer;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.RawHttp2.Frame;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.test.TestingServer;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real cell's port, Dubbo Triple, behind an edge that speaks HTTP/2 to it. */
@Timeout(60)
class TripleIT {
  private static final String TOPOLOGY =
      """
      slots: 16
      coordination: { zookeeper: "%1$s", session-timeout: 6s, lease: 8s }
      datacenters:
        north: { site: north, router: "127.0.0.1:2", registry: "%1$s/north" }
        south: { site: south, router: "127.0.0.1:3", registry: "%1$s/south" }
      cells:
        north-1: { datacenter: north, group: g1, slots: 0-7,  mysql: "127.0.0.1:4" }
        south-1: { datacenter: south, group: g1, slots: 8-15, mysql: "127.0.0.1:5" }
      services:
        account: { type: unit }
      """;

  @TempDir static Path folder;
  private static final AtomicInteger calls = new AtomicInteger();
  private static TestingServer zookeeper;
  private static CellServer cell;
  private static TlsEdge edge;

  private static final class Served implements Tally, TallyPages {
    @Override
    public String add(long user, String what) {
      calls.incrementAndGet();
      return what + " of " + user;
    }

    @Override
    public HttpResult<?> read(String user, String asking) {
      calls.incrementAndGet();
      return HttpResult.of(200, Map.of("user", user, "asking", String.valueOf(asking)));
    }

    @Override
    public HttpResult<?> write(String user, Entry entry) {
      calls.incrementAndGet();
      return HttpResult.of(201, entry);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    zookeeper = new TestingServer(true);
    Topology topology =
        TopologyFile.parse("test", TOPOLOGY.formatted(zookeeper.getConnectString()));
    Served served = new Served();
    cell =
        CellServer.start(
            new CellServer.Settings(
                topology,
                "north-1",
                "account",
                "north-1.account.1",
                "127.0.0.1",
                0,
                folder.resolve("cell"),
                new FixedRoutes(RouteTable.initial(topology)),
                new SimpleMeterRegistry()),
            List.of(
                CellServer.Exported.of(Tally.class, served),
                CellServer.Exported.of(TallyPages.class, served)));
    edge =
        new TlsEdge(
            folder,
            settings ->
                H2cUpstreamIT.settings(settings)
                    .withHolding(java.time.Duration.ofSeconds(2), 100, 1 << 20),
            H2cUpstreamIT.SERVICE);
    edge.edge.before(cell.port());
    // The edge waits for a cell for two seconds; the first request of all takes long.
    Deployment.await("the cell answers", TripleIT::isAnswered);
  }

  private static boolean isAnswered() {
    try {
      return edge.send(edge.request("/accounts/1/entries")).statusCode() == 200;
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
    cell.close();
    zookeeper.close();
  }

  @Test
  void requestsOfRestAreAnswered() throws Exception {
    HttpResponse<String> read = edge.send(edge.request("/accounts/1/entries"));
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).contains("\"user\":\"1\"").contains("\"asking\":\"1\"");
    assertThat(read.headers().firstValue("cell-served-by")).contains("north-1");
    HttpResponse<String> written =
        edge.send(
            edge.request("/accounts/1/entries")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"what\":\"tea\"}")));
    assertThat(written.statusCode()).isEqualTo(201);
    assertThat(written.body()).isEqualTo("{\"what\":\"tea\"}");
    assertThat(edge.send(edge.request("/accounts/1/nothing")).statusCode()).isEqualTo(404);
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      client.send(
          "HEAD /accounts/1/entries HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n"
              + "Connection: close\r\n\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 200").endsWith("\r\n\r\n");
    }
  }

  @Test
  void aRefusalOfTheOwnerIsUnderstoodAndNothingRuns() throws Exception {
    int before = calls.get();
    HttpResponse<String> answer =
        edge.send(
            edge.request("/accounts/9/entries")
                .setHeader("X-User-Id", "9")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"what\":\"tea\"}")));
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(calls).hasValue(before);
    assertThat(misdirected()).isPositive();
  }

  private static double misdirected() {
    return edge.count("hc_router_upstream_errors", "kind", "misdirected");
  }

  private static byte[] call(long user, String what) {
    // Hessian's short forms: a number up to 15, a text up to 31 letters.
    byte[] text = what.getBytes(StandardCharsets.US_ASCII);
    ByteArrayOutputStream second = new ByteArrayOutputStream();
    second.write(text.length);
    second.writeBytes(text);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    field(message, 1, "hessian4".getBytes(StandardCharsets.US_ASCII));
    field(message, 2, new byte[] {(byte) (0xe0 + user)});
    field(message, 2, second.toByteArray());
    field(message, 3, "long".getBytes(StandardCharsets.US_ASCII));
    field(message, 3, "java.lang.String".getBytes(StandardCharsets.US_ASCII));
    return ByteBuffer.allocate(5 + message.size())
        .put((byte) 0)
        .putInt(message.size())
        .put(message.toByteArray())
        .array();
  }

  /** A field of Protocol Buffers that has a length. */
  private static void field(ByteArrayOutputStream message, int number, byte[] bytes) {
    message.write(number << 3 | 2);
    message.write(bytes.length);
    message.writeBytes(bytes);
  }

  private static String grpc(RawHttp2 client, int stream, long user) throws Exception {
    client.request(
        stream,
        0,
        "POST",
        "/io.homecell.router.Tally/add",
        "x-user-id",
        Long.toString(user),
        "content-type",
        "application/grpc+proto",
        "te",
        "trailers");
    client.send(RawHttp2.DATA, RawHttp2.END_STREAM, stream, call(user, "tea"));
    StringBuilder told = new StringBuilder();
    Frame next;
    do {
      next = client.await(f -> f.stream() == stream && f.type() <= RawHttp2.RESET);
      if (next.type() == RawHttp2.HEADERS) {
        Http2Headers fields = client.fields(next);
        for (String name : List.of(":status", "content-type", "grpc-status")) {
          told.append(fields.contains(name) ? name + "=" + fields.get(name) + " " : "");
        }
      } else {
        told.append(next.text()).append(' ');
      }
    } while (!next.endsStream() && !next.isEnd() && next.type() != RawHttp2.RESET);
    return told.toString();
  }

  @Test
  void aCallOfGrpcPassesTheEdge() throws Exception {
    int before = calls.get();
    try (RawHttp2 client = edge.raw()) {
      for (int i = 0; i < 3; i++) {
        assertThat(grpc(client, 1 + 2 * i, 1))
            .startsWith(":status=200 content-type=application/grpc")
            .contains("tea of 1")
            .endsWith("grpc-status=0 ");
      }
      assertThat(calls).hasValue(before + 3);
      double misdirected = misdirected();
      String refused = grpc(client, 7, 9);
      assertThat(misdirected()).as(refused).isGreaterThan(misdirected);
      // The edge understands it, and would send the call to the owner if its table knew another.
      assertThat(refused).startsWith(":status=503").doesNotContain("tea of");
      assertThat(calls).as("of a slot of another cell").hasValue(before + 3);
    }
  }
}
