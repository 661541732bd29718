package io.homecell.router.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/2 connection, to a cell's instance or another router. Belongs to one event loop.
 *
 * <p>Streams are made below Vert.x's own counting of them: there a request that was given up before
 * its head was sent counts for ever.
 */
public final class StreamConnection {
  /** Told what becomes of it. */
  public interface Owner {
    /** A stream has ended, or the peer takes no more of them. */
    void changed(StreamConnection connection);

    void closed(StreamConnection connection);
  }

  /** RFC 8441, 3. */
  private static final int ENABLE_CONNECT_PROTOCOL = 0x8;

  private static final int PING_BYTES = 8;
  private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final HttpClientConnection http;
  private final io.vertx.core.http.impl.HttpClientConnection streams;
  private final Owner owner;
  private final int streamsMax;
  private final StreamCarrier.Trailing trailing;
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
  private long idleSinceNanos;
  private boolean used;

  /**
   * @param streamsMax requests at once; the other side may allow fewer
   * @param trailing how the fields behind a body are sent
   */
  public StreamConnection(
      HttpClientConnection http,
      Owner owner,
      int streamsMax,
      StreamCarrier.Trailing trailing,
      long nowNanos) {
    this.http = http;
    this.trailing = trailing;
    this.idleSinceNanos = nowNanos;
    this.owner = owner;
    this.streamsMax = streamsMax;
    this.pingedAtNanos = nowNanos;
    this.openedAtNanos = nowNanos;
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
                owner.changed(StreamConnection.this);
                closeIfDone();
              }
            });
  }

  /** The one of several with the fewest requests that has room for one more, if any has. */
  public static @Nullable StreamConnection leastBusy(List<StreamConnection> several) {
    StreamConnection best = null;
    for (StreamConnection one : several) {
      if (one.hasRoom() && (best == null || one.active < best.active)) {
        best = one;
      }
    }
    return best;
  }

  /** How many of several are not about to end. */
  public static int usable(List<StreamConnection> several) {
    int usable = 0;
    for (StreamConnection one : several) {
      usable += one.isUsable() ? 1 : 0;
    }
    return usable;
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
  public boolean hasRoom() {
    return isUsable() && active < Math.min(streamsMax, http.maxActiveStreams());
  }

  /** Whether it is not about to end. */
  public boolean isUsable() {
    return !leaving && !closed;
  }

  /** Whether the peer is leaving a connection that was hardly made: it stops. Said once. */
  public boolean hasLeftSoon(long nowNanos) {
    boolean soon = leaving && !leftSaid && nowNanos - openedAtNanos < SOON_NANOS;
    leftSaid |= leaving;
    return soon;
  }

  public int active() {
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

  /** A stream of it; there is room for one. */
  public StreamCarrier stream(StreamCarrier.Watch watch) {
    boolean reused = used && active == 0;
    active++;
    used = true;
    return new StreamCarrier(this, watch, reused);
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

  /** Ends a request with fields behind its body. */
  void endWith(MultiMap trailers, OpenStream opened) {
    trailing.end(opened.request(), opened.stream(), trailers);
  }

  void ended() {
    active--;
    idleSinceNanos = System.nanoTime();
    owner.changed(this);
    closeIfDone();
  }

  /** Whether it has carried nothing for so long. */
  public boolean isIdleLongerThan(long nanos, long nowNanos) {
    return active == 0 && nowNanos - idleSinceNanos > nanos;
  }

  /** Takes no more requests, and ends with the last of those under way. */
  public void leave() {
    leaving = true;
    closeIfDone();
  }

  private void closeIfDone() {
    if (leaving && active == 0 && !closed) {
      http.close();
    }
  }

  /**
   * Pings now and then.
   *
   * @param every how often
   * @param within for the answer
   * @param pinged told how many nanoseconds each round trip took
   * @return whether the answer is overdue: then it has been cut off
   */
  public boolean isSilent(Duration every, Duration within, LongConsumer pinged, long nowNanos) {
    if (closed) {
      return false;
    }
    if (pongDue) {
      overdueLooks = nowNanos - pingedAtNanos > within.toNanos() ? overdueLooks + 1 : 0;
      // Not at the first look: when this loop was held up, the answer may wait to be read.
      boolean silent = overdueLooks > 2;
      if (silent) {
        cut();
      }
      return silent;
    }
    if (nowNanos - pingedAtNanos > every.toNanos()) {
      ping(pinged, nowNanos);
    }
    return false;
  }

  private void ping(LongConsumer pinged, long nowNanos) {
    pings++;
    pongDue = true;
    overdueLooks = 0;
    pingedAtNanos = nowNanos;
    http.ping(Buffer.buffer(PING_BYTES).appendLong(pings))
        .onSuccess(
            pong -> {
              pongDue = false;
              pinged.accept(System.nanoTime() - nowNanos);
            });
  }

  /** Closes the socket itself: a farewell to a peer that does not answer would wait for it. */
  // The connection's close handler tells its owner.
  @SuppressWarnings("FutureReturnValueIgnored")
  public void cut() {
    ChannelHandlerContext lowest = channel().pipeline().firstContext();
    if (lowest != null) {
      lowest.close();
    }
  }
}
