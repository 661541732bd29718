package io.homecell.router.proxy;

import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.router.link.Links;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.core.net.impl.ConnectionBase;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * The port at which one event loop takes what other datacenters' routers forward: mutual TLS,
 * HTTP/2, and nothing but hops. Each stream is an exchange as a client's request is one. Belongs to
 * the loop.
 */
// Whoever waits for what is written here waits for the connection's end.
@SuppressWarnings("FutureReturnValueIgnored")
final class PeerPort {
  /** Takes a request that another router has forwarded. */
  interface Requests {
    void came(HttpServerRequest request, PeerStream from);
  }

  private record Peer(HopProof proof, ExtendedConnect connects) {}

  private static final int HEAD_BYTES_MAX = 32 << 10;
  private static final int ACCEPT_BACKLOG = 1_024;
  private static final long LOOK_MILLIS = 10;
  private static final Duration LINGER = Duration.ofMillis(500);
  private static final Duration LAST = Duration.ofMillis(100);
  private static final String HOST = "Host";
  private static final String LENGTH = "Content-Length";
  private static final String CODING = "Transfer-Encoding";

  /** Peers cancel as often as their clients leave; they are no strangers who flood. */
  private static final int RESETS_MAX = 1_000_000;

  /** Silence of so many pings means that the peer is gone. */
  private static final int PINGS_MISSED = 4;

  private final Links links;
  private final PeerKey key;
  private final Requests requests;
  private final Map<HttpConnection, Peer> peers = new HashMap<>();
  private final Set<HttpConnection> left = new HashSet<>();
  private boolean leaving;
  private @Nullable HttpServer server;
  private @Nullable Context context;

  PeerPort(Links links, PeerKey key, Requests requests) {
    this.links = links;
    this.key = key;
    this.requests = requests;
  }

  Future<HttpServer> listen(Vertx vertx, String host) {
    context = vertx.getOrCreateContext();
    HttpServer listening =
        vertx
            .createHttpServer(config(host), links.served(this::serve))
            .connectionHandler(this::came)
            .requestHandler(this::came)
            .exceptionHandler(links::refused);
    server = listening;
    return listening.listen();
  }

  private HttpServerConfig config(String host) {
    Duration silence = links.terms().pingEvery().multipliedBy(PINGS_MISSED);
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(host)
            .setPort(links.port().port())
            .setAcceptBacklog(ACCEPT_BACKLOG)
            .setReusePort(true)
            .setTcpNoDelay(true)
            .setReadIdleTimeout((int) Math.max(1, silence.toSeconds()))
            .setHttp2RstFloodMaxRstFramePerWindow(RESETS_MAX)
            .setHttp2ConnectionWindowSize(links.connectionWindowBytes())
            .setInitialSettings(
                new Http2Settings()
                    .setMaxConcurrentStreams(links.terms().streamsMax())
                    .setInitialWindowSize(links.streamWindowBytes())
                    .setMaxHeaderListSize(HEAD_BYTES_MAX)
                    .set(ExtendedConnect.SETTING, 1));
    return new HttpServerConfig(options).setVersions(HttpVersion.HTTP_2);
  }

  /** New connections see these. */
  private void serve(ServerSSLOptions options) {
    HttpServer now = server;
    if (now != null) {
      now.updateSSLOptions(options).onFailure(links::refused);
    }
  }

  private void came(HttpConnection connection) {
    Optional<String> datacenter = datacenter(connection);
    if (datacenter.isEmpty() || connection.protocolVersion() != HttpVersion.HTTP_2) {
      links.refused("protocol", "no HTTP/2, or no certificate of a router");
      connection.close();
      return;
    }
    peers.put(
        connection,
        new Peer(
            HopProof.byCertificate(datacenter.get(), key),
            ExtendedConnect.under(handler(connection))));
    if (leaving) {
      goAway(connection, Integer.MAX_VALUE);
    }
    connection.closeHandler(
        ignored -> {
          peers.remove(connection);
          left.remove(connection);
        });
  }

