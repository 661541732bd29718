package io.homecell.router.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FrameBoundaryTest {
  private static final int TEXT = 0x81;
  private static final int CLOSE = 0x88;

  /** A frame with a payload of that size. */
  private static ByteBuf frame(int first, long size, boolean masked) {
    ByteBuf frame = Unpooled.buffer().writeByte(first);
    int mask = masked ? 0x80 : 0;
    if (size < 126) {
      frame.writeByte(mask | (int) size);
    } else if (size < 65_536) {
      frame.writeByte(mask | 126).writeShort((int) size);
    } else {
      frame.writeByte(mask | 127).writeLong(size);
    }
    return frame.writeZero((masked ? 4 : 0) + (int) size);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 125, 126, 127, 255, 256, 65_535, 65_536, 200_000})
  void itIsAtTheEndOfAFrameAndNowhereElse(int size) {
    for (boolean masked : new boolean[] {false, true}) {
      FrameBoundary frames = new FrameBoundary();
      ByteBuf bytes = frame(TEXT, size, masked);
      assertThat(frames.isAt()).isTrue();
      for (int i = 0; i < bytes.writerIndex() - 1; i++) {
        frames.follow(bytes.slice(i, 1));
        assertThat(frames.isAt()).as("behind byte %d", i).isFalse();
      }
      frames.follow(bytes.slice(bytes.writerIndex() - 1, 1));
      assertThat(frames.isAt()).isTrue();
    }
  }

  @Test
  void howeverTheStreamIsCutTheEndsAreTheSame() {
    Random random = new Random(20261127);
    ByteBuf stream = Unpooled.buffer();
    List<Integer> ends = new ArrayList<>(List.of(0));
    for (int i = 0; i < 500; i++) {
      stream.writeBytes(frame(TEXT, random.nextInt(300), random.nextInt(10) == 0));
      ends.add(stream.writerIndex());
    }
    FrameBoundary frames = new FrameBoundary();
    int at = 0;
    while (at < stream.writerIndex()) {
      int length = Math.min(1 + random.nextInt(700), stream.writerIndex() - at);
      frames.follow(stream.slice(at, length));
      at += length;
      assertThat(frames.isAt()).as("at %d", at).isEqualTo(ends.contains(at));
    }
  }

  @Test
  void theRestOfAFrameEndsWithIt() {
    FrameBoundary frames = new FrameBoundary();
    ByteBuf two = Unpooled.wrappedBuffer(frame(TEXT, 300, false), frame(TEXT, 5, false));
    assertThat(frames.followToEnd(two)).as("none is under way").isZero();
    frames.follow(two.slice(0, 100));
    assertThat(frames.followToEnd(two.slice(100, 50))).isEqualTo(50);
    assertThat(frames.followToEnd(two.slice(150, two.writerIndex() - 150)))
        .isEqualTo(4 + 300 - 150);
    assertThat(frames.isAt()).isTrue();
  }

  @Test
  void aCloseFrameIsNoticed() {
    FrameBoundary frames = new FrameBoundary();
    frames.follow(frame(TEXT, 0x88, false));
    assertThat(frames.isClosed()).isFalse();
    frames.follow(frame(CLOSE, 2, false));
    assertThat(frames.isClosed()).isTrue();
  }

  /** The first bit of a length of eight bytes must be 0 (RFC 6455, 5.2). */
  @Test
  void aFrameWithALengthThatIsNoneNeverEnds() {
    FrameBoundary frames = new FrameBoundary();
    frames.follow(Unpooled.buffer().writeByte(TEXT).writeByte(127).writeLong(-5));
    frames.follow(Unpooled.buffer().writeZero(1_000));
    assertThat(frames.isAt()).isFalse();
  }
}
