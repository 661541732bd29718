package io.homecell.core.rpc;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Guards one HTTP/1.1 connection: refuses a body over the limit with 413 before it is held in
 * memory, reads the rest of it away so that the client can read the answer, and puts right what
 * Dubbo leaves wrong in an answer's headers. Used by its connection's event loop alone.
 *
 * <p>What it upholds besides: an answer is over for the codec before its client can know that it
 * is. Dubbo writes head, body and end of an answer one by one from a thread of its own; a client
 * that has read as many bytes as the head names may send the next request at once, and if that is
 * answered before the end of the first is written, the codec refuses its head, and its client waits
 * for ever. So what completes an answer by its length is held until the end comes.
 */
final class HttpGuard extends ChannelDuplexHandler {
  /** The largest body of a request, in bytes. */
  static final int BODY_MAX_BYTES = 1 << 20;

  /** How much of a refused body is read away before the connection is closed instead. */
  static final long DISCARD_MAX_BYTES = 32L << 20;

  static final Problem TOO_LARGE =
      Problem.of(
          413, "body-too-large", "the body is larger than " + BODY_MAX_BYTES + " bytes allowed");

  private static final AsciiString UPGRADE_TO_HTTP2 = AsciiString.cached("h2c");

  private final String cell;
  private long bodyBytes;
  private boolean discarding;
  private boolean headOnly;
  private boolean headSent;

  /**
   * How much of an answer's body its client still waits for; negative if the head names nothing.
   */
  private long bytesDue;

  private @Nullable Object held;
  private @Nullable ChannelPromise heldPromise;

  HttpGuard(String cell) {
    this.cell = cell;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    if (message instanceof HttpRequest request) {
      bodyBytes = 0;
      discarding = false;
      headOnly = request.method().equals(HttpMethod.HEAD);
      if (HttpUtil.getContentLength(request, 0L) > BODY_MAX_BYTES) {
        refuse(context, TOO_LARGE);
      } else if (hasBody(request) && !isJson(request)) {
        refuse(context, unsupported(request.headers().get(HttpHeaderNames.CONTENT_TYPE)));
      }
      if (discarding) {
        ReferenceCountUtil.release(message);
        return;
      }
      if (UPGRADE_TO_HTTP2.contentEqualsIgnoreCase(
          request.headers().get(HttpHeaderNames.UPGRADE))) {
        // Behind an upgrade nobody would guard the connection; who wants HTTP/2 begins with it.
        request.headers().remove(HttpHeaderNames.UPGRADE);
      }
      // what is spoken here is JSON: nothing is left to negotiate
      request.headers().set(HttpHeaderNames.ACCEPT, HttpHeaderValues.APPLICATION_JSON);
    }
    if (message instanceof HttpContent content) {
      bodyBytes += content.content().readableBytes();
      if (!discarding && bodyBytes > BODY_MAX_BYTES) {
        // a chunked body: what has been passed on is not yet a whole request, so nothing runs
        refuse(context, TOO_LARGE);
        close(context);
      }
      if (discarding) {
        ReferenceCountUtil.release(message);
        if (bodyBytes > DISCARD_MAX_BYTES) {
          close(context);
        }
        if (message instanceof LastHttpContent) {
          discarding = false;
        }
        return;
      }
    }
    super.channelRead(context, message);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the end of a connection
  private static void close(ChannelHandlerContext context) {
    context.close();
  }

  static Problem unsupported(String contentType) {
    return Problem.of(
        415,
        "unsupported-media-type",
        "Content-Type: " + contentType + " (expected: application/json)");
  }

  private static boolean hasBody(HttpRequest request) {
    return HttpUtil.isTransferEncodingChunked(request)
        || HttpUtil.getContentLength(request, 0L) > 0;
  }

  private static boolean isJson(HttpRequest request) {
    CharSequence type = HttpUtil.getMimeType(request);
    return type == null || HttpHeaderValues.APPLICATION_JSON.contentEqualsIgnoreCase(type);
  }

  private void refuse(ChannelHandlerContext context, Problem problem) {
    discarding = true;
    byte[] body = Json.write(problem).getBytes(StandardCharsets.UTF_8);
    DefaultFullHttpResponse answer =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(problem.status()),
            Unpooled.wrappedBuffer(body));
    answer
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .set(HttpHeaderNames.CONTENT_LENGTH, body.length)
        .set(CellHeaders.SERVED_BY, cell);
    var unused = context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise)
      throws Exception {
    if (message instanceof HttpResponse response) {
      // Dubbo adds a result's content type to its encoder's instead of replacing it
      List<String> types = response.headers().getAll(HttpHeaderNames.CONTENT_TYPE);
      if (types.size() > 1) {
        response.headers().set(HttpHeaderNames.CONTENT_TYPE, types.get(types.size() - 1));
      }
      response.headers().remove("alt-svc").set(CellHeaders.SERVED_BY, cell);
      headSent = false;
      if (headOnly && !(message instanceof LastHttpContent)) {
        // Dubbo writes nothing behind such a head, so that its answer would never end
        headSent = true;
        super.write(context, message, promise);
        super.write(context, LastHttpContent.EMPTY_LAST_CONTENT, context.newPromise());
        return;
      }
    } else if (headSent) {
      ReferenceCountUtil.release(message);
      promise.trySuccess();
      return;
    }
    if (completes(message)) {
      held = message;
      heldPromise = promise;
      return;
    }
    Object first = held;
    ChannelPromise firstPromise = heldPromise;
    if (first != null && firstPromise != null) {
      held = null;
      heldPromise = null;
      super.write(context, first, firstPromise);
    }
    super.write(context, message, promise);
  }

  /**
   * Whether its client would take the answer for whole with this, though its end is still to come.
   */
  private boolean completes(Object message) {
    if (message instanceof LastHttpContent) {
      return false;
    }
    if (message instanceof HttpResponse response) {
      bytesDue = HttpUtil.getContentLength(response, -1L);
      return bytesDue == 0;
    }
    if (message instanceof ByteBuf bytes && bytesDue > 0) {
      bytesDue -= bytes.readableBytes();
      return bytesDue == 0;
    }
    return false;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    ReferenceCountUtil.release(held);
    held = null;
    ChannelPromise waiting = heldPromise;
    heldPromise = null;
    if (waiting != null) {
      waiting.tryFailure(new ClosedChannelException());
    }
    super.channelInactive(context);
  }
}
