package io.homecell.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.impl.http1.VertxHttpRequestDecoder;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Vert.x's decoder without two leniences of Netty's that the decoded request does not show any
 * more: other blanks than one space between the parts of a request line (RFC 9112, 3), and several
 * lengths in HTTP/1.0, of which Netty keeps the first (RFC 9112, 6.3). Other versions end here too.
 *
 * <p>Behind a request for a WebSocket nothing is read until it is answered: it is not known yet
 * whether that is the next request or a frame. No client sends anything then; what comes all the
 * same is dropped, and its sender told off.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  private static final String LENGTH = "Content-Length";
  private static final String UPGRADE = "Upgrade";

  /** Another version than 1.1 and 1.0. */
  static final class UnknownVersionException extends IllegalArgumentException {
    UnknownVersionException(HttpVersion version) {
      super(version + " (expected: HTTP/1.1 or HTTP/1.0)");
    }
  }

  private final Runnable onEarly;
  private int lengths;
  private long bytes;
  private boolean upgrades;
  private boolean waiting;
  private boolean early;
  private @Nullable TrailedRequest current;

  /**
   * @param onEarly called when bytes come behind a request for a WebSocket
   */
  StrictRequestDecoder(Http1ServerConfig bounds, Runnable onEarly) {
    super(bounds);
    this.onEarly = onEarly;
  }

  /** Whether bytes came too early. */
  boolean isEarly() {
    return early;
  }

  /** The request was answered as any other: what comes is the next. */
  void goOn() {
    waiting = false;
  }

  /** Bytes that came to be decoded; below, TLS has some of its own. */
  long bytes() {
    return bytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) throws Exception {
    if (message instanceof ByteBuf more) {
      bytes += more.readableBytes();
    }
    super.channelRead(from, message);
  }

  @Override
  protected void decode(ChannelHandlerContext from, ByteBuf bytes, List<Object> out)
      throws Exception {
    if (waiting) {
      early |= bytes.isReadable();
      bytes.skipBytes(bytes.readableBytes());
      onEarly.run();
      return;
    }
    int before = out.size();
    super.decode(from, bytes, out);
    if (out.size() > before
        && out.get(out.size() - 1) instanceof LastHttpContent last
        && current != null) {
      if (!last.trailingHeaders().isEmpty()) {
        current.came(last.trailingHeaders());
      }
      waiting = upgrades && isToWebSocket(current.headers());
    }
  }

  private static boolean isToWebSocket(HttpHeaders headers) {
    return headers.getAll("Upgrade").stream()
        .anyMatch(value -> value.toLowerCase(Locale.ROOT).contains("websocket"));
  }

  @Override
  protected String splitFirstWordInitialLine(byte[] line, int start, int length) {
    if (start != 0) {
      throw new IllegalArgumentException("blanks before the method");
    }
    return super.splitFirstWordInitialLine(line, start, length);
  }

  @Override
  protected String splitSecondWordInitialLine(byte[] line, int start, int length) {
    isAfterOneSpace(line, start);
    return super.splitSecondWordInitialLine(line, start, length);
  }

  @Override
  protected String splitThirdWordInitialLine(byte[] line, int start, int length) {
    isAfterOneSpace(line, start);
    return super.splitThirdWordInitialLine(line, start, length);
  }

  private static void isAfterOneSpace(byte[] line, int start) {
    if (start < 2 || line[start - 1] != ' ' || line[start - 2] <= ' ') {
      throw new IllegalArgumentException("blanks in the request line (expected: one space)");
    }
  }

  // Another object is another spelling, which Vert.x does not know.
  @SuppressWarnings("ReferenceEquality")
  @Override
  protected HttpMessage createMessage(String[] initialLine) {
    lengths = 0;
    upgrades = false;
    HttpMessage message = super.createMessage(initialLine);
    HttpVersion version = message.protocolVersion();
    if (version != HttpVersion.HTTP_1_1 && version != HttpVersion.HTTP_1_0) {
      throw new UnknownVersionException(version);
    }
    current = new TrailedRequest((HttpRequest) message);
    return current;
  }

  @Override
  protected AsciiString splitHeaderName(byte[] line, int start, int length) {
    if (length == 0) {
      throw new IllegalArgumentException("a field without a name");
    }
    AsciiString name = super.splitHeaderName(line, start, length);
    upgrades |= length == UPGRADE.length() && name.contentEqualsIgnoreCase(UPGRADE);
    if (length == LENGTH.length() && name.contentEqualsIgnoreCase(LENGTH)) {
      lengths++;
      if (lengths > 1) {
        throw new IllegalArgumentException("several lengths (expected: one)");
      }
    }
    return name;
  }
}
