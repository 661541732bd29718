package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection that was HTTP/1.1, in the pipeline of its channel. What comes before the tunnel is
 * open is kept, and no more of it is read: at most what one read has brought. Vert.x's handler
 * stays behind it, so that everything that waits for the connection's end still hears of it.
 */
// Whoever waits for what passes here has given a promise along.
@SuppressWarnings("FutureReturnValueIgnored")
public final class SocketEnd extends TunnelEnd {
  private static final String TLS = "ssl";
  private static final String DECODER = "httpDecoder";
  private static final String HANDLER = "handler";
  private static final String IDLE = "idle";

  private final Channel channel;
  private final boolean cell;
  private final Deque<ByteBuf> early = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private boolean begun;

  private SocketEnd(Channel channel, boolean cell) {
    this.channel = channel;
    this.cell = cell;
  }

  /** The connection of a client. */
  public static TunnelEnd ofClient(Channel channel) {
    return new SocketEnd(channel, false);
  }

  /** The connection to a cell. */
  public static TunnelEnd ofCell(Channel channel) {
    return new SocketEnd(channel, true);
  }

  @Override
  void take() {
    if (cell) {
      // Behind the codec for now: it may have read the first frames together with the 101.
      channel.pipeline().addBefore(HANDLER, null, new Bytes());
      return;
    }
    if (channel.pipeline().get(IDLE) != null) {
      channel.pipeline().remove(IDLE);
    }
    // What the client sends passes no decoder, and what it is sent no encoder.
    channel.pipeline().addBefore(DECODER, null, new Bytes());
  }

  private void drop() {
    early.forEach(ByteBuf::release);
    early.clear();
  }

  @Override
  void begin() {
    if (cell) {
      channel.pipeline().remove(HttpClientCodec.class);
    }
    begun = true;
    while (!early.isEmpty()) {
      tunnel().came(this, early.removeFirst());
    }
    tunnel().readComplete(this);
    tunnel().readOn(this);
  }

  private final class Bytes extends ChannelInboundHandlerAdapter {
    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      context = added;
      channel.config().setAutoRead(false);
      channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
      drop();
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
      if (!(message instanceof ByteBuf bytes)) {
        from.fireChannelRead(message);
      } else if (begun) {
        tunnel().came(SocketEnd.this, bytes);
      } else {
        early.addLast(bytes);
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext from) {
      if (begun) {
        tunnel().readComplete(SocketEnd.this);
      }
      from.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext from) {
      if (channel.isWritable()) {
        tunnel().writable(SocketEnd.this);
      }
      from.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext from, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        tunnel().inputEnded(SocketEnd.this);
      } else {
        from.fireUserEventTriggered(event);
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext from) {
      tunnel().closed(SocketEnd.this);
      drop();
      from.fireChannelInactive();
    }
  }

  @Override
  void write(ByteBuf bytes) {
    context().write(bytes);
  }

  @Override
  void flush() {
    context().flush();
  }

  @Override
  boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  void pause() {
    channel.config().setAutoRead(false);
  }

  @Override
  void resume() {
    if (!channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  @Override
  boolean endOutput() {
    if (!(channel instanceof DuplexChannel duplex) || channel.pipeline().get(TLS) != null) {
      return false;
    }
    context()
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            sent -> {
              if (sent.isSuccess()) {
                duplex.shutdownOutput();
              }
            });
    return true;
  }

  @Override
  void closeWhenFlushed(long atMostMillis) {
    drop();
    ChannelFuture sent = context().writeAndFlush(Unpooled.EMPTY_BUFFER);
    sent.addListener(ignored -> closeNow());
    if (!sent.isDone() && atMostMillis > 0) {
      channel.eventLoop().schedule(this::closeNow, atMostMillis, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  void closeNow() {
    drop();
    channel.close();
  }

  private ChannelHandlerContext context() {
    ChannelHandlerContext here = context;
    if (here == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return here;
  }
}
