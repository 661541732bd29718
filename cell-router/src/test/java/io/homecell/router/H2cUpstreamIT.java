package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.RawHttp2.Frame;
import io.homecell.router.upstream.UpstreamStreams;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service whose instances are spoken to by HTTP/2: what passes, and what must not. */
@Timeout(60)
class H2cUpstreamIT {
  static final String SERVICE = "{ type: unit, upstream: h2c }";
  private static final String PATH = "/accounts/1/x";
  private static final int WHOLE = RawHttp2.END_STREAM;

  @TempDir static Path folder;
  private static TlsEdge edge;

  static RouterSettings settings(RouterSettings from) {
    return from.withIdleTimeout(Duration.ofSeconds(2))
        .withStreams(
            new UpstreamStreams(
                2, 100, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(2)));
  }

  @BeforeAll
  static void start() {
    edge = new TlsEdge(folder, H2cUpstreamIT::settings, SERVICE);
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  @BeforeEach
  void clear() {
    edge.cell.seen.clear();
    edge.cell.answerAsUsual();
    edge.edge.before(edge.cell.port());
  }

  private static String byHttp11(String request) throws IOException {
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      client.send(request);
      return client.readAll();
    }
  }

  private static String get(String method, String path) {
    return method
        + " "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nX-User-Id: 1\r\n"
        + "Connection: close\r\n\r\n";
  }

  @Test
  void manyRequestsShareAConnection() throws Exception {
    Set<Object> connections = ConcurrentHashMap.newKeySet();
    Queue<HttpVersion> versions = new ConcurrentLinkedQueue<>();
    edge.cell.answer(
        request -> {
          connections.add(request.connection());
          versions.add(request.version());
          edge.cell.echo(request);
        });
    for (int i = 0; i < 20; i++) {
      HttpResponse<String> answer =
          edge.send(edge.request(PATH).POST(HttpRequest.BodyPublishers.ofString("b" + i)));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo("north-1");
      assertThat(answer.headers().allValues("via")).containsExactly("2.0 homecell-north");
    }
    assertThat(versions).hasSize(20).containsOnly(HttpVersion.HTTP_2);
    assertThat(connections).hasSize(1);
    FakeCell.Seen seen = edge.cell.seen.get(19);
    assertThat(seen.body()).isEqualTo("b19");
    assertThat(seen.headers().get("Cell-User")).isEqualTo("1");
    assertThat(seen.headers().get("X-Forwarded-Proto")).isEqualTo("https");
    assertThat(seen.headers().get("Content-Length")).isEqualTo("3");
    assertThat(seen.headers().names()).doesNotContain("connection", "te", "transfer-encoding");
    Deployment.await("idle ones are closed", () -> edge.edge.router.upstreamConnections() == 0);
    assertThat(byHttp11(get("GET", PATH))).startsWith("HTTP/1.1 200").endsWith("north-1");
  }

