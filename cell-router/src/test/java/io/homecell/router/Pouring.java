package io.homecell.router;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.ServerWebSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** What is sent to as long as it takes it, and how far that goes. */
final class Pouring {
  private static final int LOOKS = 100;
  private static final int CONNECTIONS = 3;
  private static final long PROCESSES_BYTES = 4L << 20;

  /** What the kernel's buffers of three connections, and the processes on the way keep at most. */
  static final long KEPT_MAX =
      CONNECTIONS * (kernelMax("tcp_rmem", 32L << 20) + kernelMax("tcp_wmem", 4L << 20))
          + PROCESSES_BYTES;

  /** An end to it, if nobody stops it. */
  static final long POURED_MAX = 2 * KEPT_MAX;

  private Pouring() {}

  /** How far a socket's buffer may grow: the last of three numbers. */
  private static long kernelMax(String setting, long otherwise) {
    // Read at once: a second read of such a file finds nothing.
    try (BufferedReader file = Files.newBufferedReader(Path.of("/proc/sys/net/ipv4", setting))) {
      return Long.parseLong(file.readLine().strip().split("\\s+", -1)[2]);
    } catch (IOException e) {
      return otherwise;
    }
  }

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
    if (!peer.socket.isClosed()) {
      peer.socket.drainHandler(ignored -> pour(peer, written));
    }
  }

  static void pour(HttpServerResponse to, AtomicLong written) {
    Buffer piece = Buffer.buffer(new byte[16 << 10]);
    while (!to.closed() && !to.writeQueueFull()) {
      to.write(piece);
      written.addAndGet(piece.length());
    }
    if (!to.closed()) {
      to.drainHandler(ignored -> pour(to, written));
    }
  }

  /**
   * Until it has not changed for a while: there is no event for that nothing happens. So many looks
   * rather than so long: in a pause of the machine nobody writes.
   */
  static void settles(AtomicLong count) {
    AtomicLong last = new AtomicLong(-1);
    AtomicInteger alike = new AtomicInteger();
    Deployment.await(
        "it settles",
        () -> {
          long now = count.get();
          boolean changed = last.getAndSet(now) != now;
          return alike.updateAndGet(looks -> changed ? 0 : looks + 1) > LOOKS;
        });
  }
}
