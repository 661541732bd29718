package io.homecell.router;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** A client that does what no library would. */
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 15_000;

  private final Socket socket;

  RawClient(int port) throws IOException {
    this(port, 0);
  }

  RawClient(int port, int receiveBuffer) throws IOException {
    socket = new Socket();
    if (receiveBuffer > 0) {
      socket.setReceiveBufferSize(receiveBuffer);
    }
    socket.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    socket.setSoTimeout(TIMEOUT_MILLIS);
  }

  /** One that speaks TLS, and HTTP/1.1 in it. */
  RawClient(int port, SSLContext tls, String... protocols) throws IOException {
    SSLSocket encrypted = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
    socket = encrypted;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    if (protocols.length > 0) {
      encrypted.setEnabledProtocols(protocols);
    }
    encrypted.startHandshake();
  }

  /** Of TLS. */
  SSLSession session() {
    return ((SSLSocket) socket).getSession();
  }

  /** Waits no longer than this for bytes. */
  RawClient within(int millis) throws IOException {
    socket.setSoTimeout(millis);
    return this;
  }

  /** Says that it will send no more. */
  void halfClose() throws IOException {
    socket.shutdownOutput();
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  InputStream in() throws IOException {
    return socket.getInputStream();
  }

  /** The head of an answer, its last empty line included; what there is if the server closes. */
  String readHead() throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int next;
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")
        && (next = socket.getInputStream().read()) >= 0) {
      head.write(next);
    }
    return head.toString(StandardCharsets.ISO_8859_1);
  }

  /** Everything until the server closes. */
  String readAll() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
  }

  /** Leaves without a goodbye. */
  void hangUp() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
