package io.homecell.router.proxy;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * Finds where the frames of an HTTP/2 connection begin and end in the bytes that a client sends
 * (RFC 9113, 3.4 and 4.1), those included that Netty drops without a word, and without taking any:
 * Netty reads them after it. Whether they are right is Netty's business. Belongs to one thread.
 */
final class FrameScan {
  /** Told of each frame as soon as its first nine bytes are there. */
  interface Seen {
    /** Whether to go on. */
    boolean frame(int type, int flags, int payloadBytes);
  }

  private static final int PREFACE_BYTES = 24;
  private static final int HEADER_BYTES = 9;
  private static final int MEANT_BYTES = 5;
  private static final int END_HEADERS = 4;

  private int prefaceLeft = PREFACE_BYTES;
  private int headerBytes;
  private long header;
  private int payloadLeft;
  private int type;
  private boolean headOpen;
  private boolean greeted;
  private long begun;

  /**
   * Looks at more bytes.
   *
   * @return whether all were looked at
   */
  boolean read(ByteBuf bytes, Seen seen) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (prefaceLeft > 0) {
        int more = Math.min(prefaceLeft, end - at);
        prefaceLeft -= more;
        at += more;
      } else if (payloadLeft > 0) {
        int more = Math.min(payloadLeft, end - at);
        payloadLeft -= more;
        at += more;
        greeted |= payloadLeft == 0;
      } else {
        begins();
        header(bytes.getByte(at));
        at++;
        if (headerBytes == HEADER_BYTES && !frame(seen)) {
          return false;
        }
      }
    }
    return true;
  }

  private void begins() {
    if (headerBytes == 0 && !headOpen) {
      begun++;
    }
  }

  private void header(byte next) {
    if (headerBytes < MEANT_BYTES) {
      header = header << 8 | (next & 0xFF);
    }
    headerBytes++;
  }

  private boolean frame(Seen seen) {
    int flags = (int) (header & 0xFF);
    type = (int) (header >> 8 & 0xFF);
    payloadLeft = (int) (header >> 16);
    header = 0;
    headerBytes = 0;
    if (isOfHead()) {
      headOpen = (flags & END_HEADERS) == 0;
    }
    greeted |= payloadLeft == 0;
    return seen.frame(type, flags, payloadLeft);
  }

  private boolean isOfHead() {
    return type == Http2FrameTypes.HEADERS
        || type == Http2FrameTypes.PUSH_PROMISE
        || type == Http2FrameTypes.CONTINUATION;
  }

  /** Whether the first frame came whole. */
  boolean isGreeted() {
    return greeted;
  }

  /** Whether the end of something is due: of a frame, or of a head in several of them. */
  boolean isAmid() {
    return headerBytes > 0 || payloadLeft > 0 || headOpen;
  }

  /** Whether that is a piece of a body. */
  boolean isAmidBody() {
    return payloadLeft > 0 && type == Http2FrameTypes.DATA && !headOpen;
  }

  /** How many frames, or heads in several of them, have begun: tells one from the next. */
  long begun() {
    return begun;
  }
}
