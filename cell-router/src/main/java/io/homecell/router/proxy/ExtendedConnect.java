package io.homecell.router.proxy;

import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.Optional;

/**
 * Requests of HTTP/2 for another protocol on their stream (RFC 8441), which Vert.x does not know:
 * to it they are {@code GET}s whose body does not end, as they are in HTTP/1.1. What they have
 * asked for is kept beside. Belongs to one event loop.
 */
final class ExtendedConnect extends HeadListener {
  /** Announces that these are taken (RFC 8441, 3). */
  static final int SETTING = 0x8;

  private static final String CONNECT = "CONNECT";
  private static final String AS = "GET";

  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;

  private ExtendedConnect(Http2FrameListener next, Http2Connection connection) {
    super(next);
    this.connection = connection;
    this.key = connection.newKey();
  }

  /** Puts one between Netty and Vert.x. */
  static ExtendedConnect under(Http2ConnectionHandler handler) {
    ExtendedConnect between =
        new ExtendedConnect(handler.decoder().frameListener(), handler.connection());
    handler.decoder().frameListener(between);
    return between;
  }

  /** The protocol that a request asks for, if it is one of these. */
  Optional<String> protocol(long streamId) {
    Http2Stream stream = connection.stream((int) streamId);
    return stream == null ? Optional.empty() : Optional.ofNullable(stream.getProperty(key));
  }

  /** Says what is wrong with a head that asks for another protocol. */
  static Optional<String> problem(Http2Headers head) {
    CharSequence protocol = head.get(Http2Headers.PseudoHeaderName.PROTOCOL.value());
    CharSequence method = head.method();
    return protocol == null || (method != null && CONNECT.contentEquals(method))
        ? Optional.empty()
        : Optional.of(
            ":protocol: " + protocol + " with :method " + method + " (expected: CONNECT)");
  }

  @Override
  void fields(int streamId, Http2Headers fields) throws Http2Exception {
    CharSequence protocol = fields.get(Http2Headers.PseudoHeaderName.PROTOCOL.value());
    if (protocol == null) {
      return;
    }
    Optional<String> problem = problem(fields);
    if (problem.isPresent()) {
      throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "%s", problem.get());
    }
    Http2Stream stream = connection.stream(streamId);
    if (stream != null) {
      stream.setProperty(key, protocol.toString());
    }
    fields.remove(Http2Headers.PseudoHeaderName.PROTOCOL.value());
    fields.method(AS);
  }
}
