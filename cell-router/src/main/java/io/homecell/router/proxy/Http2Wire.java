package io.homecell.router.proxy;

import io.homecell.router.RouterSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AttributeKey;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client's HTTP/2 connection below Vert.x: first in the pipeline, and at Netty's frames.
 *
 * <p>What it upholds: a client moves as many bytes in each window as it must, in each stream where
 * it is its turn, be it that it does not send, does not allow what it asked for to be sent, or does
 * not read its socket; a stream that is too slow is ended alone, and a connection without streams
 * after a while. An answer that came before the end of its request's body ends the stream when it
 * is out. A connection on which nothing passes for long is closed, unless a WebSocket is on it,
 * which has its own time. Belongs to one event loop.
 */
// Whoever waits for what passes here has given a promise along.
@SuppressWarnings("FutureReturnValueIgnored")
final class Http2Wire extends ChannelDuplexHandler implements ClientConnection, Http2Frames.Owner {
  /** Told what a client did wrong. */
  interface Owner {
    void tooSlow(ClientWire.Stage stage);

    void unreadable();

    /** The connection ends because of the client. */
    void broken(String error);

    void closed(Http2Wire wire);
  }

  private static final AttributeKey<Http2Wire> KEY = AttributeKey.valueOf("homecell-http2-wire");

  private final Http2ConnectionHandler handler;
  private final Optional<FrameWatch> frames;
  private final Http2Connection connection;
  private final Http2Connection.PropertyKey key;
  private final ExtendedConnect connects;
  private final Owner owner;
  private final Forwarding forwarding;
  private final RouterSettings settings;
  private final Pace socketPace;
  private final Silence silence;
  private @Nullable ChannelHandlerContext context;
  private long bytesIn;
  private long bytesOut;
  private long allowedBytes;
  private int streamWindow;
  private long idleSinceNanos;
  private boolean farewell;

  private Http2Wire(
      HttpConnection http,
      Http2ConnectionHandler handler,
      Optional<FrameWatch> frames,
      Owner owner,
      RouterSettings settings,
      long nowNanos) {
    this.handler = handler;
    this.frames = frames;
    this.connection = handler.connection();
    this.key = connection.newKey();
    this.connects = ExtendedConnect.under(handler);
    this.owner = owner;
    this.settings = settings;
    this.forwarding = Forwarding.of(http, settings.clients().trusted());
    this.socketPace = pace();
    this.streamWindow = handler.encoder().flowController().initialWindowSize();
    this.idleSinceNanos = nowNanos;
    this.silence = new Silence(settings.clientIdleTimeout(), nowNanos);
    this.allowedBytes = windowBytes();
  }

  private int windowBytes() {
    return handler.encoder().flowController().windowSize(connection.connectionStream());
  }

  /** Of bodies of answers: what the client has allowed, less what it allows still. */
  private long sentBytes() {
    return allowedBytes - windowBytes();
  }

  private Pace pace() {
    return new Pace(
        settings.clients().progressWithin().toNanos(), settings.clients().progressBytesMin());
  }

  /** Puts one under a connection whose first frame was just read, if it speaks HTTP/2. */
  static Optional<Http2Wire> under(
      HttpConnection http, Owner owner, RouterSettings settings, long nowNanos) {
    if (!(http instanceof ConnectionBase base)) {
      return Optional.empty();
    }
    Http2ConnectionHandler handler = base.channel().pipeline().get(Http2ConnectionHandler.class);
    if (handler == null) {
      return Optional.empty();
    }
    Optional<FrameWatch> frames = FrameWatch.of(base.channel());
    Http2Wire wire = new Http2Wire(http, handler, frames, owner, settings, nowNanos);
    handler.decoder().frameListener(new Http2Frames(handler.decoder().frameListener(), wire));
    frames.ifPresent(all -> all.serves(wire::sentBytes));
    wire.connection.addListener(wire.new Ends());
    base.channel().attr(KEY).set(wire);
    base.channel().pipeline().addFirst(wire);
    return Optional.of(wire);
  }

  /** The one under a connection. */
  static Optional<Http2Wire> of(HttpConnection http) {
    return http instanceof ConnectionBase base
        ? Optional.ofNullable(base.channel().attr(KEY).get())
        : Optional.empty();
  }

  /** Streams and connections that end. */
  private final class Ends extends Http2ConnectionAdapter {
    @Override
    public void onStreamHalfClosed(Http2Stream closed) {
      ClientStream stream = closed.getProperty(key);
      if (stream != null && stream.isToEnd()) {
        // Not in the middle of Netty's own doing.
        in(here -> here.executor().execute(() -> reset(closed, Http2Error.NO_ERROR)));
      }
    }

    @Override
    public void onStreamClosed(Http2Stream closed) {
      if (connection.numActiveStreams() == 0) {
        idleSinceNanos = System.nanoTime();
      }
    }

    @Override
    public void onGoAwaySent(int lastStreamId, long errorCode, ByteBuf debugData) {
      if (errorCode != Http2Error.NO_ERROR.code()) {
        Http2Error error = Http2Error.valueOf(errorCode);
        owner.broken(error == null ? "other" : error.name().toLowerCase(Locale.ROOT));
      }
    }
  }

  private interface Doing {
    void with(ChannelHandlerContext here);
  }

