package io.homecell.core.rpc;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameStream;
import io.netty.handler.codec.http2.Http2FrameStreamException;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Guards one HTTP/2 connection as {@link HttpGuard} guards one of HTTP/1.1, stream by stream:
 * refuses a body that is no JSON or over the limit before more of it is held in memory, reads the
 * rest of it away, and puts right what Dubbo leaves wrong in an answer's headers. Used by its
 * connection's event loop alone.
 *
 * <p>What it upholds besides: what stands behind a body is not taken for the head of a request,
 * which is what Dubbo would do with it. Calls (gRPC, as consumers make them) have no limit for the
 * body as a whole, which may be a stream, but one for each message: Dubbo keeps what has come of
 * one, of whatever length the sender says that it is.
 */
// Nobody waits for the end of what is written here: a connection that fails ends by itself.
@SuppressWarnings("FutureReturnValueIgnored")
final class Http2Guard extends ChannelDuplexHandler {
  /** The largest message of a call, in bytes. */
  static final int MESSAGE_MAX_BYTES = 2 * HttpGuard.BODY_MAX_BYTES;

  private static final String GRPC = "application/grpc";
  private static final AsciiString ALT_SVC = AsciiString.cached("alt-svc");
  private static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
  private static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");
  private static final String RESOURCE_EXHAUSTED = "8";

  /** The names of what is written have lower case (RFC 9113, 8.2). */
  private static final AsciiString SERVED_BY =
      AsciiString.cached(CellHeaders.SERVED_BY).toLowerCase();

  /** Of the head of an answer to a call: the status that HTTP has for it. Never leaves the cell. */
  static final String STATUS = "cell-status";

  /** What is known of a stream. */
  private static final class Request {
    private final boolean call;
    private final boolean headOnly;
    private final MessageLengths messages = new MessageLengths(MESSAGE_MAX_BYTES);
    private long bodyBytes;
    private boolean answered;
    private boolean refused;

    Request(boolean call, boolean headOnly) {
      this.call = call;
      this.headOnly = headOnly;
    }
  }

  private final Map<Integer, Request> requests = new HashMap<>();
  private final String cell;

