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
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One side of a {@link Tunnel}, in the pipeline of its channel. What comes before the tunnel is
 * open is kept, and no more of it is read: at most what one read has brought. Vert.x's handler
 * stays behind it, so that everything that waits for the connection's end still hears of it.
 */
// Whoever waits for what passes here has given a promise along.
@SuppressWarnings("FutureReturnValueIgnored")
final class TunnelEnd extends ChannelInboundHandlerAdapter {
  private static final String TLS = "ssl";

  private final Tunnel tunnel;
  private final Channel channel;
  private final Deque<ByteBuf> early = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;
  private boolean begun;

  TunnelEnd(Tunnel tunnel, Channel channel) {
    this.tunnel = tunnel;
    this.channel = channel;
  }

  Channel channel() {
    return channel;
  }

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

  private void drop() {
    early.forEach(ByteBuf::release);
    early.clear();
  }

  /** Lets what came pass, and reads on. */
  void begin() {
    begun = true;
    while (!early.isEmpty()) {
      tunnel.came(this, early.removeFirst());
    }
    tunnel.readComplete(this);
    tunnel.readOn(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    if (!(message instanceof ByteBuf bytes)) {
      from.fireChannelRead(message);
    } else if (begun) {
      tunnel.came(this, bytes);
    } else {
      early.addLast(bytes);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext from) {
    if (begun) {
      tunnel.readComplete(this);
    }
    from.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext from) {
    if (channel.isWritable()) {
      tunnel.writable(this);
    }
    from.fireChannelWritabilityChanged();
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      tunnel.inputEnded(this);
    } else {
      from.fireUserEventTriggered(event);
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) {
    tunnel.closed(this);
    drop();
    from.fireChannelInactive();
  }

  /** Writes what the other side has sent, and stops to read there while it is not taken. */
  void write(ByteBuf bytes, TunnelEnd other) {
    context().write(bytes);
    if (!channel.isWritable()) {
      other.channel.config().setAutoRead(false);
    }
  }

  void flush() {
    context().flush();
  }

  void resume() {
    if (!channel.config().isAutoRead()) {
      channel.config().setAutoRead(true);
    }
  }

  /** Says that no more will come, when all before is sent; whether that can be said. */
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

  /**
   * @param atMostMillis for what is still to be sent; 0 if somebody else sees to that
   */
  void closeWhenFlushed(long atMostMillis) {
    drop();
    ChannelFuture sent = context().writeAndFlush(Unpooled.EMPTY_BUFFER);
    sent.addListener(ignored -> closeNow());
    if (!sent.isDone() && atMostMillis > 0) {
      channel.eventLoop().schedule(this::closeNow, atMostMillis, TimeUnit.MILLISECONDS);
    }
  }

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
