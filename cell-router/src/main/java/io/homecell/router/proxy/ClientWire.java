package io.homecell.router.proxy;

import io.homecell.router.ClientTerms;
import io.homecell.router.RouterSettings;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.Http1ServerConfig;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection below HTTP, where the socket's bytes pass: first in the pipeline.
 *
 * <p>What it upholds: a client is given a bounded time for a head, and for each of the next bytes
 * of a body or an answer; what comes on a connection whose client was told that it closes is
 * dropped unread, so that nothing in it is ever taken for a request; and such a client has time to
 * read what it was told, since a socket closed over unread bytes is reset, and the answer lost (RFC
 * 9112, 9.6). Counting costs two additions a read. Belongs to one event loop.
 */
// Whoever waits for what passes here has given a promise along.
@SuppressWarnings("FutureReturnValueIgnored")
final class ClientWire extends ChannelDuplexHandler implements ClientConnection {
  /** Told what a client was too slow with. */
  interface Owner {
    void tooSlow(Stage stage);

    void closed(ClientWire wire);
  }

  /** What a client can be slow with. */
  enum Stage {
    HEAD("head"),
    BODY("body"),
    ANSWER("answer");

    private final String word;

    Stage(String word) {
      this.word = word;
    }

    /** For metrics. */
    String word() {
      return word;
    }
  }

  private static final AttributeKey<ClientWire> KEY = AttributeKey.valueOf("homecell-client-wire");
  private static final String DECODER = "httpDecoder";
  private static final Duration LINGER = Duration.ofMillis(500);
  private static final byte[] TIMED_OUT =
      "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final Owner owner;
  private final Forwarding forwarding;
  private final StrictRequestDecoder decoder;
  private final long headNanos;
  private final Silence silence;
  private final Pace bodyPace;
  private final Pace answerPace;
  private @Nullable ChannelHandlerContext context;
  private @Nullable Exchange exchange;
  private long bytesIn;
  private long bytesOut;
  private long bytesBeforeHead;
  private boolean headDue = true;
  private long headSinceNanos;
  private boolean closing;
  private boolean lingering;

  private ClientWire(
      Owner owner,
      Forwarding forwarding,
      Http1ServerConfig bounds,
      RouterSettings settings,
      long nowNanos) {
    ClientTerms terms = settings.clients();
    this.owner = owner;
    this.forwarding = forwarding;
    this.decoder = new StrictRequestDecoder(bounds, this::cameEarly);
    this.headNanos = terms.headWithin().toNanos();
    this.silence = new Silence(settings.clientIdleTimeout(), nowNanos);
    long window = terms.progressWithin().toNanos();
    this.bodyPace = new Pace(window, terms.progressBytesMin());
    this.answerPace = new Pace(window, terms.progressBytesMin());
    this.headSinceNanos = nowNanos;
  }

  /** Puts one under a connection that was just accepted; HTTP/2 frames itself and needs none. */
  static Optional<ClientWire> under(
      HttpConnection connection,
      Http1ServerConfig bounds,
      RouterSettings settings,
      Owner owner,
      long nowNanos) {
    if (!(connection instanceof ConnectionBase base)
        || base.channel().pipeline().get(DECODER) == null) {
      return Optional.empty();
    }
    Forwarding forwarding = Forwarding.of(connection, settings.clients().trusted());
    ClientWire wire = new ClientWire(owner, forwarding, bounds, settings, nowNanos);
    base.channel().attr(KEY).set(wire);
    base.channel().pipeline().replace(DECODER, DECODER, wire.decoder);
    base.channel().pipeline().addFirst(wire);
    return Optional.of(wire);
  }