  private void in(Doing doing) {
    ChannelHandlerContext here = context;
    if (here != null) {
      doing.with(here);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  Forwarding forwarding() {
    return forwarding;
  }

  private Optional<ClientStream> stream(long id) {
    Http2Stream stream = connection.stream((int) id);
    return stream == null ? Optional.empty() : Optional.ofNullable(stream.getProperty(key));
  }

  /** Whether nothing more comes of a request. */
  boolean isEnded(long streamId) {
    Http2Stream stream = connection.stream((int) streamId);
    return stream == null || !stream.state().remoteSideOpen();
  }

  /** The protocol that a request asks for on its stream, if it does. */
  Optional<String> protocol(long streamId) {
    return connects.protocol(streamId);
  }

  void begins(HttpServerRequest request, Exchange exchange) {
    stream(request.streamId()).ifPresent(stream -> stream.begins(exchange, request.response()));
  }

  void ended(long streamId) {
    stream(streamId).ifPresent(ClientStream::ended);
  }

  /** What came behind a request's body and may go on. */
  MultiMap trailers(long streamId) {
    MultiMap passing = MultiMap.caseInsensitiveMultiMap();
    stream(streamId).ifPresent(stream -> stream.copyTrailers(passing));
    return passing;
  }

  /** Nothing more is heard of a request, once its answer is out. */
  void endWithAnswer(long streamId) {
    stream(streamId)
        .ifPresent(
            stream -> {
              stream.endWithAnswer();
              if (stream.isToEnd()) {
                reset(stream.netty(), Http2Error.NO_ERROR);
              }
            });
  }

  private void reset(Http2Stream stream, Http2Error why) {
    ChannelHandlerContext frames = handlerContext();
    if (frames != null && stream.state() != Http2Stream.State.CLOSED) {
      handler.resetStream(frames, stream.id(), why.code(), frames.newPromise());
      frames.flush();
    }
  }

  private @Nullable ChannelHandlerContext handlerContext() {
    return context == null ? null : context.pipeline().context(handler);
  }

  @Override
  public boolean isHeadDue(int streamId) {
    return stream(streamId).isEmpty();
  }

  @Override
  public void head(int streamId) {
    Http2Stream stream = connection.stream(streamId);
    if (stream != null) {
      stream.setProperty(
          key, new ClientStream(stream, handler.encoder().flowController(), pace(), pace()));
    }
    if (farewell) {
      tellFarewell();
    }
  }

  @Override
  public void trailers(int streamId, Http2Headers fields) {
    MultiMap read = MultiMap.caseInsensitiveMultiMap();
    fields.forEach(field -> read.add(field.getKey(), field.getValue()));
    stream(streamId).ifPresent(stream -> stream.came(read));
  }

  @Override
  public void unreadable() {
    owner.unreadable();
  }

  @Override
  public void credit(int streamId, int bytes) {
    if (streamId == 0) {
      allowedBytes += bytes;
    }
    stream(streamId).ifPresent(stream -> stream.allow(bytes));
  }

  @Override
  public void streamWindow() {
    int now = handler.encoder().flowController().initialWindowSize();
    long more = (long) now - streamWindow;
    streamWindow = now;
    streams().forEach(stream -> stream.allow(more));
  }

  private List<ClientStream> streams() {
    List<ClientStream> streams = new ArrayList<>();
    try {
      connection.forEachActiveStream(
          active -> {
            ClientStream stream = active.getProperty(key);
            if (stream != null) {
              streams.add(stream);
            }
            return true;
          });
    } catch (Http2Exception e) {
      throw new IllegalStateException(e);
    }
    return streams;
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
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
  public void channelInactive(ChannelHandlerContext from) {
    owner.closed(this);
    from.fireChannelInactive();
  }

  @Override
  public void check(long nowNanos) {
    ChannelHandlerContext here = context;
    if (here == null) {
      return;
    }
    boolean waits = SocketQueue.pending(here.channel()) > 0;
    if (waits) {
      // Vert.x leaves a head unflushed if the client has allowed no body yet.
      here.channel().flush();
    }
    if (socketPace.isTooSlow(waits, SocketQueue.taken(here.channel(), bytesOut), nowNanos)) {
      owner.tooSlow(ClientWire.Stage.ANSWER);
      // Over all that is still to be sent: nobody reads it.
      here.close();
      return;
    }
    frames.ifPresent(all -> all.check(nowNanos));
    if (connection.numActiveStreams() == 0) {
      if (nowNanos - idleSinceNanos > settings.clientIdleTimeout().toNanos()) {
        here.channel().close();
      }
      return;
    }
    streams().forEach(stream -> check(stream, nowNanos));
    if (silence.isTooLong(bytesIn + bytesOut, nowNanos) && !hasTunnel()) {
      here.channel().close();
    }
  }

  /** A WebSocket has a bound of its own. */
  private boolean hasTunnel() {
    return streams().stream().anyMatch(stream -> protocol(stream.netty().id()).isPresent());
  }

  private void check(ClientStream stream, long nowNanos) {
    if (stream.refusesSlowBody(nowNanos)) {
      owner.tooSlow(ClientWire.Stage.BODY);
    }
    if (stream.isTakenTooSlowly(nowNanos)) {
      owner.tooSlow(ClientWire.Stage.ANSWER);
      reset(stream.netty(), Http2Error.CANCEL);
    }
  }

  /** Told at once, or with its next request, so that one that has just connected may ask. */
  @Override
  public void sayFarewell() {
    farewell = true;
    if (connection.remote().lastStreamCreated() > 0) {
      tellFarewell();
    }
  }

  private void tellFarewell() {
    if (!connection.goAwaySent()) {
      // Whatever is on its way is served still (RFC 9113, 6.8).
      goAway(Integer.MAX_VALUE);
    }
  }

  @Override
  public void sayLastFarewell() {
    goAway(connection.remote().lastStreamCreated());
  }

  private void goAway(int lastStreamId) {
    ChannelHandlerContext frames = handlerContext();
    if (frames != null) {
      handler.goAway(
          frames,
          lastStreamId,
          Http2Error.NO_ERROR.code(),
          Unpooled.EMPTY_BUFFER,
          frames.newPromise());
      frames.flush();
    }
  }
}
