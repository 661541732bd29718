package io.homecell.router;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A cell's instance that trusts nobody: it reads what the router sends byte by byte, by the letter
 * of RFC 9112, and notes as {@link #ambiguous} whatever a lenient reader could take for something
 * else. It answers the bytes that it is told to.
 */
final class RawUpstream implements AutoCloseable {
  static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String CHECK = "GET /health/ready ";
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

  /** One whole request. */
  record Received(String line, List<String> headers, String body, List<String> trailers) {
    List<String> all(String name) {
      String start = name.toLowerCase(Locale.ROOT) + ": ";
      return headers.stream()
          .filter(header -> header.toLowerCase(Locale.ROOT).startsWith(start))
          .map(header -> header.substring(start.length()))
          .toList();
    }
  }

  final List<Received> received = new CopyOnWriteArrayList<>();
  final List<String> ambiguous = new CopyOnWriteArrayList<>();
  private final ServerSocket server;
  private final List<Socket> open = new CopyOnWriteArrayList<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private volatile String answer = OK;
  private volatile boolean closing;

  RawUpstream() throws IOException {
    server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
    threads.submit(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /**
   * Answers these bytes to every request from now on, one for one char.
   *
   * @param thenCloses whether it closes the connection after them
   */
  void answer(String bytes, boolean thenCloses) {
    answer = bytes;
    closing = thenCloses;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        open.add(socket);
        threads.submit(() -> serve(socket));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = socket.getInputStream();
      boolean more = true;
      while (more) {
        Received next = read(in);
        if (next == null) {
          return;
        }
        // A router's check, which comes when it likes, is none of the requests of a test.
        boolean check = next.line().startsWith(CHECK);
        if (!check) {
          received.add(next);
        }
        // Of the same moment as the answer: who has read that may have told it otherwise.
        more = !closing;
        String bytes = check ? OK : answer;
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        socket.getOutputStream().flush();
      }
    } catch (IOException e) {
      // The router has left: what it had sent was not whole.
    } catch (IllegalArgumentException e) {
      ambiguous.add(e.getMessage());
    } finally {
      open.remove(socket);
    }
  }

  private static Received read(InputStream in) throws IOException {
    String line = line(in);
    if (line == null) {
      return null;
    }
    check(line.matches(TOKEN + " [!-~]+ HTTP/1\\.1"), "request line", line);
    List<String> headers = fields(in);
    List<String> lengths = values(headers, "content-length");
    List<String> codings = values(headers, "transfer-encoding");
    check(values(headers, "host").size() == 1, "one host", headers.toString());
    check(lengths.size() + codings.size() <= 1, "one framing", headers.toString());
    if (!codings.isEmpty()) {
      check(codings.get(0).equals("chunked"), "chunked", codings.get(0));
      StringBuilder body = new StringBuilder();
      List<String> trailers = chunks(in, body);
      return new Received(line, headers, body.toString(), trailers);
    }
    String length = lengths.isEmpty() ? "0" : lengths.get(0);
    check(length.matches("[0-9]{1,18}"), "length", length);
    return new Received(line, headers, bytes(in, Integer.parseInt(length)), List.of());
  }

  private static List<String> chunks(InputStream in, StringBuilder body) throws IOException {
    while (true) {
      String size = whole(line(in));
      check(size.matches("[0-9a-fA-F]{1,7}"), "chunk size", size);
      int length = Integer.parseInt(size, 16);
      if (length == 0) {
        return fields(in);
      }
      body.append(bytes(in, length));
      check(whole(line(in)).isEmpty(), "end of chunk", "more bytes");
    }
  }

  private static List<String> fields(InputStream in) throws IOException {
    List<String> fields = new ArrayList<>();
    String line = whole(line(in));
    while (!line.isEmpty()) {
      check(line.matches("(?s)" + TOKEN + ": ?[\\t\\x20-\\x7e\\x80-\\xff]*"), "field", line);
      fields.add(line);
      line = whole(line(in));
    }
    return fields;
  }

  private static List<String> values(List<String> headers, String name) {
    return headers.stream()
        .filter(header -> header.toLowerCase(Locale.ROOT).startsWith(name + ":"))
        .map(header -> header.substring(name.length() + 1).strip())
        .toList();
  }

  private static void check(boolean sound, String what, String found) {
    if (!sound) {
      throw new IllegalArgumentException(what + ": '" + found + "'");
    }
  }

  private static String whole(String line) throws IOException {
    if (line == null) {
      throw new IOException("ended within a request");
    }
    return line;
  }

  /** To the next CRLF; null at the end of the stream. */
  private static String line(InputStream in) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int previous = -1;
    int next = in.read();
    while (next >= 0) {
      check(previous != '\r' || next == '\n', "bare CR after", line.toString());
      check(next != '\n' || previous == '\r', "bare LF after", line.toString());
      if (next == '\n') {
        return line.toString(StandardCharsets.ISO_8859_1);
      }
      if (next != '\r') {
        line.write(next);
      }
      previous = next;
      next = in.read();
    }
    return null;
  }

  private static String bytes(InputStream in, int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new IOException("ended within a body");
    }
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  /** Connections that the router has open. */
  int connections() {
    return open.size();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    server.close();
    for (Socket socket : open) {
      socket.close();
    }
    threads.shutdown();
    threads.awaitTermination(5, TimeUnit.SECONDS);
  }
}
