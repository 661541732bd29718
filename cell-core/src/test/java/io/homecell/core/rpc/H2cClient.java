package io.homecell.core.rpc;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Speaks HTTP/2 without TLS from the first byte on, frame by frame: one connection. */
final class H2cClient implements AutoCloseable {
  /**
   * A whole answer.
   *
   * @param trailers empty if there were none
   * @param reset the code that the stream was reset with, -1 if it ended by itself
   */
  record Answer(
      int status,
      Map<String, String> headers,
      byte[] body,
      Map<String, String> trailers,
      long reset) {
    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  private final MultiThreadIoEventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel connection;

  H2cClient(int port) throws InterruptedException {
    connection =
        new Bootstrap()
            .group(loop)
            .channel(NioSocketChannel.class)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forClient().build(),
                            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()));
                  }
                })
            .connect("127.0.0.1", port)
            .sync()
            .channel();
  }

  /** One request on its way. */
  final class Stream {
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private final Http2StreamChannel channel;

    private Stream(Http2StreamChannel channel) {
      this.channel = channel;
      channel.pipeline().addLast(new Reading(answer));
    }

    Stream head(boolean last, String method, String path, String... fields) {
      Http2Headers head =
          new DefaultHttp2Headers().method(method).path(path).scheme("http").authority("h");
      channel.writeAndFlush(new DefaultHttp2HeadersFrame(with(head, fields), last));
      return this;
    }

    Stream data(boolean last, byte[] bytes) {
      channel.writeAndFlush(new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(bytes), last));
      return this;
    }

    Stream trailers(String... fields) {
      channel.writeAndFlush(
          new DefaultHttp2HeadersFrame(with(new DefaultHttp2Headers(), fields), true));
      return this;
    }

    void reset() throws InterruptedException {
      channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL)).sync();
    }

    Answer answer() throws Exception {
      return answer.get(15, TimeUnit.SECONDS);
    }
  }

  private static Http2Headers with(Http2Headers head, String... fields) {
    for (int i = 0; i < fields.length; i += 2) {
      head.add(fields[i], fields[i + 1]);
    }
    return head;
  }

  Stream open() throws Exception {
    return new Stream(
        new Http2StreamChannelBootstrap(connection)
            .handler(new ChannelInboundHandlerAdapter())
            .open()
            .get(5, TimeUnit.SECONDS));
  }

  /** Without a body. */
  Answer ask(String method, String path, String... fields) throws Exception {
    return open().head(true, method, path, fields).answer();
  }

  Answer send(String method, String path, String body, String... fields) throws Exception {
    return open()
        .head(false, method, path, fields)
        .data(true, body.getBytes(StandardCharsets.UTF_8))
        .answer();
  }

  private static final class Reading extends ChannelInboundHandlerAdapter {
    private final CompletableFuture<Answer> answer;
    private final Map<String, String> headers = new TreeMap<>();
    private final Map<String, String> trailers = new TreeMap<>();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private int status;

    Reading(CompletableFuture<Answer> answer) {
      this.answer = answer;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      try {
        if (message instanceof Http2HeadersFrame head) {
          Map<String, String> to = status == 0 ? headers : trailers;
          head.headers()
              .forEach(
                  f ->
                      to.merge(
                          f.getKey().toString(),
                          f.getValue().toString(),
                          (one, other) -> one + ", " + other));
          if (status == 0) {
            status = Integer.parseInt(headers.remove(":status"));
          }
          if (head.isEndStream()) {
            end(-1);
          }
        } else if (message instanceof Http2DataFrame data) {
          byte[] bytes = new byte[data.content().readableBytes()];
          data.content().getBytes(data.content().readerIndex(), bytes);
          body.writeBytes(bytes);
          if (data.isEndStream()) {
            end(-1);
          }
        }
      } finally {
        ReferenceCountUtil.release(message);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof Http2ResetFrame reset) {
        end(reset.errorCode());
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      end(Http2Error.NO_ERROR.code());
    }

    private void end(long reset) {
      answer.complete(new Answer(status, headers, body.toByteArray(), trailers, reset));
    }
  }

  @Override
  public void close() throws Exception {
    connection.close().sync();
    loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
  }
}
