package io.homecell.router;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A cell's instance that speaks HTTP/2 without TLS, and does with it what no server should. */
final class RawStreams implements AutoCloseable {
  /** Serves one connection; it is closed afterwards. */
  interface Serving {
    void serve(RawHttp2 connection, int number) throws IOException;
  }

  final AtomicInteger connections = new AtomicInteger();
  final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ServerSocket server;

  /**
   * @param settings ids and values in turn
   */
  RawStreams(Serving serving, int... settings) throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread accepting = new Thread(() -> accept(serving, settings), "raw streams");
    accepting.setDaemon(true);
    accepting.start();
  }

  private void accept(Serving serving, int... settings) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        sockets.add(socket);
        Thread thread = new Thread(() -> serve(serving, socket, settings), "raw streams");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Serving serving, Socket socket, int... settings) {
    try (RawHttp2 connection = new RawHttp2(socket, settings)) {
      serving.serve(connection, connections.incrementAndGet());
    } catch (IOException e) {
      // The other side left, or speaks no HTTP/2: a check of its health.
    } catch (AssertionError e) {
      failures.add(e.toString());
    }
  }

  int port() {
    return server.getLocalPort();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