  @Test
  void trailersPassBothWaysAndSoDoesTheWishForThem() throws Exception {
    Queue<Http2Headers> heads = new ConcurrentLinkedQueue<>();
    Queue<String> bodies = new ConcurrentLinkedQueue<>();
    try (RawStreams cell =
        new RawStreams(
            (connection, number) -> {
              for (int stream = 3; true; stream += 2) {
                Frame head = connection.await(f -> f.type() == RawHttp2.HEADERS);
                if (head.isEnd()) {
                  return;
                }
                heads.add(connection.fields(head));
                StringBuilder body = new StringBuilder();
                Frame next = head;
                while (!next.endsStream()) {
                  next = connection.next();
                  body.append(next.type() == RawHttp2.DATA ? next.text() : "");
                  if (next.type() == RawHttp2.HEADERS) {
                    heads.add(connection.fields(next));
                  }
                }
                bodies.add(body.toString());
                connection.headers(
                    head.stream(), 0, ":status", "200", "content-type", "application/grpc");
                connection.data(head.stream(), 0, "answer");
                connection.headers(
                    head.stream(), WHOLE, "grpc-status", "0", "grpc-message", "fine");
              }
            })) {
      edge.edge.before(cell.port());
      try (RawHttp2 client = edge.raw()) {
        client.request(1, 0, "POST", PATH, "x-user-id", "1", "te", "trailers");
        client.data(1, 0, "a question");
        client.headers(1, WHOLE, "x-sum", "1", "cell-user", "7");
        assertThat(client.head(1).get("content-type")).hasToString("application/grpc");
        assertThat(client.await(RawHttp2.DATA, 1).text()).isEqualTo("answer");
        Frame trailers = client.await(RawHttp2.HEADERS, 1);
        assertThat(trailers.endsStream()).isTrue();
        Http2Headers fields = client.fields(trailers);
        assertThat(fields.get("grpc-status")).hasToString("0");
        assertThat(fields.get("grpc-message")).hasToString("fine");
      }
      Http2Headers head = heads.poll();
      assertThat(head.get("te")).hasToString("trailers");
      assertThat(head.get("via")).hasToString("2.0 homecell-north");
      assertThat(head.contains("connection")).isFalse();
      Http2Headers trailers = heads.poll();
      assertThat(trailers.get("x-sum")).hasToString("1");
      assertThat(trailers.contains("cell-user")).as("the router's own to say").isFalse();
      assertThat(bodies.poll()).isEqualTo("a question");

      String answer =
          byHttp11(
              "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nConnection: close\r\n"
                  + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 2\r\n\r\n");
      assertThat(answer).startsWith("HTTP/1.1 200").contains("6\r\nanswer\r\n0\r\n");
      assertThat(answer.toLowerCase(java.util.Locale.ROOT)).contains("grpc-status: 0\r\n");
      assertThat(heads.poll().contains("te")).as("not asked for").isFalse();
      assertThat(heads.poll().get("x-sum")).hasToString("2");
      assertThat(bodies.poll()).isEqualTo("abc");
      assertThat(cell.failures).isEmpty();
    }
  }

  /** gRPC's answer to a call that came to nothing: its client takes no other form of it. */
  @Test
  void anAnswerThatEndsWithItsHeadDoesSoForTheClient() throws Exception {
    try (RawStreams cell =
        answering(
            (connection, stream) ->
                connection.headers(
                    stream,
                    WHOLE,
                    ":status",
                    "200",
                    "content-type",
                    "application/grpc",
                    "grpc-status",
                    "12"))) {
      edge.edge.before(cell.port());
      try (RawHttp2 client = edge.raw()) {
        client.request(1, WHOLE, "POST", PATH, "x-user-id", "1", "te", "trailers");
        Frame head = client.await(RawHttp2.HEADERS, 1);
        assertThat(head.endsStream()).isTrue();
        assertThat(client.fields(head).get("grpc-status")).hasToString("12");
      }
    }
  }

  private interface Answer {
    void write(RawHttp2 connection, int stream) throws IOException;
  }

  /** Answers each request when its head has come. */
  private static RawStreams answering(Answer answer, int... settings) throws IOException {
    return new RawStreams(
        (connection, number) -> {
          Frame head = connection.await(f -> f.type() == RawHttp2.HEADERS);
          while (!head.isEnd()) {
            connection.fields(head);
            answer.write(connection, head.stream());
            head = connection.await(f -> f.type() == RawHttp2.HEADERS);
          }
        },
        settings);
  }

  @Test
  void headAndEmptyAnswersHaveNoBodyAndAnExpectationIsMet() throws Exception {
    edge.cell.answer(
        request -> {
          if (request.method().name().equals("HEAD")) {
            request.response().putHeader("Content-Length", "7").end();
          } else if (request.path().endsWith("/none")) {
            request.response().setStatusCode(204).end();
          } else {
            edge.cell.echo(request);
          }
        });
    assertThat(byHttp11(get("HEAD", PATH)))
        .startsWith("HTTP/1.1 200")
        .contains("content-length: 7")
        .endsWith("\r\n\r\n");
    assertThat(byHttp11(get("GET", "/accounts/1/none")))
        .startsWith("HTTP/1.1 204")
        .endsWith("\r\n\r\n");
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      client.send(
          "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 3\r\n"
              + "Expect: 100-continue\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 100");
      client.send("abc");
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
    assertThat(edge.cell.seen.get(0).body()).isEqualTo("abc");
    assertThat(edge.cell.seen.get(0).headers().contains("Expect")).isFalse();
  }

  @Test
  void aSlowReaderHoldsItsOwnStreamBackAndWhoLeavesEndsIt() throws Exception {
    AtomicLong written = new AtomicLong();
    AtomicInteger ended = new AtomicInteger();
    edge.cell.answer(
        request -> {
          if (!request.path().endsWith("/big")) {
            edge.cell.echo(request);
            return;
          }
          request.response().setChunked(true).exceptionHandler(ignored -> {});
          request.response().closeHandler(ignored -> ended.incrementAndGet());
          Pouring.pour(request.response(), written);
        });
    try (RawHttp2 slow = edge.raw()) {
      slow.request(1, WHOLE, "GET", "/accounts/1/big", "x-user-id", "1");
      assertThat(slow.head(1).status()).hasToString("200");
      Pouring.settles(written);
      assertThat(written.get()).isLessThan(2 << 20);
      for (int i = 0; i < 20; i++) {
        assertThat(edge.send(edge.request(PATH)).body()).isEqualTo("north-1");
      }
      long before = written.get();
      slow.allow(0, 4 << 20);
      slow.allow(1, 4 << 20);
      Deployment.await("it goes on", () -> written.get() > before + (1 << 20));
      int open = edge.edge.router.upstreamConnections();
      slow.reset(1);
      Deployment.await("the cell is told", () -> ended.get() == 1);
      assertThat(edge.send(edge.request(PATH)).body()).isEqualTo("north-1");
      assertThat(edge.edge.router.upstreamConnections()).isEqualTo(open);
    }
    Deployment.await("none in use", () -> edge.edge.router.upstreamInUse() == 0);
  }

  @Test
  void aCellThatDoesNotReadHoldsItsClientBack() throws Exception {
    List<io.vertx.core.http.HttpServerRequest> paused = new ArrayList<>();
    AtomicLong received = new AtomicLong();
    edge.cell.answer(
        request -> {
          request.pause();
          request.handler(piece -> received.addAndGet(piece.length()));
          request.endHandler(ignored -> request.response().end("all"));
          synchronized (paused) {
            paused.add(request);
          }
        });
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      int bytes = 900_000;
      client.send(
          "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: "
              + bytes
              + "\r\n\r\n");
      AtomicLong sent = new AtomicLong();
      Thread sender =
          new Thread(
              () -> {
                String piece = "x".repeat(10_000);
                try {
                  while (sent.get() < bytes) {
                    client.send(piece);
                    sent.addAndGet(piece.length());
                  }
                } catch (IOException e) {
                  // The test is over.
                }
              });
      sender.start();
      Deployment.await("at the cell", () -> !paused.isEmpty());
      assertThat(received).hasValue(0);
      paused.get(0).resume();
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(received).hasValue(bytes);
      sender.join();
    }
  }