  /**
   * @param codec the one before it in the pipeline
   */
  Http2Guard(String cell, Http2FrameCodec codec) {
    this.cell = cell;
    codec
        .connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamClosed(Http2Stream stream) {
                requests.remove(stream.id());
              }
            });
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Http2HeadersFrame head) {
      readHead(context, head);
    } else if (message instanceof Http2DataFrame data) {
      readData(context, data);
    } else {
      context.fireChannelRead(message);
    }
  }

  private void readHead(ChannelHandlerContext context, Http2HeadersFrame frame) {
    Request known = requests.get(frame.stream().id());
    if (known != null) {
      // Behind a body: to Dubbo it would be a new request.
      if (!known.refused) {
        context.fireChannelRead(new DefaultHttp2DataFrame(true).stream(frame.stream()));
      }
      return;
    }
    Http2Headers head = frame.headers();
    CharSequence type = head.get(HttpHeaderNames.CONTENT_TYPE);
    if (head.getAll(HttpHeaderNames.CONTENT_TYPE).size() > 1) {
      // Dubbo decides by one of them what follows: by the one that is looked at here.
      head.set(HttpHeaderNames.CONTENT_TYPE, type);
    }
    Request request =
        new Request(isCall(type), HttpMethod.HEAD.asciiName().contentEquals(head.method()));
    requests.put(frame.stream().id(), request);
    if (!request.call) {
      Optional<Problem> wrong = wrong(frame, type);
      if (wrong.isPresent()) {
        refuse(context, frame.stream(), request, wrong.get());
        return;
      }
      // what is spoken here is JSON: nothing is left to negotiate
      head.set(HttpHeaderNames.ACCEPT, HttpHeaderValues.APPLICATION_JSON);
    }
    context.fireChannelRead(frame);
  }

  /** As Dubbo asks it, by the letter: what it takes for a call is held for one here. */
  private static boolean isCall(@Nullable CharSequence contentType) {
    return contentType != null && contentType.toString().startsWith(GRPC);
  }

  private static Optional<Problem> wrong(Http2HeadersFrame frame, @Nullable CharSequence type) {
    if (frame.headers().getLong(HttpHeaderNames.CONTENT_LENGTH, 0) > HttpGuard.BODY_MAX_BYTES) {
      return Optional.of(HttpGuard.TOO_LARGE);
    }
    CharSequence bare = type == null ? null : HttpUtil.getMimeType(type);
    return frame.isEndStream()
            || bare == null
            || HttpHeaderValues.APPLICATION_JSON.contentEqualsIgnoreCase(bare)
        ? Optional.empty()
        : Optional.of(HttpGuard.unsupported(String.valueOf(type)));
  }

  private void readData(ChannelHandlerContext context, Http2DataFrame data) {
    Request request = requests.get(data.stream().id());
    if (request == null) {
      context.fireChannelRead(data);
      return;
    }
    request.bodyBytes += data.content().readableBytes();
    boolean tooLarge =
        request.call
            ? request.messages.isTooLong(data.content())
            : request.bodyBytes > HttpGuard.BODY_MAX_BYTES;
    if (tooLarge && !request.refused) {
      // What has been passed on is not yet a whole request, so nothing runs; now it never will.
      refuse(context, data.stream(), request, HttpGuard.TOO_LARGE);
      context.fireChannelRead(new DefaultHttp2ResetFrame(Http2Error.CANCEL).stream(data.stream()));
    }
    if (request.refused) {
      drop(context, data, request);
    } else {
      context.fireChannelRead(data);
    }
  }

  private static void drop(ChannelHandlerContext context, Http2DataFrame data, Request request) {
    Http2FrameStream stream = data.stream();
    int bytes = data.initialFlowControlledBytes();
    data.release();
    if (bytes > 0) {
      context.write(new DefaultHttp2WindowUpdateFrame(bytes).stream(stream));
    }
    if (request.bodyBytes > HttpGuard.DISCARD_MAX_BYTES) {
      context.write(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR).stream(stream));
    }
    context.flush();
  }

  private void refuse(
      ChannelHandlerContext context, Http2FrameStream stream, Request request, Problem problem) {
    request.refused = true;
    if (request.answered) {
      context.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL).stream(stream));
      return;
    }
    Http2Headers head = new DefaultHttp2Headers().status("200");
    head.set(SERVED_BY, cell);
    if (request.call) {
      head.set(HttpHeaderNames.CONTENT_TYPE, GRPC)
          .set(GRPC_STATUS, RESOURCE_EXHAUSTED)
          .set(GRPC_MESSAGE, "a message is larger than " + MESSAGE_MAX_BYTES + " bytes allowed");
      context.writeAndFlush(new DefaultHttp2HeadersFrame(head, true).stream(stream));
      return;
    }
    byte[] body = Json.write(problem).getBytes(StandardCharsets.UTF_8);
    head.status(Integer.toString(problem.status()))
        .set(HttpHeaderNames.CONTENT_TYPE, Problem.MEDIA_TYPE)
        .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
    context.write(new DefaultHttp2HeadersFrame(head).stream(stream));
    context.writeAndFlush(
        new DefaultHttp2DataFrame(Unpooled.wrappedBuffer(body), true).stream(stream));
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    Request request =
        message instanceof Http2StreamFrame frame && frame.stream() != null
            ? requests.get(frame.stream().id())
            : null;
    if (request == null) {
      context.write(message, promise);
    } else if (request.refused) {
      // Its answer is out already.
      ReferenceCountUtil.release(message);
      promise.tryFailure(new ClosedChannelException());
    } else if (request.headOnly && request.answered && message instanceof Http2DataFrame) {
      // Dubbo writes a body to who has asked for none; that stream has ended with the head.
      ReferenceCountUtil.release(message);
      promise.trySuccess();
    } else {
      if (message instanceof Http2HeadersFrame head) {
        lowerNames(head.headers());
        if (!request.answered) {
          request.answered = true;
          putRight(head.headers(), request);
          if (request.headOnly && !head.isEndStream()) {
            context.write(
                new DefaultHttp2HeadersFrame(head.headers(), true).stream(head.stream()), promise);
            return;
          }
        }
      }
      context.write(message, promise);
    }
  }

  private void putRight(Http2Headers head, Request request) {
    // Dubbo adds a result's content type to its encoder's instead of replacing it
    List<CharSequence> types = head.getAll(HttpHeaderNames.CONTENT_TYPE);
    if (types.size() > 1) {
      head.set(HttpHeaderNames.CONTENT_TYPE, types.get(types.size() - 1));
    }
    head.remove(ALT_SVC);
    CharSequence refusal = head.get(STATUS);
    if (refusal != null) {
      head.status(refusal).remove(STATUS);
    }
    if (!request.call || refusal != null) {
      head.set(SERVED_BY, cell);
    }
  }

  /**
   * Dubbo writes names as they were given; with an upper case letter no client reads the answer.
   */
  private static void lowerNames(Http2Headers head) {
    List<CharSequence> wrong = new ArrayList<>();
    for (CharSequence name : head.names()) {
      if (hasUpperCase(name)) {
        wrong.add(name);
      }
    }
    for (CharSequence name : wrong) {
      List<CharSequence> values = List.copyOf(head.getAll(name));
      head.remove(name);
      head.add(AsciiString.of(name).toLowerCase(), values);
    }
  }

  private static boolean hasUpperCase(CharSequence name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) >= 'A' && name.charAt(i) <= 'Z') {
        return true;
      }
    }
    return false;
  }

  /** Of one stream: Dubbo would close the connection, with all others. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (!(cause instanceof Http2FrameStreamException broken)) {
      context.fireExceptionCaught(cause);
      return;
    }
    Http2FrameStream stream = broken.stream();
    Request request = requests.get(stream.id());
    if (request != null) {
      request.refused = true;
      context.fireChannelRead(new DefaultHttp2ResetFrame(broken.error()).stream(stream));
    }
    context.writeAndFlush(new DefaultHttp2ResetFrame(broken.error()).stream(stream));
  }

  /**
   * Follows the messages of a call: a byte of flags, four of length, so many bytes. Belongs to one
   * stream.
   */
  static final class MessageLengths {
    private static final int HEAD_BYTES = 5;

    private final long maxBytes;
    private int headSeen;
    private long length;
    private long left;

    MessageLengths(long maxBytes) {
      this.maxBytes = maxBytes;
    }

    /** Whether a message that begins in this piece says that it is too long. */
    boolean isTooLong(ByteBuf piece) {
      int at = piece.readerIndex();
      int end = piece.writerIndex();
      while (at < end) {
        if (left > 0) {
          int skipped = (int) Math.min(left, end - at);
          left -= skipped;
          at += skipped;
        } else {
          int next = piece.getUnsignedByte(at);
          at++;
          length = headSeen == 0 ? 0 : length << 8 | next;
          headSeen++;
          if (headSeen == HEAD_BYTES) {
            headSeen = 0;
            left = length;
            if (length > maxBytes) {
              return true;
            }
          }
        }
      }
      return false;
    }
  }
}
