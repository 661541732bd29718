package io.homecell.router;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientWebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client that is a library's, with what it was told kept for a test. */
final class WebSocketPeer {
  /** How it ended: 1006 if without a close frame. */
  record Closed(int code, String reason) {}

  private static final WebSocketClientOptions OPTIONS =
      new WebSocketClientOptions().setMaxMessageSize(16 << 20).setMaxConnections(1_000);

  final BlockingQueue<Object> received = new LinkedBlockingQueue<>();
  final CompletableFuture<Void> opened = new CompletableFuture<>();
  final CompletableFuture<Closed> closed = new CompletableFuture<>();
  final ClientWebSocket socket;

  /** Kept: Vert.x closes the connections of a client that nobody has any more. */
  private final WebSocketClient client;

  private WebSocketPeer(Vertx vertx) {
    client = vertx.createWebSocketClient(OPTIONS);
    socket = client.webSocket();
    socket.textMessageHandler(received::add);
    socket.binaryMessageHandler(bytes -> received.add(bytes.getBytes()));
    socket.pongHandler(bytes -> received.add("pong " + bytes));
    socket.closeHandler(
        ignored -> {
          Short code = socket.closeStatusCode();
          closed.complete(new Closed(code == null ? 1006 : code, "" + socket.closeReason()));
        });
  }

  /** Connects as a user. */
  static WebSocketPeer connect(Vertx vertx, int port, String path, long user) {
    WebSocketPeer peer = connecting(vertx, port, path, user);
    peer.connected();
    return peer;
  }

  /** Has sent its handshake. */
  static WebSocketPeer connecting(Vertx vertx, int port, String path, long user) {
    WebSocketPeer peer = new WebSocketPeer(vertx);
    peer.socket
        .connect(
            new WebSocketConnectOptions()
                .setHost("127.0.0.1")
                .setPort(port)
                .setURI(path)
                .addHeader("X-User-Id", Long.toString(user)))
        .onSuccess(ignored -> peer.opened.complete(null))
        .onFailure(peer.opened::completeExceptionally);
    return peer;
  }

  void connected() {
    get(opened);
  }

  Object next() {
    try {
      Object next = received.poll(10, TimeUnit.SECONDS);
      if (next == null) {
        throw new AssertionError("nothing came within 10 s");
      }
      return next;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  String echo(String text) {
    socket.writeTextMessage(text);
    return next().toString();
  }

  byte[] echo(byte[] bytes) {
    socket.writeBinaryMessage(Buffer.buffer(bytes));
    return (byte[]) next();
  }

  Closed awaitClosed() {
    return get(closed);
  }

  void close() {
    Router.await(socket.close(), Duration.ofSeconds(10));
    Router.await(client.close(), Duration.ofSeconds(10));
  }

  private static <T> T get(CompletableFuture<T> future) {
    try {
      return future.get(10, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