  private Optional<String> datacenter(HttpConnection connection) {
    try {
      List<Certificate> shown = connection.peerCertificates();
      return shown != null && !shown.isEmpty() && shown.get(0) instanceof X509Certificate own
          ? links.datacenter(own)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  private void came(HttpServerRequest request) {
    Peer peer = peers.get(request.connection());
    if (peer == null || !peer.proof.holds(request.headers())) {
      links.refused("no-hop", "a request without the proof of a hop");
      request
          .response()
          .setStatusCode(403)
          .putHeader("Content-Type", Problem.MEDIA_TYPE)
          .end(
              Json.write(
                  Problem.of(403, "no-hop", "this port takes what other routers forward only")));
      return;
    }
    Optional<String> protocol = peer.connects.protocol(request.streamId());
    asInHttp1(request, protocol.isEmpty() && hasBody(request));
    requests.came(request, new PeerStream(request, peer.proof, protocol));
  }

  /**
   * Gives it the fields by which a request of HTTP/1.1 says to whom it is, and that it has a body
   * of unknown length: in HTTP/2 the frames say that, and the fields are not allowed (RFC 9113,
   * 8.2.2).
   */
  private static void asInHttp1(HttpServerRequest request, boolean hasBody) {
    MultiMap headers = request.headers();
    if (!headers.contains(HOST) && request.authority() != null) {
      headers.set(HOST, request.authority().toString());
    }
    headers.remove(CODING);
    if (!headers.contains(LENGTH) && hasBody) {
      headers.set(CODING, "chunked");
    }
  }

  /** Whether more than the head is to come. */
  private static boolean hasBody(HttpServerRequest request) {
    Http2Stream stream =
        handler(request.connection()).connection().stream(
            Math.toIntExact(request.response().streamId()));
    return stream != null && stream.state().remoteSideOpen();
  }

  private static Http2ConnectionHandler handler(HttpConnection peer) {
    return ((ConnectionBase) peer).channel().pipeline().get(Http2ConnectionHandler.class);
  }

  /** Peers send what comes next elsewhere: to the router that takes over. Any thread. */
  void sayFarewell() {
    onLoop(loop -> peers.keySet().forEach(peer -> goAway(peer, Integer.MAX_VALUE)));
  }

  /** Waits for the requests under way, closing what has none, then closes all. Any thread. */
  Future<Void> drain(Duration atMost) {
    HttpServer now = server;
    if (now == null) {
      return Future.succeededFuture();
    }
    long untilNanos = System.nanoTime() + atMost.toNanos();
    Promise<Void> quiet = Promise.promise();
    onLoop(
        loop -> {
          leaving = true;
          peers.keySet().forEach(peer -> goAway(peer, Integer.MAX_VALUE));
          closeQuiet(loop, untilNanos, quiet);
        });
    return quiet.future().compose(ignored -> now.shutdown(LAST));
  }

  /** Takes leave where nothing is under way, now and again until that is everywhere. */
  private void closeQuiet(Context loop, long untilNanos, Promise<Void> quiet) {
    for (HttpConnection peer : List.copyOf(peers.keySet())) {
      if (handler(peer).connection().numActiveStreams() == 0 && left.add(peer)) {
        leave(peer);
      }
    }
    if (peers.isEmpty() || System.nanoTime() - untilNanos >= 0) {
      quiet.complete();
    } else {
      loop.owner().setTimer(LOOK_MILLIS, ignored -> closeQuiet(loop, untilNanos, quiet));
    }
  }

  /**
   * Says farewell for good, hears nothing more, and lets the peer close. Requests that are on their
   * way then are disowned: the peer must be able to read that, and a socket that is closed over
   * unread bytes is reset, and what it was sent last is lost. Nor may Netty read them: it takes
   * what follows the head of a request that is disowned for an error.
   */
  private static void leave(HttpConnection peer) {
    goAway(peer, handler(peer).connection().remote().lastStreamCreated());
    ChannelPipeline pipeline = ((ConnectionBase) peer).channel().pipeline();
    pipeline.addFirst(
        new ChannelInboundHandlerAdapter() {
          @Override
          public void channelRead(ChannelHandlerContext from, Object message) {
            ReferenceCountUtil.release(message);
          }
        });
    ChannelHandlerContext lowest = pipeline.firstContext();
    lowest.executor().schedule(() -> lowest.close(), LINGER.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void onLoop(Consumer<Context> task) {
    Context loop = context;
    if (loop != null) {
      loop.runOnContext(ignored -> task.accept(loop));
    }
  }

  /**
   * Says up to which request this router looks at them: first all that are on their way, at last
   * those that have come (RFC 9113, 6.8). The peer sends the others again, to another router.
   */
  private static void goAway(HttpConnection peer, int last) {
    ChannelHandlerContext on = ((ConnectionBase) peer).channelHandlerContext();
    handler(peer).goAway(on, last, 0, Unpooled.EMPTY_BUFFER, on.newPromise());
    on.flush();
  }
}
