package io.homecell.router.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.http.HttpClientConnection;
import io.vertx.core.http.impl.UnpooledHttpClientConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.Optional;

/**
 * An upstream's connection below HTTP: first in the pipeline.
 *
 * <p>What it upholds: a connection on which bytes came behind an answer is not used again. The
 * decoder keeps them, and they would be the beginning of the next answer: that is how an answer
 * with a wrong length gets to another client. Vert.x closes if they are a whole head, not if they
 * are a part of one.
 */
final class UpstreamWire extends ChannelInboundHandlerAdapter {
  private static final String HANDLER = "handler";

  private final UpstreamConnection connection;
  private boolean kept;
  private boolean unknown;

  private UpstreamWire(UpstreamConnection connection) {
    this.connection = connection;
  }

  /** Puts one under a connection of HTTP/1.1. */
  static void under(UpstreamConnection connection) {
    channel(connection.http())
        .ifPresent(
            channel -> {
              channel.pipeline().addFirst(new UpstreamWire(connection));
              channel.pipeline().addBefore(HANDLER, null, new UpstreamMessages(connection));
            });
  }

  /** The channel of a connection of HTTP/1.1. */
  static Optional<Channel> channel(HttpClientConnection http) {
    return http instanceof UnpooledHttpClientConnection unpooled
            && unpooled.unwrap() instanceof ConnectionBase base
        ? Optional.of(base.channel())
        : Optional.empty();
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    if (!(message instanceof ByteBuf bytes)) {
      from.fireChannelRead(message);
      return;
    }
    // The decoder reads from this very buffer, unless it has kept some of the one before.
    bytes.retain();
    try {
      from.fireChannelRead(bytes);
      unknown |= kept;
      kept = bytes.isReadable();
    } finally {
      bytes.release();
    }
    if ((kept || unknown) && !connection.isBusy()) {
      connection.discard();
    }
  }
}
