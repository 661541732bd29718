package io.homecell.router;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * One side of HTTP/2 that does what no library would, frame by frame: a client over TLS, or a
 * server without.
 */
final class RawHttp2 implements AutoCloseable {
  static final int DATA = 0;
  static final int HEADERS = 1;
  static final int PRIORITY = 2;
  static final int RESET = 3;
  static final int SETTINGS = 4;
  static final int PING = 6;
  static final int GO_AWAY = 7;
  static final int WINDOW_UPDATE = 8;
  static final int CONTINUATION = 9;
  static final int END_STREAM = 1;
  static final int END_HEADERS = 4;
  static final int ACK = 1;
  private static final int WITH_PRIORITY = 0x20;

  static final int NO_ERROR = 0;
  static final int PROTOCOL_ERROR = 1;
  static final int REFUSED_STREAM = 7;
  static final int CANCEL = 8;
  static final int ENHANCE_YOUR_CALM = 11;

  static final int CONCURRENT_STREAMS_MAX = 3;
  static final int INITIAL_WINDOW_SIZE = 4;
  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final int TIMEOUT_MILLIS = 15_000;

  /** One that came; the end of the connection is one of type -1. */
  record Frame(int type, int flags, int stream, byte[] payload) {
    static final Frame END = new Frame(-1, 0, 0, new byte[0]);

    boolean isEnd() {
      return type == -1;
    }

    boolean endsStream() {
      return (type == DATA || type == HEADERS) && (flags & END_STREAM) != 0;
    }

    /** Of a reset, or of a farewell. */
    int error() {
      return ByteBuffer.wrap(payload).getInt(type == GO_AWAY ? 4 : 0);
    }

