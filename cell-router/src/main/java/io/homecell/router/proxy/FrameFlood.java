package io.homecell.router.proxy;

import io.homecell.router.TlsTerms;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * How many frames an HTTP/2 client may send that only make work: those that carry nothing, and
 * requests that are given up. Netty bounds some of them, but not what it drops, and not in
 * proportion to anything (CVE-2019-9511 to 9518, CVE-2023-44487).
 *
 * <p>What it upholds: a frame that carries nothing is earned by bytes of answers that were sent, as
 * window updates and the pings that measure a line are, or it is one of a number in each window; so
 * who downloads much is never held for a flood, and who grants an answer byte by byte is. Pure;
 * belongs to one thread.
 */
final class FrameFlood {
  /** Of answers, for each frame. Clients that update their windows often do so for 1 KiB. */
  private static final int BYTES_A_FRAME = 64;

  /** Earned and not taken: enough for 32 MiB on their way, allowed by 1 KiB, twice. */
  private static final int EARNED_MAX = 1 << 16;

  private static final int END_STREAM = 1;

  private final FrameBudget idle;
  private final FrameBudget resets;
  private long earnedTaken;

  FrameFlood(TlsTerms terms, long nowNanos) {
    this.idle = new FrameBudget(terms.idleFramesMax(), terms.window().toNanos(), nowNanos);
    this.resets = new FrameBudget(terms.resetsMax(), terms.window().toNanos(), nowNanos);
  }

  /** Whether frames of this type are counted. */
  static boolean isCounted(int type, int flags, int payloadBytes) {
    return switch (type) {
      case Http2FrameTypes.HEADERS, Http2FrameTypes.CONTINUATION -> false;
      case Http2FrameTypes.DATA -> payloadBytes == 0 && (flags & END_STREAM) == 0;
      default -> true;
    };
  }

  /**
   * Counts one.
   *
   * @param sentBytes of bodies of answers, since the connection began
   * @return whether it is within the bounds
   */
  boolean allows(int type, long sentBytes, long nowNanos) {
    if (type == Http2FrameTypes.RST_STREAM) {
      return resets.take(nowNanos);
    }
    long earned = sentBytes / BYTES_A_FRAME;
    earnedTaken = Math.max(earnedTaken, earned - EARNED_MAX);
    if (earned > earnedTaken) {
      earnedTaken++;
      return true;
    }
    return idle.take(nowNanos);
  }
}