  @Test
  void whoHangsUpResetsTheStreamOnly() throws Exception {
    Queue<Frame> resets = new ConcurrentLinkedQueue<>();
    AtomicInteger begun = new AtomicInteger();
    try (RawStreams cell =
        new RawStreams(
            (connection, number) -> {
              Frame next = connection.next();
              while (!next.isEnd()) {
                if (next.type() == RawHttp2.HEADERS) {
                  connection.fields(next);
                  begun.incrementAndGet();
                } else if (next.type() == RawHttp2.RESET) {
                  resets.add(next);
                }
                next = connection.next();
              }
            })) {
      edge.edge.before(cell.port());
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        RawClient client = new RawClient(edge.port, edge.context);
        clients.add(client);
        client.send(get(i % 2 == 0 ? "GET" : "POST", PATH));
      }
      Deployment.await("under way", () -> begun.get() == 10);
      for (RawClient client : clients) {
        client.close();
      }
      Deployment.await("each was reset", () -> resets.size() == 10);
      assertThat(resets).allMatch(reset -> reset.error() == RawHttp2.CANCEL);
      assertThat(cell.connections).hasValue(1);
      Deployment.await("none in use", () -> edge.edge.router.upstreamInUse() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x-a: b\r\nSet-Cookie: evil=1",
        "x-a: b\nevil",
        "x-a: b\0evil",
        "x evil: b",
        "content-length: 3|content-length: 4",
        "content-length: evil",
        "content-length: -1",
        "content-length: 5",
        "content-length: 2",
        "transfer-encoding: chunked",
        "connection: evil",
        "X-Evil: upper case"
      })
  void anAnswerThatHasTwoReadingsIsNone(String fields) throws Exception {
    List<String> head = new ArrayList<>(List.of(":status", "200"));
    for (String field : fields.split("\\|")) {
      int colon = field.indexOf(": ");
      head.add(field.substring(0, colon));
      head.add(field.substring(colon + 2));
    }
    try (RawStreams cell =
        answering(
            (connection, stream) -> {
              connection.headers(stream, 0, head.toArray(String[]::new));
              connection.data(stream, WHOLE, "abc");
            })) {
      edge.edge.before(cell.port());
      String answer = byHttp11(get("POST", PATH));
      if (fields.equals("content-length: 5") || fields.equals("content-length: 2")) {
        // Its head was good: what was passed on by then ends with the connection, without a whole.
        assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 1)).doesNotEndWith("ab");
      } else {
        assertThat(answer).startsWith("HTTP/1.1 502").contains("/problems/upstream-broken");
      }
      assertThat(answer).doesNotContain("evil").doesNotContain("Evil");
    }
  }

  @Test
  void aBodyWhereNoneMayBeIsNotPassedOn() throws Exception {
    try (RawStreams cell =
        answering(
            (connection, stream) -> {
              connection.headers(stream, 0, ":status", "200");
              connection.data(stream, WHOLE, "HTTP/1.1 200 OK\r\n\r\nevil");
            })) {
      edge.edge.before(cell.port());
      assertThat(byHttp11(get("HEAD", PATH))).doesNotContain("evil");
      try (RawHttp2 client = edge.raw()) {
        client.request(1, WHOLE, "HEAD", PATH, "x-user-id", "1");
        Frame next = client.await(f -> f.stream() == 1);
        while (next.type() == RawHttp2.HEADERS && !next.endsStream()) {
          next = client.await(f -> f.stream() == 1);
        }
        assertThat(next.text()).doesNotContain("evil");
      }
    }
    for (String status : List.of("204", "304")) {
      try (RawStreams cell =
          answering(
              (connection, stream) -> {
                connection.headers(stream, 0, ":status", status);
                connection.data(stream, 0, "HTTP/1.1 200 OK\r\n\r\n");
                connection.data(stream, WHOLE, "evil");
              })) {
        edge.edge.before(cell.port());
        assertThat(byHttp11(get("GET", PATH))).as(status).doesNotContain("evil");
      }
    }
    try (RawStreams cell =
        answering(
            (connection, stream) ->
                connection.headers(stream, WHOLE, ":status", "200", "content-length", "5"))) {
      edge.edge.before(cell.port());
      // Nobody is left waiting for five bytes: nothing of it was sent on.
      assertThat(byHttp11(get("GET", PATH))).startsWith("HTTP/1.1 502 ");
    }
  }

  @Test
  void aCellIsGivenNoMoreStreamsThanItAllows() throws Exception {
    AtomicInteger early = new AtomicInteger();
    AtomicInteger served = new AtomicInteger();
    try (RawStreams cell =
        new RawStreams(
            (connection, number) -> {
              Frame next = connection.await(f -> f.type() == RawHttp2.HEADERS);
              while (!next.isEnd()) {
                connection.fields(next);
                // Whoever waits for nothing has sent what it would by the time that it answers.
                connection.send(RawHttp2.PING, 0, 0, new byte[8]);
                Frame after = connection.next();
                while (after.type() != RawHttp2.PING || after.flags() != RawHttp2.ACK) {
                  early.addAndGet(after.type() == RawHttp2.HEADERS ? 1 : 0);
                  after = connection.next();
                }
                served.incrementAndGet();
                connection.headers(next.stream(), WHOLE, ":status", "204");
                next = connection.await(f -> f.type() == RawHttp2.HEADERS);
              }
            },
            RawHttp2.CONCURRENT_STREAMS_MAX,
            1)) {
      edge.edge.before(cell.port());
      List<RawClient> clients = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        RawClient client = new RawClient(edge.port, edge.context);
        clients.add(client);
        client.send(get("POST", PATH));
      }
      for (RawClient client : clients) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 204");
        client.close();
      }
      assertThat(early).hasValue(0);
      assertThat(cell.connections.get()).isBetween(1, 2);
      assertThat(served).hasValue(12);
    }
  }

  @Test
  void aServerOfHttp11IsNotTakenForOneOfHttp2() throws Exception {
    try (RawUpstream old = new RawUpstream()) {
      edge.edge.before(old.port());
      long from = System.nanoTime();
      assertThat(byHttp11(get("POST", PATH))).startsWith("HTTP/1.1 503");
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(15));
    }
  }

  @Test
  void aWebSocketGoesByHttp11() throws Exception {
    Queue<HttpVersion> versions = new ConcurrentLinkedQueue<>();
    edge.cell.answer(
        request -> {
          versions.add(request.version());
          request.toWebSocket().onSuccess(socket -> socket.writeTextMessage("hello"));
        });
    try (RawClient client = new RawClient(edge.port, edge.context)) {
      client.send(
          "GET /accounts/1/ws HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nConnection: Upgrade\r\n"
              + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
      assertThat(client.readHead()).startsWith("HTTP/1.1 101");
      assertThat(client.in().readNBytes(7)).endsWith('h', 'e', 'l', 'l', 'o');
    }
    assertThat(versions).containsExactly(HttpVersion.HTTP_1_1);
  }
}