    String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
      return "type " + type + ", flags " + flags + ", stream " + stream + ": " + text();
    }
  }

  private final Socket socket;
  private final boolean server;
  private final DataInputStream in;
  private final DefaultHttp2HeadersDecoder heads = new DefaultHttp2HeadersDecoder(false);

  /**
   * Connects and sends the first frame.
   *
   * @param settings ids and values in turn
   */
  RawHttp2(int port, SSLContext context, int... settings) throws IOException {
    this(port, context, Duration.ZERO);
    write(greeting(settings));
  }

  /**
   * Connects, and sends nothing over the TLS.
   *
   * @param before the handshake
   */
  static RawHttp2 silent(int port, SSLContext context, Duration before) throws IOException {
    return new RawHttp2(port, context, before);
  }

  private RawHttp2(int port, SSLContext context, Duration before) throws IOException {
    Socket plain = new Socket();
    plain.connect(new InetSocketAddress("127.0.0.1", port), 5_000);
    LockSupport.parkNanos(before.toNanos());
    SSLSocket encrypted =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", port, true);
    SSLParameters parameters = encrypted.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2"});
    encrypted.setSSLParameters(parameters);
    socket = encrypted;
    server = false;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    encrypted.startHandshake();
    in = new DataInputStream(socket.getInputStream());
  }

  /** The server's side of a connection that was made: takes the client's first frames. */
  RawHttp2(Socket accepted, int... settings) throws IOException {
    socket = accepted;
    server = true;
    socket.setSoTimeout(TIMEOUT_MILLIS);
    in = new DataInputStream(socket.getInputStream());
    byte[] preface = new byte[PREFACE.length()];
    in.readFully(preface);
    if (!new String(preface, StandardCharsets.US_ASCII).equals(PREFACE)) {
      throw new IOException("no HTTP/2: " + new String(preface, StandardCharsets.US_ASCII));
    }
    write(settings(settings));
    send(SETTINGS, ACK, 0, new byte[0]);
  }

  /** What a client sends first. */
  static byte[] greeting(int... settings) {
    ByteArrayOutputStream first = new ByteArrayOutputStream();
    first.writeBytes(PREFACE.getBytes(StandardCharsets.US_ASCII));
    first.writeBytes(settings(settings));
    return first.toByteArray();
  }

  private static byte[] settings(int... settings) {
    ByteBuffer payload = ByteBuffer.allocate(settings.length * 3);
    for (int i = 0; i < settings.length; i += 2) {
      payload.putShort((short) settings[i]).putInt(settings[i + 1]);
    }
    return frame(SETTINGS, 0, 0, payload.array());
  }

  static byte[] frame(int type, int flags, int stream, byte[] payload) {
    ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
    frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
    frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
    return frame.array();
  }

  /** Bytes as they are, in one write. */
  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
  }

  void send(int type, int flags, int stream, byte[] payload) throws IOException {
    write(frame(type, flags, stream, payload));
  }

  /** A head or trailers; names and values in turn. */
  void headers(int stream, int flags, String... fields) throws IOException {
    send(HEADERS, flags | END_HEADERS, stream, block(fields));
  }

  /** The head of a request to this machine; more names and values in turn. */
  void request(int stream, int flags, String method, String path, String... more)
      throws IOException {
    headers(stream, flags, head(method, path, more));
  }

  static String[] head(String method, String path, String... more) {
    String[] fields = new String[8 + more.length];
    String[] first = {
      ":method", method, ":scheme", "https", ":path", path, ":authority", "localhost"
    };
    System.arraycopy(first, 0, fields, 0, first.length);
    System.arraycopy(more, 0, fields, first.length, more.length);
    return fields;
  }

  void data(int stream, int flags, String text) throws IOException {
    send(DATA, flags, stream, text.getBytes(StandardCharsets.UTF_8));
  }

  void reset(int stream) throws IOException {
    reset(stream, CANCEL);
  }

  void reset(int stream, int error) throws IOException {
    send(RESET, 0, stream, number(error));
  }

  void allow(int stream, int bytes) throws IOException {
    send(WINDOW_UPDATE, 0, stream, number(bytes));
  }

  static byte[] number(int value) {
    return ByteBuffer.allocate(4).putInt(value).array();
  }

  /** Fields without compression, each a literal that is not indexed (RFC 7541, 6.2.2). */
  static byte[] block(String... fields) {
    ByteArrayOutputStream block = new ByteArrayOutputStream();
    for (int i = 0; i < fields.length; i += 2) {
      block.write(0);
      literal(block, fields[i]);
      literal(block, fields[i + 1]);
    }
    return block.toByteArray();
  }

  private static void literal(ByteArrayOutputStream block, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    if (bytes.length < 127) {
      block.write(bytes.length);
    } else {
      block.write(127);
      int rest = bytes.length - 127;
      while (rest >= 128) {
        block.write(rest % 128 + 128);
        rest /= 128;
      }
      block.write(rest);
    }
    block.writeBytes(bytes);
  }

  /** The next frame of any kind. */
  Frame next() throws IOException {
    try {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      int stream = in.readInt();
      byte[] payload = new byte[length];
      in.readFully(payload);
      if (type == PING && flags == 0 && server) {
        send(PING, ACK, 0, payload);
      }
      return new Frame(type, flags, stream, payload);
    } catch (EOFException | SocketException e) {
      return Frame.END;
    }
  }

  /** The next that fits, or the end of the connection. */
  Frame await(Predicate<Frame> wanted) throws IOException {
    Frame frame = next();
    while (!frame.isEnd() && !wanted.test(frame)) {
      if (frame.type == HEADERS) {
        fields(frame);
      }
      frame = next();
    }
    return frame;
  }

  Frame await(int type, int stream) throws IOException {
    return await(frame -> frame.type == type && frame.stream == stream);
  }

  /** The head of an answer, or the trailers. */
  Http2Headers head(int stream) throws IOException {
    Frame frame = await(HEADERS, stream);
    if (frame.isEnd()) {
      throw new AssertionError("the connection has ended before the head of " + stream);
    }
    return fields(frame);
  }

  /** What a frame says; each is to be read, in the order of their coming. */
  Http2Headers fields(Frame frame) {
    ByteBuf bytes = Unpooled.wrappedBuffer(frame.payload);
    // Vert.x writes a priority before the fields.
    bytes.skipBytes((frame.flags & WITH_PRIORITY) == 0 ? 0 : 5);
    try {
      return heads.decodeHeaders(frame.stream, bytes);
    } catch (Http2Exception e) {
      throw new AssertionError(e);
    }
  }

  /** The body of an answer, to its end. */
  String body(int stream) throws IOException {
    StringBuilder body = new StringBuilder();
    Frame frame;
    do {
      frame = await(next -> next.stream == stream && next.type <= RESET);
      if (frame.isEnd() || frame.type == RESET) {
        throw new AssertionError("cut off after '" + body + "': " + frame);
      }
      if (frame.type == DATA) {
        body.append(frame.text());
      }
    } while (!frame.endsStream());
    return body.toString();
  }

  /** Waits no longer than this for bytes. */
  RawHttp2 within(int millis) throws IOException {
    socket.setSoTimeout(millis);
    return this;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