  /** The one under a connection. */
  static Optional<ClientWire> of(HttpConnection connection) {
    return connection instanceof ConnectionBase base
        ? Optional.ofNullable(base.channel().attr(KEY).get())
        : Optional.empty();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  private void cameEarly() {
    if (exchange != null) {
      exchange.upgrade().ifPresent(Upgrade::cameEarly);
    }
  }

  /** Whether bytes came behind a handshake, which are dropped. */
  boolean isEarly() {
    return decoder.isEarly();
  }

  /** A handshake was declined: what comes is read as requests again. */
  void goesOn() {
    decoder.goOn();
  }

  Optional<Channel> channel() {
    return Optional.ofNullable(context).map(ChannelHandlerContext::channel);
  }

  Forwarding forwarding() {
    return forwarding;
  }

  /** A head was read whole. */
  void begins(Exchange begun) {
    exchange = begun;
    headDue = false;
  }

  /** An exchange is over. */
  void ended(Exchange over) {
    if (exchange == over) {
      exchange = null;
      bytesBeforeHead = decoder.bytes();
    }
  }

  /** Whether no request is read from it any more. */
  boolean isClosing() {
    return closing;
  }

  /** From now on nothing that comes is a request: the client is told so. */
  void closing() {
    closing = true;
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    if (lingering) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (message instanceof ByteBuf bytes) {
      bytesIn += bytes.readableBytes();
    }
    from.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext from, Object message, ChannelPromise promise) {
    if (message instanceof ByteBuf bytes) {
      bytesOut += bytes.readableBytes();
    }
    from.write(message, promise);
  }

  @Override
  public void close(ChannelHandlerContext from, ChannelPromise promise) {
    if (!closing || lingering || !from.channel().isActive()) {
      from.close(promise);
      return;
    }
    lingering = true;
    if (from.channel() instanceof DuplexChannel duplex) {
      duplex.shutdownOutput();
    }
    from.channel().config().setAutoRead(true);
    from.executor().schedule(() -> from.close(promise), LINGER.toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) {
    owner.closed(this);
    from.fireChannelInactive();
  }

  @Override
  public void check(long nowNanos) {
    Exchange current = exchange;
    ChannelHandlerContext here = context;
    if (lingering || here == null) {
      return;
    }
    if (current == null && !closing) {
      checkHead(nowNanos);
    } else if (current != null && bodyPace.isTooSlow(current.waitsForBody(), bytesIn, nowNanos)) {
      owner.tooSlow(Stage.BODY);
      current.bodyTooSlow();
    }
    boolean waits = SocketQueue.pending(here.channel()) > 0;
    long taken = SocketQueue.taken(here.channel(), bytesOut);
    if (answerPace.isTooSlow(waits, taken, nowNanos)) {
      owner.tooSlow(Stage.ANSWER);
      breakOff();
    } else if (silence.isTooLong(bytesIn + taken, nowNanos) && !isTunnel(current)) {
      here.channel().close();
    }
  }

  /** A WebSocket has a bound of its own. */
  private static boolean isTunnel(@Nullable Exchange current) {
    return current != null && current.upgrade().filter(Upgrade::isOpen).isPresent();
  }

  /** The first head is due at once, each later one from its first byte on. */
  private void checkHead(long nowNanos) {
    if (!headDue && decoder.bytes() > bytesBeforeHead) {
      headDue = true;
      headSinceNanos = nowNanos;
    }
    if (headDue && nowNanos - headSinceNanos > headNanos) {
      headDue = false;
      owner.tooSlow(Stage.HEAD);
      closing = true;
      refuseHead();
    }
  }

  private void refuseHead() {
    ChannelHandlerContext here = context;
    if (here == null) {
      return;
    }
    // Who has sent nothing has asked nothing: browsers connect in advance.
    if (decoder.bytes() > bytesBeforeHead) {
      // From where HTTP begins: below it, bytes may have to be encrypted.
      here.pipeline()
          .context(DECODER)
          .writeAndFlush(here.alloc().buffer(TIMED_OUT.length).writeBytes(TIMED_OUT));
    }
    here.channel().close();
  }

  /** It is told with its next answer. */
  @Override
  public void sayFarewell() {}

  @Override
  public void sayLastFarewell() {}

  /** Closes it over all that is still to be sent: nobody reads it. */
  private void breakOff() {
    ChannelHandlerContext here = context;
    if (here != null) {
      here.close();
    }
  }
}
