package io.homecell.router.websocket;

import io.netty.buffer.ByteBuf;

/**
 * Follows a stream of WebSocket frames by their heads (RFC 6455, 5.2), to know where one ends: only
 * there can a frame of the router's own be put in. Between the fragments of a message is such a
 * place too (5.4). Payloads are passed over unread: the cost is by frame, not by byte.
 *
 * <p>It trusts the sender to frame rightly; if it does not, no end is found, and its peer would not
 * understand it either. Belongs to one thread.
 */
final class FrameBoundary {
  private static final int OPCODE = 0x0f;
  private static final int OPCODE_CLOSE = 8;
  private static final int LENGTH = 0x7f;
  private static final int LENGTH_OF_TWO_BYTES = 126;
  private static final int MASKED = 0x80;
  private static final int MASK_BYTES = 4;

  private int headSeen;
  private int headLength;
  private int lengthBytes;
  private int opcode;
  private long length;
  private long payloadLeft;
  private boolean closed;

  /** Whether a frame has just ended, or none has begun. */
  boolean isAt() {
    return headSeen == 0 && payloadLeft == 0;
  }

  /** Whether a close frame has passed, behind which no frame may come. */
  boolean isClosed() {
    return closed;
  }

  /** Follows all of these bytes, which stay unread. */
  void follow(ByteBuf bytes) {
    int at = bytes.readerIndex();
    while (at < bytes.writerIndex()) {
      at = step(bytes, at);
    }
  }

  /** Follows the bytes of the frame that is under way only; says how many these are. */
  int followToEnd(ByteBuf bytes) {
    int at = bytes.readerIndex();
    while (at < bytes.writerIndex() && !isAt()) {
      at = step(bytes, at);
    }
    return at - bytes.readerIndex();
  }

  private int step(ByteBuf bytes, int at) {
    if (payloadLeft > 0) {
      long passed = Math.min(payloadLeft, bytes.writerIndex() - at);
      payloadLeft -= passed;
      return at + (int) passed;
    }
    headByte(bytes.getUnsignedByte(at));
    return at + 1;
  }

  private void headByte(int next) {
    if (headSeen == 0) {
      opcode = next & OPCODE;
      headLength = 2;
    } else if (headSeen == 1) {
      int said = next & LENGTH;
      lengthBytes = said < LENGTH_OF_TWO_BYTES ? 0 : said == LENGTH_OF_TWO_BYTES ? 2 : 8;
      length = lengthBytes == 0 ? said : 0;
      headLength = 2 + lengthBytes + ((next & MASKED) == 0 ? 0 : MASK_BYTES);
    } else if (headSeen < 2 + lengthBytes) {
      length = length << 8 | next;
    }
    headSeen++;
    if (headSeen == headLength) {
      headSeen = 0;
      closed |= opcode == OPCODE_CLOSE;
      // A length with the first bit set is none: its frame never ends.
      payloadLeft = length < 0 ? Long.MAX_VALUE : length;
    }
  }
}
