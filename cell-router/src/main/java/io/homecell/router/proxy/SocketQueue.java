package io.homecell.router.proxy;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;

/** What a channel was given to send and its socket has not taken. Belongs to its event loop. */
final class SocketQueue {
  private SocketQueue() {}

  /** Bytes that wait. */
  static long pending(Channel channel) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /**
   * Bytes that the socket has taken; of the buffer that it is at, a part.
   *
   * @param given in all
   */
  static long taken(Channel channel, long given) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    return buffer == null
        ? given
        : given - buffer.totalPendingWriteBytes() + buffer.currentProgress();
  }
}
