package io.homecell.router.proxy;

import io.homecell.router.RouterSettings;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP/2 client sends, between TLS and Netty's frames, from the end of the handshake on.
 *
 * <p>What it upholds: the connection's first frame is there in a bounded time after the client was
 * accepted; a frame that has begun ends in a bounded time, and so does a head in several of them;
 * frames that only make work are bounded. Netty waits for the rest of a frame as long as the
 * connection stands. Belongs to one event loop.
 */
// Whoever waits for what is written here waits for the connection's end.
@SuppressWarnings("FutureReturnValueIgnored")
final class FrameWatch extends ChannelInboundHandlerAdapter {
  private static final String HTTP2 = "h2";

  private final RouterSettings settings;
  private final EdgeMetrics metrics;
  private final long acceptedNanos;
  private final FrameScan scan = new FrameScan();
  private final FrameFlood flood;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Future<?> greeting;
  private @Nullable LongSupplier sentBytes;
  private long amid;
  private long amidSinceNanos;
  private boolean over;

  FrameWatch(RouterSettings settings, EdgeMetrics metrics, long acceptedNanos) {
    this.settings = settings;
    this.metrics = metrics;
    this.acceptedNanos = acceptedNanos;
    this.flood = new FrameFlood(settings.tls(), acceptedNanos);
  }

  /** Puts one above the TLS of each connection that was just accepted, if it turns to HTTP/2. */
  static void above(SslHandler tls, RouterSettings settings, EdgeMetrics metrics) {
    long acceptedNanos = System.nanoTime();
    tls.handshakeFuture()
        .addListener(
            (Future<Channel> shaken) -> {
              if (shaken.isSuccess() && HTTP2.equals(tls.applicationProtocol())) {
                Channel channel = shaken.getNow();
                String name = channel.pipeline().context(tls).name();
                channel
                    .pipeline()
                    .addAfter(name, null, new FrameWatch(settings, metrics, acceptedNanos));
              }
            });
  }

  /** The one of a connection whose first frame has come. */
  static Optional<FrameWatch> of(Channel channel) {
    return Optional.ofNullable(channel.pipeline().get(FrameWatch.class));
  }

  /**
   * Requests are made of what comes from now on.
   *
   * @param bytes of bodies of answers that were sent since the connection began
   */
  void serves(LongSupplier bytes) {
    sentBytes = bytes;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    long leftNanos =
        settings.clients().headWithin().toNanos() - (System.nanoTime() - acceptedNanos);
    if (leftNanos <= 0) {
      // What came with the end of the handshake would be read before any timer.
      tooSlow(ClientWire.Stage.HEAD);
      return;
    }
    greeting =
        added
            .executor()
            .schedule(() -> tooSlow(ClientWire.Stage.HEAD), leftNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    if (message instanceof ByteBuf bytes && !over && !scan.read(bytes, this::isWithinBounds)) {
      calmDown(from);
    }
    if (over) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (greeting != null && scan.isGreeted()) {
      greeted();
    }
    from.fireChannelRead(message);
  }

  private boolean isWithinBounds(int type, int flags, int payloadBytes) {
    LongSupplier sent = sentBytes;
    return !FrameFlood.isCounted(type, flags, payloadBytes)
        || flood.allows(type, sent == null ? 0 : sent.getAsLong(), System.nanoTime());
  }

  private void calmDown(ChannelHandlerContext from) {
    over = true;
    if (sentBytes == null) {
      // Nobody else hears of it.
      metrics.http2Broken(Http2Error.ENHANCE_YOUR_CALM.name().toLowerCase(Locale.ROOT));
    }
    Http2ConnectionHandler handler = from.pipeline().get(Http2ConnectionHandler.class);
    if (handler == null) {
      from.close();
      return;
    }
    handler.onError(
        from.pipeline().context(handler),
        false,
        Http2Exception.connectionError(
            Http2Error.ENHANCE_YOUR_CALM, "too many frames that carry nothing, or resets"));
  }

  private void greeted() {
    Future<?> due = greeting;
    greeting = null;
    if (due != null) {
      due.cancel(false);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) {
    greeted();
    from.fireChannelInactive();
  }

  /** Called a few times a second, once the first frame came. */
  void check(long nowNanos) {
    if (!scan.isAmid()) {
      amid = 0;
      return;
    }
    if (amid != scan.begun()) {
      amid = scan.begun();
      amidSinceNanos = nowNanos;
      return;
    }
    boolean body = scan.isAmidBody();
    long bound =
        (body ? settings.clients().progressWithin() : settings.clients().headWithin()).toNanos();
    if (nowNanos - amidSinceNanos > bound) {
      tooSlow(body ? ClientWire.Stage.BODY : ClientWire.Stage.HEAD);
    }
  }

  private void tooSlow(ClientWire.Stage stage) {
    ChannelHandlerContext here = context;
    if (over || here == null) {
      return;
    }
    over = true;
    metrics.slowClient(stage);
    here.channel().close();
  }
}
