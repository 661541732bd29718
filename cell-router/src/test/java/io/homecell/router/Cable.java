package io.homecell.router;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/**
 * What lies between two datacenters: passes bytes on, until it is frozen. Then nothing passes, and
 * no end is put to a connection, new ones included: as when a line is cut.
 */
final class Cable implements AutoCloseable {
  private static final int PIECE_BYTES = 64 << 10;
  private static final long LOOK_NANOS = 1_000_000;

  private final ServerSocket listening;
  private final int to;
  private final List<Socket> ends = new CopyOnWriteArrayList<>();
  private volatile boolean frozen;
  private volatile boolean closed;

  Cable(int to) throws IOException {
    this.to = to;
    this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  void freeze() {
    frozen = true;
  }

  /** What was frozen in it is lost: bytes that were late for so long are late for ever. */
  void mend() {
    ends.forEach(Cable::end);
    ends.clear();
    frozen = false;
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "cable");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    while (!closed) {
      try {
        Socket near = listening.accept();
        near.setTcpNoDelay(true);
        ends.add(near);
        if (!frozen) {
          Socket far = new Socket(InetAddress.getLoopbackAddress(), to);
          far.setTcpNoDelay(true);
          ends.add(far);
          start(() -> pass(near, far));
          start(() -> pass(far, near));
        }
      } catch (IOException e) {
        // Nobody listens behind it, or it is closed.
      }
    }
  }

  private void pass(Socket from, Socket into) {
    byte[] piece = new byte[PIECE_BYTES];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = into.getOutputStream();
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        while (frozen && !closed) {
          LockSupport.parkNanos(LOOK_NANOS);
        }
        out.write(piece, 0, read);
      }
    } catch (IOException e) {
      // One end has gone: so does the other.
    } finally {
      while (frozen && !closed) {
        LockSupport.parkNanos(LOOK_NANOS);
      }
      end(from);
      end(into);
    }
  }

  private static void end(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is over in any case.
    }
  }

  @Override
  public void close() throws IOException {
    closed = true;
    listening.close();
    ends.forEach(Cable::end);
  }
}
