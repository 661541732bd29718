package io.homecell.router.upstream;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpClientStream;
import io.vertx.core.http.impl.http2.Http2Connection;
import java.net.ConnectException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;

/**
 * Makes HTTP/2 connections without TLS, from the first byte on ("prior knowledge", RFC 9113, 3.3).
 * Safe for any number of threads; a connection belongs to the event loop that has asked for it.
 */
public final class StreamConnecting {
  /** What one stream may be sent without being asked for more, and what is kept of a slow one. */
  static final int STREAM_WINDOW_BYTES = 64 << 10;

  /** Heads of answers; as large as those of HTTP/1.1. */
  private static final int HEAD_BYTES_MAX = 64 << 10;

  private final Vertx vertx;
  private final UpstreamStreams terms;
  private final HttpClientAgent client;
  private final Duration atMost;

  public StreamConnecting(Vertx vertx, UpstreamStreams terms, Duration connectTimeout) {
    this.vertx = vertx;
    this.terms = terms;
    // The other side has to say its settings too, else it does not speak HTTP/2.
    this.atMost = connectTimeout.plus(terms.pongWithin());
    this.client =
        vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setHttp2ClearTextUpgrade(false)
                    .setConnectTimeout((int) connectTimeout.toMillis())
                    .setTcpNoDelay(true)
                    .setInitialSettings(
                        new Http2Settings()
                            .setPushEnabled(false)
                            .setInitialWindowSize(STREAM_WINDOW_BYTES)
                            .setMaxHeaderListSize(HEAD_BYTES_MAX)))
            .build();
  }

  Future<Void> close() {
    return client.close();
  }

  UpstreamStreams terms() {
    return terms;
  }

  /** Connects; fails within a bounded time. */
  Future<HttpClientConnection> connect(Upstream to) {
    Promise<HttpClientConnection> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            atMost.toMillis(),
            ignored ->
                promise.tryFail(
                    new ConnectException(to + ": no HTTP/2 within " + atMost.toMillis() + " ms")));
    client
        .connect(new HttpConnectOptions().setHost(to.host()).setPort(to.port()))
        .onComplete(
            result -> {
              vertx.cancelTimer(timer);
              if (result.failed()) {
                promise.tryFail(result.cause());
                return;
              }
              // The option of this name is not heard without TLS; a few slow readers would stop
              // all.
              result.result().setWindowSize(terms.connectionWindowBytes());
              if (!promise.tryComplete(result.result())) {
                result.result().close();
              }
            });
    return promise.future();
  }

  /**
   * Ends a request with fields behind its body, which Vert.x does with answers only: behind what it
   * has still to send of the body.
   */
  static void endWith(HttpClientRequest request, HttpClientStream on, MultiMap trailers) {
    Http2Headers fields = new DefaultHttp2Headers();
    for (Map.Entry<String, String> trailer : trailers) {
      fields.add(trailer.getKey().toLowerCase(Locale.ROOT), trailer.getValue());
    }
    on.writeChunk(Buffer.buffer(), false)
        .onSuccess(
            ignored -> {
              if (on.connection() instanceof Http2Connection connection) {
                connection.writeHeaders(
                    (int) on.id(), fields, on.priority(), true, true, Promise.promise());
              }
            });
  }
}
