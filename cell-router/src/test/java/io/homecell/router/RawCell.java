package io.homecell.router;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A cell's instance that does with a connection what no server should. */
final class RawCell implements AutoCloseable {
  /** Serves one connection; it is closed afterwards. */
  interface Serving {
    void serve(Socket socket, int connection) throws IOException;
  }

  final AtomicInteger connections = new AtomicInteger();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ServerSocket server;

  RawCell(Serving serving) throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread accepting = new Thread(() -> accept(serving), "raw cell");
    accepting.setDaemon(true);
    accepting.start();
  }

  private void accept(Serving serving) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        sockets.add(socket);
        int number = connections.incrementAndGet();
        Thread thread = new Thread(() -> serve(serving, socket, number), "raw cell");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private static void serve(Serving serving, Socket socket, int number) {
    try (socket) {
      serving.serve(socket, number);
    } catch (IOException e) {
      // The other side left, or the test is over.
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** Reads a request with a Content-Length; its body, or nothing if the router closed before. */
  static String readRequest(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("closed");
      }
      head.append((char) next);
    }
    int length = 0;
    for (String line : head.toString().split("\r\n", -1)) {
      if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    return new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
  }

  /** Reads the head of a request. */
  static String readHead(Socket socket) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("closed");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  /** Grants a WebSocket, reads until its client has said its last, then says one word. */
  static RawCell lastWord(String frame) throws IOException {
    return new RawCell(
        (socket, number) -> {
          String head = readHead(socket);
          socket.getOutputStream().write(grant(head).getBytes(StandardCharsets.ISO_8859_1));
          int heard = socket.getInputStream().readAllBytes().length;
          socket.getOutputStream().write((frame + heard).getBytes(StandardCharsets.ISO_8859_1));
        });
  }

  /** The head of an answer that grants a WebSocket. */
  static String grant(String handshake) {
    String key = handshake.replaceAll("(?is).*sec-websocket-key: ([^\r]*)\r.*", "$1");
    try {
      byte[] proof =
          MessageDigest.getInstance("SHA-1")
              .digest(
                  (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
                      .getBytes(StandardCharsets.US_ASCII));
      return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          + "Sec-WebSocket-Accept: "
          + Base64.getEncoder().encodeToString(proof)
          + "\r\n\r\n";
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  static void answer(Socket socket, String body) throws IOException {
    socket
        .getOutputStream()
        .write(
            ("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
