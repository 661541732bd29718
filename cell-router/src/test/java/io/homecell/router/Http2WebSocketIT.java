package io.homecell.router;

import static io.homecell.router.Http2SocketEdge.FRAME;
import static io.homecell.router.Http2SocketEdge.PATH;
import static io.homecell.router.Http2SocketEdge.connect;
import static io.homecell.router.Http2SocketEdge.open;
import static io.homecell.router.Http2SocketEdge.read;
import static io.homecell.router.Http2SocketEdge.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets of clients that speak HTTP/2 to the edge (RFC 8441), each on a stream of its own. */
@Timeout(60)
class Http2WebSocketIT {
  private static final int WINDOW = 64 << 10;

  @TempDir Path folder;
  private Http2SocketEdge edge;

  @BeforeEach
  void start() {
    edge = new Http2SocketEdge(folder);
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  @Test
  void thatTheyAreTakenIsAnnounced() throws Exception {
    try (RawHttp2 client = edge.client()) {
      RawHttp2.Frame settings = client.await(RawHttp2.SETTINGS, 0);
      ByteBuffer said = ByteBuffer.wrap(settings.payload());
      int announced = -1;
      while (said.hasRemaining()) {
        int id = said.getShort();
        int value = said.getInt();
        announced = id == 0x8 ? value : announced;
      }
      assertThat(announced).isOne();
    }
  }

  @Test
  void theCellSeesAHandshakeOfHttp1AndTheClientAnAnswerOfHttp2() throws Exception {
    try (RawHttp2 client = edge.client()) {
      connect(
          client,
          1,
          PATH + "?since=3",
          "x-user-id",
          "1",
          "origin",
          "https://h",
          "sec-websocket-key",
          "dGhlIHNhbXBsZSBub25jZQ==",
          "sec-websocket-protocol",
          "chat, other",
          "sec-websocket-extensions",
          "x-unknown",
          "cell-user",
          "7");
      Http2Headers answer = client.head(1);
      assertThat(answer.status()).hasToString("200");
      assertThat(answer.names())
          .noneMatch(
              name ->
                  List.of(
                          "sec-websocket-accept",
                          "upgrade",
                          "connection",
                          "content-length",
                          "cell-websocket")
                      .contains(name.toString()));
      FakeCell.Seen seen = edge.lone.cell.seen.get(0);
      assertThat(seen.method()).isEqualTo("GET");
      assertThat(seen.uri()).isEqualTo(PATH + "?since=3");
      assertThat(seen.headers().get("Upgrade")).isEqualTo("websocket");
      assertThat(seen.headers().get("Connection")).isEqualTo("Upgrade");
      assertThat(seen.headers().getAll("Sec-WebSocket-Version")).containsExactly("13");
      assertThat(seen.headers().getAll("Sec-WebSocket-Key"))
          .hasSize(1)
          .doesNotContain("dGhlIHNhbXBsZSBub25jZQ==");
      assertThat(seen.headers().get("Origin")).isEqualTo("https://h");
      assertThat(seen.headers().get("Sec-WebSocket-Protocol")).isEqualTo("chat, other");
      assertThat(seen.headers().get("Sec-WebSocket-Extensions")).isEqualTo("x-unknown");
      assertThat(seen.headers().getAll("Cell-User")).containsExactly("1");
      assertThat(seen.headers().get("Via")).isEqualTo("2.0 homecell-north");
      assertThat(seen.headers().get("Forwarded")).endsWith("proto=https");
      assertThat(seen.headers().names()).noneMatch(name -> name.startsWith(":"));
    }
    edge.awaitNothingLeft();
    assertThat(edge.closes("client")).isOne();
  }

  @Test
  void severalAreOnOneConnectionBesideRequests() throws Exception {
    try (RawHttp2 client = edge.client()) {
      for (int stream = 1; stream < 20; stream += 2) {
        open(client, stream, PATH);
      }
      client.request(21, RawHttp2.END_STREAM, "GET", "/nowhere");
      assertThat(client.head(21).status()).hasToString("404");
      send(client, 7, RawHttp2.END_STREAM, "\u0088\u0082\u0000\u0000\u0000\u0000\u0003\u00e8");
      assertThat(read(client, 7, 4)).isEqualTo("\u0088\u0002\u0003\u00e8");
      send(client, 9, 0, FRAME);
      assertThat(read(client, 9, 7)).isEqualTo("\u0081\u0005hello");
      Deployment.await("one less", () -> edge.atCell.size() == 9);
    }
    edge.awaitNothingLeft();
  }

  @Test
  void whatACellAnswersInsteadIsAnAnswerUnlessItLooksLikeAGrant() throws Exception {
    try (RawHttp2 client = edge.client()) {
      edge.lone.cell.answer(request -> request.response().setStatusCode(403).end("not you"));
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("403");
      assertThat(client.body(1)).isEqualTo("not you");
      // It can't be a WebSocket any more, and no body comes.
      assertThat(client.await(RawHttp2.RESET, 1).error()).isEqualTo(RawHttp2.NO_ERROR);
      for (int status : new int[] {200, 204, 299}) {
        int stream = status;
        stream += 1 - stream % 2;
        edge.lone.cell.answer(request -> request.response().setStatusCode(status).end());
        connect(client, stream, PATH);
        assertThat(client.head(stream).status()).hasToString("502");
        assertThat(client.body(stream)).contains("/problems/websocket-declined");
      }
    }
    edge.awaitNothingLeft();
  }

  @Test
  void whatOnlyLooksLikeAGrantOfTheCellIsNone() throws Exception {
    int port = FreePort.next();
    try (RawUpstream cell = new RawUpstream();
        Router router = edge.lone(port, cell.port());
        RawHttp2 client = new RawHttp2(port, edge.context)) {
      // The proof of another key.
      cell.answer(WebSocketRefusalIT.GRANT + "\r\nraw", false);
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("502");
      Deployment.await("its connection is closed", () -> cell.connections() == 0);
    }
  }

  /** No frame says it: the end of the stream alone does. */
  @Test
  void thatAClientSendsNoMoreReachesTheCellAndItsAnswerTheClient() throws Exception {
    int port = FreePort.next();
    try (RawCell cell = RawCell.lastWord("\u0081\u0001");
        Router router = edge.lone(port, cell.port());
        RawHttp2 client = new RawHttp2(port, edge.context)) {
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("200");
      send(client, 1, 0, "123");
      send(client, 1, RawHttp2.END_STREAM, "45");
      assertThat(read(client, 1, 100)).isEqualTo("\u0081\u00015");
      Deployment.await("nothing is left", () -> router.upstreamConnections() == 0);
    }
  }

  @Test
  void aClientThatAllowsNothingStopsTheCell() throws Exception {
    AtomicLong written = new AtomicLong();
    edge.lone.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      edge.note(socket);
                      Pouring.flood(socket, written);
                    }));
    try (RawHttp2 client = edge.client(RawHttp2.INITIAL_WINDOW_SIZE, 1_000)) {
      connect(client, 1, PATH);
      assertThat(read(client, 1, 1_000)).hasSize(1_000);
      Pouring.settles(written);
      assertThat(written.get()).isLessThan(Pouring.KEPT_MAX);
      long before = written.get();
      client.allow(0, 1 << 30);
      client.allow(1, 1 << 30);
      assertThat(read(client, 1, (int) before)).hasSizeGreaterThanOrEqualTo((int) before);
      Deployment.await("it goes on", () -> written.get() > before);
    }
    edge.awaitNothingLeft();
  }

  @Test
  void aCellThatDoesNotReadStopsTheClient() throws Exception {
    edge.lone.cell.answer(
        request ->
            request
                .toWebSocket()
                .onSuccess(
                    socket -> {
                      socket.pause();
                      edge.note(socket);
                    }));
    try (RawHttp2 client = edge.client()) {
      connect(client, 1, PATH);
      assertThat(client.head(1).status()).hasToString("200");
      long sent = pour(client.within(1_000), 1);
      client.within(15_000);
      assertThat(sent).isBetween((long) WINDOW, Pouring.KEPT_MAX);
      // Its stream waits, the others do not.
      client.request(3, RawHttp2.END_STREAM, "GET", "/nowhere");
      assertThat(client.head(3).status()).hasToString("404");
      client.reset(1);
    }
    edge.atCell.forEach(ServerWebSocket::resume);
    edge.awaitNothingLeft();
  }

  @Test
  void whatIsSaidBeforeTheAnswerWaitsForIt() throws Exception {
    ConcurrentLinkedQueue<Runnable> asked = new ConcurrentLinkedQueue<>();
    edge.lone.cell.answer(
        request -> {
          request.pause();
          // Where what is said can't come before there is somebody to hear it.
          Context here = Vertx.currentContext();
          asked.add(() -> here.runOnContext(ignored -> edge.accept(request)));
        });
    try (RawHttp2 client = edge.client()) {
      connect(client, 1, PATH);
      send(client, 1, 0, FRAME);
      Deployment.await("it is at the cell", () -> !asked.isEmpty());
      asked.element().run();
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(read(client, 1, 7)).isEqualTo("\u0081\u0005hello");
    }
    edge.awaitNothingLeft();
  }

  /** Sends what it is allowed to, until nothing more is. */
  private static long pour(RawHttp2 client, int stream) throws IOException {
    byte[] piece = new byte[16 << 10];
    long allowed = WINDOW;
    long sent = 0;
    while (sent < Pouring.POURED_MAX) {
      while (allowed - sent >= piece.length) {
        client.send(RawHttp2.DATA, 0, stream, piece);
        sent += piece.length;
      }
      try {
        RawHttp2.Frame more = client.await(RawHttp2.WINDOW_UPDATE, stream);
        allowed += ByteBuffer.wrap(more.payload()).getInt();
      } catch (InterruptedIOException e) {
        return sent;
      }
    }
    return sent;
  }
}
