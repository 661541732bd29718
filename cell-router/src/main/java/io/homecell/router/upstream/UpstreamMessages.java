package io.homecell.router.upstream;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.MultiMap;
import java.util.Map;

/**
 * What Vert.x's client lacks of HTTP/1.1: trailers of a request, and whether an answer was of
 * HTTP/1.0, where lengths are not to be trusted: its connection is not used again.
 */
// Whoever waits for what passes here has given a promise along.
@SuppressWarnings("FutureReturnValueIgnored")
final class UpstreamMessages extends ChannelDuplexHandler {
  private final UpstreamConnection connection;

  UpstreamMessages(UpstreamConnection connection) {
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    if (message instanceof HttpResponse answer
        && !answer.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
      connection.markLast();
    }
    from.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext to, Object message, ChannelPromise promise) {
    MultiMap trailers = connection.trailers();
    if (trailers.isEmpty() || !(message instanceof LastHttpContent last)) {
      to.write(message, promise);
      return;
    }
    connection.trailersSent();
    LastHttpContent trailed = trailed(last);
    for (Map.Entry<String, String> trailer : trailers) {
      trailed.trailingHeaders().add(trailer.getKey(), trailer.getValue());
    }
    to.write(trailed, promise);
  }

  /** A body without a byte comes in one with its head, which must not get lost. */
  private static LastHttpContent trailed(LastHttpContent last) {
    return last instanceof FullHttpRequest whole
        ? new DefaultFullHttpRequest(
            whole.protocolVersion(),
            whole.method(),
            whole.uri(),
            whole.content(),
            whole.headers(),
            new DefaultHttpHeaders())
        : new DefaultLastHttpContent(last.content());
  }
}
