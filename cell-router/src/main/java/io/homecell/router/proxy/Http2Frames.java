package io.homecell.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * The frames of one client between Netty, which has read them, and Vert.x, which makes requests of
 * them: what may not become a request is stopped here, and what Vert.x drops is kept. Belongs to
 * one event loop.
 */
final class Http2Frames extends HeadListener {
  /** Told of what Vert.x does not say. */
  interface Owner {
    /** A head that is sound. */
    void head(int streamId);

    void trailers(int streamId, Http2Headers fields);

    void unreadable();

    /** A stream may be sent more, or the whole connection, which is stream 0. */
    void credit(int streamId, int bytes);

    /** Each stream is allowed as much by itself from now on. */
    void streamWindow();

    boolean isHeadDue(int streamId);
  }

  private final Owner owner;

  Http2Frames(Http2FrameListener next, Owner owner) {
    super(next);
    this.owner = owner;
  }

  @Override
  void fields(int streamId, Http2Headers fields) throws Http2Exception {
    boolean head = owner.isHeadDue(streamId);
    String problem =
        (head ? Http2Head.problem(fields) : Http2Head.problemOfTrailers(fields)).orElse("");
    if (!problem.isEmpty()) {
      owner.unreadable();
      throw Http2Exception.streamError(streamId, Http2Error.PROTOCOL_ERROR, "%s", problem);
    }
    if (head) {
      owner.head(streamId);
    } else {
      owner.trailers(streamId, fields);
    }
  }

  @Override
  public void onWindowUpdateRead(ChannelHandlerContext from, int streamId, int bytes)
      throws Http2Exception {
    owner.credit(streamId, bytes);
    super.onWindowUpdateRead(from, streamId, bytes);
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext from, Http2Settings settings)
      throws Http2Exception {
    owner.streamWindow();
    super.onSettingsRead(from, settings);
  }

  @Override
  public void onUnknownFrame(
      ChannelHandlerContext from, byte type, int streamId, Http2Flags flags, ByteBuf payload) {
    // No extension is spoken here: dropped (RFC 9113, 5.5).
  }
}
