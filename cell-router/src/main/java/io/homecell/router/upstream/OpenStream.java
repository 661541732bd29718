package io.homecell.router.upstream;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.HttpClientConnection;
import io.vertx.core.http.impl.HttpClientRequestImpl;
import io.vertx.core.http.impl.HttpClientStream;
import io.vertx.core.http.impl.HttpUtils;
import io.vertx.core.http.impl.http2.Http2ClientConnection;
import io.vertx.core.http.impl.http2.Http2ClientStream;
import io.vertx.core.streams.WriteStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream, from its first head on: a request, or an extended CONNECT, whose fields are collected
 * as a request's. The latter Vert.x' client does not speak: its head is written one layer below,
 * and so is what follows it, which this writes. Belongs to one event loop.
 */
final class OpenStream implements WriteStream<Buffer> {
  private static final String CONNECT = "CONNECT";
  private static final String PROTOCOL = ":protocol";
  private static final String WEB_SOCKET = "websocket";
  private static final String SCHEME = "https";

  private final HttpClientConnection connection;
  private final HttpClientStream stream;
  private final HttpClientRequestImpl request;

  OpenStream(
      HttpConnection http,
      HttpClientConnection connection,
      HttpClientStream stream,
      RequestOptions options) {
    this.connection = connection;
    this.stream = stream;
    this.request = new HttpClientRequestImpl(connection.authority(), http, stream);
    request.init(options);
  }

  HttpClientRequest request() {
    return request;
  }

  HttpClientStream stream() {
    return stream;
  }

  Context context() {
    return stream.context();
  }

  /** Sends the fields of the request as a request for a WebSocket (RFC 8441, 5). */
  void connect() {
    Http2ClientConnection to = (Http2ClientConnection) connection;
    Http2ClientStream opening = (Http2ClientStream) stream;
    try {
      to.createStream(opening);
    } catch (Exception e) {
      // Not a byte was sent: told as any failure of the request.
      opening.onException(e);
      return;
    }
    Http2Headers head =
        new DefaultHttp2Headers()
            .method(CONNECT)
            .scheme(SCHEME)
            .authority(connection.authority().toString())
            .path(request.getURI());
    head.set(PROTOCOL, WEB_SOCKET);
    for (Map.Entry<String, String> field : request.headers()) {
      head.add(HttpUtils.toLowerCase(field.getKey()), field.getValue());
    }
    Promise<Void> written = Promise.promise();
    to.writeHeaders(
        (int) stream.id(), head, HttpUtils.DEFAULT_STREAM_PRIORITY, false, true, written);
  }

  @Override
  public Future<Void> write(Buffer bytes) {
    return stream.writeChunk(bytes, false);
  }

  @Override
  public Future<Void> end() {
    return stream.writeChunk(Buffer.buffer(), true);
  }

  @Override
  public boolean writeQueueFull() {
    return !stream.isWritable();
  }

  @Override
  public OpenStream setWriteQueueMaxSize(int most) {
    stream.setWriteQueueMaxSize(most);
    return this;
  }

  @Override
  public OpenStream exceptionHandler(@Nullable Handler<Throwable> handler) {
    request.exceptionHandler(handler);
    return this;
  }

  @Override
  public OpenStream drainHandler(@Nullable Handler<Void> handler) {
    request.drainHandler(handler);
    return this;
  }
}
