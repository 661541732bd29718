package io.homecell.router.proxy;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;

/** Sees the fields of heads and trailers before the next one does, with or without a priority. */
abstract class HeadListener extends Http2FrameListenerDecorator {
  HeadListener(Http2FrameListener next) {
    super(next);
  }

  /**
   * Called for a head, or for what stands behind a body.
   *
   * @throws Http2Exception if it is not to go on
   */
  abstract void fields(int streamId, Http2Headers fields) throws Http2Exception;

  @Override
  public void onHeadersRead(
      ChannelHandlerContext from, int streamId, Http2Headers fields, int padding, boolean ended)
      throws Http2Exception {
    fields(streamId, fields);
    super.onHeadersRead(from, streamId, fields, padding, ended);
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext from,
      int streamId,
      Http2Headers fields,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean ended)
      throws Http2Exception {
    fields(streamId, fields);
    super.onHeadersRead(from, streamId, fields, dependency, weight, exclusive, padding, ended);
  }
}
