package io.homecell.router;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Sockets that are sent to as long as they take it, and how far that goes. */
final class Pouring {
  /** What sockets, with the kernel's buffers, and processes on the way keep at most. */
  static final long KEPT_MAX = 40L << 20;

  /** An end to it, if nobody stops it. */
  static final long POURED_MAX = 120L << 20;

  private Pouring() {}

  static void flood(ServerWebSocket socket, AtomicLong written) {
    byte[] piece = new byte[32 << 10];
    while (!socket.isClosed() && written.get() < POURED_MAX) {
      if (socket.writeQueueFull()) {
        socket.drainHandler(ignored -> flood(socket, written));
        return;
      }
      socket.writeBinaryMessage(Buffer.buffer(piece));
      written.addAndGet(piece.length);
    }
  }

  static void pour(WebSocketPeer peer, AtomicLong written) {
    byte[] piece = new byte[32 << 10];
    while (written.get() < POURED_MAX && !peer.socket.isClosed() && !peer.socket.writeQueueFull()) {
      peer.socket.writeBinaryMessage(Buffer.buffer(piece));
      written.addAndGet(piece.length);
    }
    peer.socket.drainHandler(ignored -> pour(peer, written));
  }

  /** Until it has not changed for a while: there is no event for that nothing happens. */
  static void settles(AtomicLong count) {
    AtomicLong last = new AtomicLong(-1);
    AtomicLong since = new AtomicLong(System.nanoTime());
    Deployment.await(
        "it settles",
        () -> {
          long now = count.get();
          if (last.getAndSet(now) != now) {
            since.set(System.nanoTime());
          }
          return System.nanoTime() - since.get() > Duration.ofMillis(500).toNanos();
        });
  }
}
