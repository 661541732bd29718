package io.homecell.router.link;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;

/**
 * One HTTP/2 connection to another router. Belongs to one event loop.
 *
 * <p>Streams are made below Vert.x's own counting of them: there a request that was given up before
 * its head was sent counts for ever.
 */
final class LinkConnection {
  /** Told what becomes of it. */
  interface Owner {
    /** A stream has ended, or the peer takes no more of them. */
    void changed(LinkConnection connection);

    void closed(LinkConnection connection);
  }

  /** RFC 8441, 3. */
  private static final int ENABLE_CONNECT_PROTOCOL = 0x8;

  private static final int PING_BYTES = 8;
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final HttpClientConnection http;
  private final io.vertx.core.http.impl.HttpClientConnection streams;
  private final Owner owner;
  private final int streamsMax;
  private int lastProcessed = Integer.MAX_VALUE;
  private int active;
  private boolean leaving;
  private boolean closed;
  private boolean leftSaid;
  private final long openedAtNanos;
  private long pings;
  private boolean pongDue;
  private int overdueLooks;
  private long pingedAtNanos;
  private long unusedSinceNanos;

  LinkConnection(HttpClientConnection http, Owner owner, int streamsMax, long nowNanos) {
    this.http = http;
    this.owner = owner;
    this.streamsMax = streamsMax;
    this.pingedAtNanos = nowNanos;
    this.openedAtNanos = nowNanos;
    this.unusedSinceNanos = nowNanos;
    this.streams = ((UnpooledHttpClientConnection) http).unwrap();
    http.closeHandler(
        ignored -> {
          closed = true;
          owner.closed(this);
        });
    http.exceptionHandler(ignored -> cut());
    channel()
        .pipeline()
        .get(Http2ConnectionHandler.class)
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              // Called before the streams that the peer has not looked at are closed. A peer that
              // stops says so twice: that it takes no more, then up to where it has come.
              @Override
              public void onGoAwayReceived(int last, long code, ByteBuf data) {
                leaving = true;
                lastProcessed = last;
                owner.changed(LinkConnection.this);
                closeIfDone();
              }
            });
  }

  private Channel channel() {
    return ((ConnectionBase) streams).channel();
  }

  EventExecutor loop() {
    return channel().eventLoop();
  }

  /** Whether the peer has said that it takes WebSockets. */
  boolean takesWebSockets() {
    return http.remoteSettings() instanceof Http2Settings said
        && Long.valueOf(1).equals(said.get(ENABLE_CONNECT_PROTOCOL));
  }

  /** Whether one more request may be sent on it. */
  boolean hasRoom() {
    return isUsable() && active < Math.min(streamsMax, http.maxActiveStreams());
  }

  /** Whether it is not about to end. */
  boolean isUsable() {
    return !leaving && !closed;
  }

  /** Whether the peer is leaving a connection that was hardly made: it stops. Said once. */
  boolean hasLeftSoon(long nowNanos) {
    boolean soon = leaving && !leftSaid && nowNanos - openedAtNanos < SOON_NANOS;
    leftSaid |= leaving;
    return soon;
  }

  int active() {
    return active;
  }

  /** Whether something can still be said on it. */
  boolean isAlive() {
    return !closed && channel().isActive();
  }

  /** The last stream that the peer has looked at, or may still look at. */
  int lastProcessed() {
    return lastProcessed;
  }

  LinkStream stream(LinkState state) {
    active++;
    return new LinkStream(this, state);
  }

  Future<OpenStream> open(RequestOptions options) {
    if (!isUsable()) {
      return Future.failedFuture("the connection takes no more requests");
    }
    ContextInternal context = (ContextInternal) Vertx.currentContext();
    return streams
        .createStream(context)
        .map(stream -> new OpenStream(http, streams, stream, options));
  }

  void ended() {
    active--;
    unusedSinceNanos = System.nanoTime();
    owner.changed(this);
    closeIfDone();
  }

  /** Closes it if nobody has used it for so long. */
  void closeIfUnused(long forNanos, long nowNanos) {
    if (active == 0 && nowNanos - unusedSinceNanos > forNanos) {
      leaving = true;
      leftSaid = true;
      closeIfDone();
    }
  }

  private void closeIfDone() {
    if (leaving && active == 0 && !closed) {
      http.close();
    }
  }

  /**
   * Pings now and then.
   *
   * @return whether the answer is overdue: then it has been cut off
   */
  boolean isSilent(LinkTerms terms, LinkState state, long nowNanos) {
    if (closed) {
      return false;
    }
    if (pongDue) {
      overdueLooks = nowNanos - pingedAtNanos > terms.pongWithin().toNanos() ? overdueLooks + 1 : 0;
      // Not at the first look: when this loop was held up, the answer may wait to be read.
      boolean silent = overdueLooks > 2;
      if (silent) {
        cut();
      }
      return silent;
    }
    if (nowNanos - pingedAtNanos > terms.pingEvery().toNanos()) {
      ping(state, nowNanos);
    }
    return false;
  }

  private void ping(LinkState state, long nowNanos) {
    pings++;
    pongDue = true;
    overdueLooks = 0;
    pingedAtNanos = nowNanos;
    http.ping(Buffer.buffer(PING_BYTES).appendLong(pings))
        .onSuccess(
            pong -> {
              pongDue = false;
              state.pinged(System.nanoTime() - nowNanos);
            });
  }

  /** Closes the socket itself: a farewell to a peer that does not answer would wait for it. */
  // The connection's close handler tells its owner.
  @SuppressWarnings("FutureReturnValueIgnored")
  void cut() {
    ChannelHandlerContext lowest = channel().pipeline().firstContext();
    if (lowest != null) {
      lowest.close();
    }
  }
}
