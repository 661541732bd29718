package io.homecell.router.link;

import io.homecell.core.topology.Topology;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpConnectOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.SocketAddress;
import java.net.ConnectException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Makes connections to other routers: mutual TLS, HTTP/2 or nothing. Safe for any number of
 * threads; a connection belongs to the event loop that has asked for it.
 */
final class Connecting {
  /** What one stream may be sent without being asked for more, and what is kept of a slow one. */
  static final int STREAM_WINDOW_BYTES = 64 << 10;

  /** Heads of answers; as large as those of HTTP/1.1. */
  private static final int HEAD_BYTES_MAX = 64 << 10;

  private static final int TOLD_CHARS_MAX = 300;
  private static final int CAUSES_MAX = 8;

  private final Vertx vertx;
  private final PeerTls tls;
  private final LinkTerms terms;
  private final HttpClientAgent client;
  private final Duration atMost;
  private volatile boolean closed;

  Connecting(Vertx vertx, PeerTls tls, LinkTerms terms, Duration connectTimeout) {
    this.vertx = vertx;
    this.tls = tls;
    this.terms = terms;
    this.atMost = connectTimeout.plus(terms.handshakeWithin()).plus(terms.pongWithin());
    HttpClientOptions options =
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_2)
            .setSsl(true)
            .setUseAlpn(true)
            .setAlpnVersions(List.of(HttpVersion.HTTP_2))
            // Who it is is judged by the name in its certificate: see PeerTrust.
            .setVerifyHost(false)
            .setConnectTimeout((int) connectTimeout.toMillis())
            .setTcpNoDelay(true)
            .setHttp2ConnectionWindowSize(connectionWindowBytes(terms))
            .setInitialSettings(
                new Http2Settings()
                    .setPushEnabled(false)
                    .setInitialWindowSize(STREAM_WINDOW_BYTES)
                    .setMaxHeaderListSize(HEAD_BYTES_MAX));
    this.client = vertx.httpClientBuilder().with(options).build();
  }

  /** So much that all streams together can't stop one another, and no more. */
  static int connectionWindowBytes(LinkTerms terms) {
    return terms.streamsMax() * STREAM_WINDOW_BYTES;
  }

  /** From now on nobody connects: the router stops. */
  void close() {
    closed = true;
  }

  boolean isClosed() {
    return closed;
  }

  /** Connects; fails within a bounded time. */
  Future<HttpClientConnection> connect(Topology.Datacenter peer) {
    Promise<HttpClientConnection> promise = Promise.promise();
    long timer =
        vertx.setTimer(
            atMost.toMillis(),
            ignored ->
                promise.tryFail(
                    new ConnectException("not connected within " + atMost.toMillis() + " ms")));
    Topology.Endpoint at = peer.peer().orElseThrow();
    ClientSSLOptions options =
        tls.client(peer.name())
            .setSslHandshakeTimeout(terms.handshakeWithin().toMillis())
            .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    client
        .connect(
            new HttpConnectOptions()
                .setSsl(true)
                .setSslOptions(options)
                .setServer(SocketAddress.inetSocketAddress(at.port(), at.host()))
                .setHost(PeerName.of(peer.name()))
                .setPort(at.port()))
        .onComplete(
            result -> {
              vertx.cancelTimer(timer);
              if (result.failed()) {
                promise.tryFail(result.cause());
              } else if (!promise.tryComplete(result.result())) {
                result.result().close();
              }
            });
    return promise.future();
  }

  /** A failure with its causes, for people. */
  static String told(Throwable failure) {
    String said = failure.getMessage();
    StringBuilder text = new StringBuilder(said == null ? failure.toString() : said);
    Throwable cause = failure.getCause();
    for (int i = 0; cause != null && i < CAUSES_MAX; i++) {
      String message = cause.getMessage();
      if (message != null && text.indexOf(message) < 0) {
        text.append(": ").append(message);
      }
      cause = cause.getCause();
    }
    return text.length() <= TOLD_CHARS_MAX ? text.toString() : text.substring(0, TOLD_CHARS_MAX);
  }
}
